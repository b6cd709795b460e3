/**
 * Notes: the public facts of a city as JSON, as they come. At most once, as everything that is published;
 * whoever must not miss one asks a ledger what happened since (ledger.messages.ts).
 */
import { text } from '#lib/bytes.ts';
import type { Json } from '#protocols/effect.ts';
import { isFilter, type Place } from '#protocols/subjects.ts';
import type { Wire } from '#runtime/ports.ts';
import { CityError } from '#protocols/errors.ts';
import { stream } from './stream.ts';

export interface Note {
  /** What follows the city in its subject, e.g. `tx.<id>.COMMITTED`. */
  readonly topic: string;
  /** Who said so. Notes are not signed: what matters is checked by proof. */
  readonly from: string;
  /** When, by the clock of whoever said it, in milliseconds of UTC. */
  readonly at: number;
  readonly fact: Json;
}

/** Notes that wait for a slow reader; beyond, the oldest are lost, and a note `lost` says how many. */
const WAITING_MAX = 4_096;
const lost = (count: number): Note => ({
  topic: 'lost',
  from: '',
  at: 0,
  fact: { count },
});

export function watchNotes(
  wire: Wire,
  city: Place,
  filter: string,
  signal?: AbortSignal,
): AsyncIterable<Note> {
  const prefix = `cc1.note.${city}.`;
  const whole = prefix + filter;
  if (!isFilter(whole)) throw new CityError('MALFORMED', `'${filter}' is no filter of topics`);
  const notes = stream<Note>({ max: WAITING_MAX, lost }, () => leave());
  const leave = wire.listen(whole, ({ subject, bytes }) => {
    const note = parsed(subject.slice(prefix.length), bytes);
    if (note !== undefined) notes.push(note);
  });
  const stop = (): void => {
    leave();
    notes.end();
  };
  if (signal?.aborted === true) stop();
  else signal?.addEventListener('abort', stop, { once: true });
  return notes;
}

function parsed(topic: string, bytes: Uint8Array): Note | undefined {
  try {
    const { from, at, fact } = JSON.parse(text(bytes)) as Partial<Record<keyof Note, unknown>>;
    return {
      topic,
      from: typeof from === 'string' ? from : '',
      at: typeof at === 'number' ? at : 0,
      fact: (fact as Json | undefined) ?? null,
    };
  } catch {
    // Anybody may publish there; what is no note is not one.
    return undefined;
  }
}
