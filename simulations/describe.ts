/**
 * What travels, in words: the frames of links with what is in them, for transcripts.
 *
 *   plain 17 | ask 4 ring.lock keeper -> n3.keeper | ...
 *
 * The lane, the number of the first envelope, then each envelope with the number of its ask.
 */
import { Malformed } from '#protocols/codec.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { readFrame } from '#protocols/link/frame.ts';
import { nameOf, nodeOf, nodeToken, parseSubject } from '#protocols/subjects.ts';
import { Parcel } from './network/parcel.ts';

export function describe(about: unknown): string {
  if (!(about instanceof Parcel)) return String(about);
  const { subject, bytes, nobody } = about;
  if (nobody) return `${subject} nobody listens`;
  return frameText(subject, bytes) ?? `${subject} ${bytes.length} bytes`;
}

function frameText(subject: string, bytes: Uint8Array): string | undefined {
  const parsed = parseSubject(subject);
  if (parsed === undefined) return undefined;
  try {
    const { head, envelopes, word } = readFrame(bytes, nodeOf(parsed.to));
    const { lane, seq, from } = head;
    const start = `${nodeToken(from)} ${lane} ${seq}`;
    if (word === undefined) return [start, ...envelopes.map(envelopeText)].join(' | ');
    return `${start} | probe ${word.probe} answers ${word.answers}${word.lacks ? ' lacks' : ''}`;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function envelopeText(envelope: Envelope): string {
  const { form, from, to } = envelope;
  const number = 'number' in envelope ? ` ${envelope.number}` : '';
  const kind = 'kind' in envelope ? ` ${envelope.kind}` : '';
  const why = 'why' in envelope ? ` ${envelope.why}` : '';
  return `${form}${number}${kind}${why} ${nameOf(from)} -> ${nodeToken(nodeOf(to))}.${nameOf(to)}`;
}
