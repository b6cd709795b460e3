/**
 * The mouth of a rogue: an actor that says what it is told to, whatever the bytes are, and hears everything.
 * It speaks no protocol: any kind, any body.
 */
import type { Probe } from '#lib/probe.ts';
import { toBytes, whole, type Catalogue, type Codec } from '#protocols/codec.ts';
import { ask, NOTHING, send, type Signal, type Spoken } from '#protocols/effect.ts';
import { Accepted, Refused } from '#protocols/sending.messages.ts';
import { address, type Address, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

const WITHIN_MS = 2_000;
const SAY = 'rogue.say';

interface Raw extends Spoken {
  readonly bytes: Uint8Array;
}
interface Saying {
  readonly to: Address;
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly isAsk: boolean;
}
type Say = Spoken & Saying;

const ANYTHING: Catalogue<Raw> = {
  kinds: [],
  messages: [],
  infer: undefined as never,
  write: (writer, { bytes }) => writer.raw(bytes),
  read: (kind, body) => ({ kind, bytes: body.slice() }),
  check: () => undefined,
  has: () => true,
};

/** For the mouth, from outside. */
export const saying = (what: Saying): Say => ({ kind: SAY, ...what });

interface Of<T> {
  readonly kind: string;
  readonly body: Codec<T>;
}

/** The body of a message, as whoever speaks the protocol would write it. */
export const bytesOf = <T>({ kind, body }: Of<T>, value: T): Uint8Array =>
  toBytes(body, { kind, ...value });

/** `accepted` hears which transactions were taken. */
export function mouth(
  node: NodeAddress,
  probe: Probe,
  accepted: (txId: Uint8Array) => void,
): AnyActor {
  const hear = ({ kind, bytes }: Raw): void => {
    const reason = kind === Refused.kind ? ` ${whole(Refused.body, bytes).reason}` : '';
    probe.sometimes(`rogue: was answered ${kind}${reason}`);
    if (kind === Accepted.kind) accepted(whole(Accepted.body, bytes).txId);
  };
  const actor: Actor<{ asked: number }, Say | Raw, Raw> = {
    address: address(node, 'mouth'),
    listens: ANYTHING as unknown as Catalogue<Say | Raw>,
    speaks: ANYTHING,
    start: () => [{ asked: 0 }, NOTHING],
    receive: (state, input) => {
      const signal = input as Signal;
      if (signal.kind === 'answered') hear(signal.message as Raw);
      if (input.kind !== SAY) return [state, NOTHING];
      const { to, what: kind, bytes, isAsk } = input as Say;
      const message = { kind, bytes };
      if (!isAsk) return [state, [send(to, message)]];
      return [{ asked: state.asked + 1 }, [ask(`${state.asked}`, to, message, WITHIN_MS)]];
    },
  };
  return anyActor(actor);
}
