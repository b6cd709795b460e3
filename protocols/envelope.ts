/**
 * Envelopes: what actors say to one another across nodes. Frames (link/frame.ts) carry them, one or
 * more together. Bodies stay bytes until the actor they are for is found: only its own catalogue
 * reads them. The bytes are those of `codec.ts`.
 */
import {
  count,
  Malformed,
  name,
  oneOf,
  optional,
  text,
  type Reader,
  type Writer,
} from './codec.ts';
import type { Unanswered } from './effect.ts';
import { isToken } from './ids.ts';
import { Names, type Owner } from './names.ts';
import { isKind, KIND_CHARS_MAX, type Address } from './subjects.ts';

/** One envelope's body: a piece with its capsule and path is below 8 KiB, a transaction below 20. */
export const BODY_BYTES_MAX = 512 * 1024;
interface Common {
  readonly to: Address;
  readonly from: Address;
  /** Which life of the sender spoke. */
  readonly incarnation: number;
}

export type Envelope = Common &
  (
    | {
        readonly form: 'tell';
        readonly kind: string;
        readonly body: Uint8Array;
        readonly traceparent: string | undefined;
      }
    | {
        readonly form: 'ask';
        readonly number: number;
        /** Time left when it was sent; clocks of two nodes cannot be compared. */
        readonly withinMs: number;
        readonly kind: string;
        readonly body: Uint8Array;
        readonly traceparent: string | undefined;
      }
    | {
        readonly form: 'answer';
        readonly number: number;
        readonly kind: string;
        readonly body: Uint8Array;
      }
    | { readonly form: 'refusal'; readonly number: number; readonly why: Unanswered }
    /** The number is the watcher's, another one for each watch. */
    | { readonly form: 'watch' | 'unwatch'; readonly number: number }
    /** `from`, which was watched by that number, is no more, or never was. */
    | { readonly form: 'ended'; readonly number: number }
  );

export type Form = Envelope['form'];

/** About how many bytes an envelope takes, from above for names of common length. */
export const sizeOf = (envelope: Envelope): number =>
  HEAD_BYTES + ('body' in envelope ? envelope.body.length : 0);
const HEAD_BYTES = 200;

/** Whether nobody would read it, or a wire of `bytesMax` would not carry it. */
export const isTooLarge = (envelope: Envelope, bytesMax: number): boolean =>
  sizeOf(envelope) > bytesMax || ('body' in envelope && envelope.body.length > BODY_BYTES_MAX);

/** Position is the number on the wire: append only. */
const FORMS = ['tell', 'ask', 'answer', 'refusal', 'watch', 'unwatch', 'ended'] as const;
const NUMBER_OF = Object.fromEntries(FORMS.map((form, i) => [form, i])) as Record<Form, number>;

/** Actors heard of, as far as they are worth remembering: a process of 10 000, in about 8 MB at most. */
const actors = new Names(63, isToken, 32_768);
const number = count(Number.MAX_SAFE_INTEGER);
const incarnation = count(0xffff_ffff);
/** A day. */
const WITHIN_MS_MAX = 86_400_000;
const withinMs = count(WITHIN_MS_MAX);
const kind = name(KIND_CHARS_MAX, isKind, 512);
const traceparent = optional(
  text(55, (value) => /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(value)),
);
const why = oneOf('deadline', 'dead', 'full', 'malformed');

/** Of the addresses only the last word is written: whoever reads knows both nodes. */
export function writeEnvelope(writer: Writer, envelope: Envelope, to: string, from: string): void {
  writer.uint(NUMBER_OF[envelope.form]);
  writer.tail(envelope.to, to.length + 1);
  writer.tail(envelope.from, from.length + 1);
  writer.uint(envelope.incarnation);
  switch (envelope.form) {
    case 'ask':
      writer.uint(envelope.number);
      writer.uint(Math.min(envelope.withinMs, WITHIN_MS_MAX));
      writer.str(envelope.kind);
      writer.bin(envelope.body);
      return traceparent.write(writer, envelope.traceparent);
    case 'tell':
      writer.str(envelope.kind);
      writer.bin(envelope.body);
      return traceparent.write(writer, envelope.traceparent);
    case 'answer':
      writer.uint(envelope.number);
      writer.str(envelope.kind);
      return writer.bin(envelope.body);
    case 'refusal':
      writer.uint(envelope.number);
      return writer.str(envelope.why);
    default:
      return writer.uint(envelope.number);
  }
}

/** Bodies are views of what is read: valid as long as that is. */
export function readEnvelope(reader: Reader, toNode: Owner, fromNode: Owner): Envelope {
  const form = FORMS[reader.uint()];
  if (form === undefined) throw new Malformed('range', 'unknown form of envelope');
  const to = reader.name(actors, toNode) as Address;
  const from = reader.name(actors, fromNode) as Address;
  const life = incarnation.read(reader);
  switch (form) {
    case 'tell':
      return {
        form,
        to,
        from,
        incarnation: life,
        kind: kind.read(reader),
        body: reader.binView(0, BODY_BYTES_MAX),
        traceparent: traceparent.read(reader),
      };
    case 'ask':
      return {
        form,
        to,
        from,
        incarnation: life,
        number: number.read(reader),
        withinMs: withinMs.read(reader),
        kind: kind.read(reader),
        body: reader.binView(0, BODY_BYTES_MAX),
        traceparent: traceparent.read(reader),
      };
    case 'answer':
      return {
        form,
        to,
        from,
        incarnation: life,
        number: number.read(reader),
        kind: kind.read(reader),
        body: reader.binView(0, BODY_BYTES_MAX),
      };
    case 'refusal':
      return {
        form,
        to,
        from,
        incarnation: life,
        number: number.read(reader),
        why: why.read(reader),
      };
    default:
      return { form, to, from, incarnation: life, number: number.read(reader) };
  }
}
