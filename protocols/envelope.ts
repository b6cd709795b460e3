/**
 * Envelopes: what actors say to one another across nodes; and frames: what nodes send, one or more
 * envelopes together.
 *
 * A frame says who speaks (`from`), in which life of its process (`epoch`: greater after each start),
 * and numbers its envelopes per pair of nodes (`seq` is the number of the first one). So the receiver
 * sees loss, repetition, reordering and restarts, whatever carried the frame. Bodies stay bytes until
 * the actor they are for is found: only its own catalogue reads them.
 *
 * The bytes are those of `codec.ts`, led by a version that is refused when it is not ours.
 */
import {
  bytes,
  count,
  Malformed,
  oneOf,
  optional,
  text,
  type Codec,
  type Reader,
  type Writer,
} from './codec.ts';
import type { Unanswered } from './effect.ts';
import { isAddress, isNodeAddress, type Address, type NodeAddress } from './subjects.ts';

/** Raised when a change would be misread by those who have not got it yet. */
export const VERSION = 1;

/** One envelope's body: a piece with its capsule and path is below 8 KiB, a transaction below 20. */
export const BODY_BYTES_MAX = 512 * 1024;
/** Envelopes in one frame. */
export const FRAME_ENVELOPES_MAX = 1_024;

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
    | { readonly form: 'watch' }
    | { readonly form: 'unwatch' }
    /** `from` is no more, or never was. */
    | { readonly form: 'ended' }
  );

export type Form = Envelope['form'];

/** Position is the number on the wire: append only. */
const FORMS = ['tell', 'ask', 'answer', 'refusal', 'watch', 'unwatch', 'ended'] as const;
const NUMBER_OF = new Map<Form, number>(FORMS.map((form, i) => [form, i]));

const actor: Codec<Address> = text<Address>(255, isAddress);
const node: Codec<NodeAddress> = text<NodeAddress>(255, isNodeAddress);
const number = count(Number.MAX_SAFE_INTEGER);
const incarnation = count(0xffff_ffff);
const withinMs = count(86_400_000);
const kind = text(96, (value) => /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/.test(value));
const body = bytes(0, BODY_BYTES_MAX);
const traceparent = optional(
  text(55, (value) => /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(value)),
);
const why = oneOf('deadline', 'dead', 'full', 'malformed');

export function writeEnvelope(writer: Writer, envelope: Envelope): void {
  writer.uint(NUMBER_OF.get(envelope.form)!);
  writer.str(envelope.to);
  writer.str(envelope.from);
  writer.uint(envelope.incarnation);
  switch (envelope.form) {
    case 'ask':
      writer.uint(envelope.number);
      writer.uint(envelope.withinMs);
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
  }
}

export function readEnvelope(reader: Reader): Envelope {
  const form = FORMS[reader.uint()];
  if (form === undefined) throw new Malformed('range', 'unknown form of envelope');
  const common = {
    to: actor.read(reader),
    from: actor.read(reader),
    incarnation: incarnation.read(reader),
  };
  switch (form) {
    case 'ask':
      return {
        form,
        ...common,
        number: number.read(reader),
        withinMs: withinMs.read(reader),
        kind: kind.read(reader),
        body: body.read(reader),
        traceparent: traceparent.read(reader),
      };
    case 'tell':
      return {
        form,
        ...common,
        kind: kind.read(reader),
        body: body.read(reader),
        traceparent: traceparent.read(reader),
      };
    case 'answer':
      return {
        form,
        ...common,
        number: number.read(reader),
        kind: kind.read(reader),
        body: body.read(reader),
      };
    case 'refusal':
      return { form, ...common, number: number.read(reader), why: why.read(reader) };
    default:
      return { form, ...common };
  }
}

export interface FrameHead {
  readonly from: NodeAddress;
  readonly epoch: number;
  readonly seq: number;
  readonly count: number;
}

export function writeFrameHead(writer: Writer, head: FrameHead): void {
  writer.uint(VERSION);
  writer.str(head.from);
  writer.uint(head.epoch);
  writer.uint(head.seq);
  writer.array(head.count);
}

export function readFrameHead(reader: Reader): FrameHead {
  const version = reader.uint();
  if (version !== VERSION) throw new Malformed('version', `frame of version ${version}`);
  return {
    from: node.read(reader),
    epoch: number.read(reader),
    seq: number.read(reader),
    count: reader.array(FRAME_ENVELOPES_MAX),
  };
}
