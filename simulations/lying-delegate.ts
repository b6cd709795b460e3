/**
 * A delegate that lies to the ingresses of others about what it was asked to place. The rest of it is honest, its
 * own ingress included: what a lying door tells its own guests nobody could promise.
 *
 *   promises   says POH_ACK at once, and places nothing
 *   rejects    says REJECTED, for a reason that nobody else finds
 *   stalls     says again and again that it is at work, and places nothing
 *
 * Another kind is S2: it codes what is no payload, under a manifest that fits what it coded. And R1: it refuses every read.
 */
import { pieceBytes } from '#algorithms/erasure/code.ts';
import { pieceHash } from '#algorithms/erasure/shards.ts';
import { shapeOfManifest } from '#protocols/manifest.ts';
import { send, wake, type Effect, type Signal, type Spoken } from '#protocols/effect.ts';
import { Read, ReadRefused, type ReadReason } from '#protocols/receiving.messages.ts';
import {
  Moved,
  TakeAttest,
  type IngressReason,
  type TakeSelect,
} from '#protocols/sending.messages.ts';
import { txIdOf } from '#protocols/transaction.ts';
import { nodeOf } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export const DELEGATE_LIES = ['promises', 'rejects', 'stalls'] as const;
export type DelegateLie = (typeof DELEGATE_LIES)[number];

const AGAIN_MS = 1_000;
const LIED = 'lied';
const REMEMBERED_MAX = 64;

/** The S1 of a delegate with this lie. */
export function lyingSelect(honest: AnyActor, lie: DelegateLie): AnyActor {
  const inner = honest as unknown as Actor<unknown, Spoken, Spoken>;
  const own = nodeOf(inner.address);
  const taken: TakeSelect[] = [];
  return anyActor<unknown, Spoken, Spoken>({
    ...inner,
    receive: (state, input, at) => {
      if (isOurs(input)) return [state, said(taken, 'stalls')];
      if (input.kind !== 'select.take') return inner.receive(state, input, at);
      const take = input as unknown as TakeSelect;
      if (nodeOf(take.ingress) === own) return inner.receive(state, input, at);
      if (taken.length < REMEMBERED_MAX) taken.push(take);
      return [state, said([take], lie)];
    },
  });
}

const isOurs = (input: Spoken): boolean => {
  const { kind, id } = input as Signal & { readonly id?: string };
  return kind === 'wake' && id === LIED;
};

function said(takes: readonly TakeSelect[], lie: DelegateLie): Effect<Spoken>[] {
  const words = takes.map((take) => send(take.ingress, wordOf(take, lie)));
  return lie === 'stalls' ? [...words, wake(LIED, AGAIN_MS)] : words;
}

const WORDS = {
  promises: { state: 'POH_ACK', reason: undefined },
  rejects: { state: 'REJECTED', reason: 'bad-signature' },
  stalls: { state: 'FRESH', reason: undefined },
} as const satisfies Readonly<
  Record<
    DelegateLie,
    { readonly state: Moved['state']; readonly reason: IngressReason | undefined }
  >
>;

const wordOf = ({ tx }: TakeSelect, lie: DelegateLie): Moved => {
  const txId = txIdOf(tx.cover.header);
  const numbers = { acks: 40, needed: 25, rows: 42, height: undefined };
  return Moved.of({ txId, ...numbers, cause: txId, ...WORDS[lie] });
};

/** R1 of a delegate that lies: it refuses whoever comes, for this reason. */
export function denying(honest: AnyActor, reason: ReadReason): AnyActor {
  const inner = honest as unknown as Actor<unknown, Spoken, Spoken>;
  return anyActor<unknown, Spoken, Spoken>({
    ...inner,
    receive: (state, input, at) => {
      if (input.kind !== Read.kind || at.from === undefined) return inner.receive(state, input, at);
      const { number } = input as Read;
      return [state, [send<Spoken>(at.from, ReadRefused.of({ number, reason }))]];
    },
  });
}

/** S2 of a delegate that lies: of each transaction one row is another one, under a manifest that says so. */
export function forging(honest: AnyActor): AnyActor {
  const inner = honest as unknown as Actor<unknown, Spoken, Spoken>;
  return anyActor<unknown, Spoken, Spoken>({
    ...inner,
    receive: (state, input, at) => {
      const [next, effects] = inner.receive(state, input, at);
      return [next, effects.map(forged)];
    },
  });
}

function forged(effect: Effect<Spoken>): Effect<Spoken> {
  if (effect.do !== 'send' || effect.message.kind !== TakeAttest.kind) return effect;
  const taken = effect.message as TakeAttest;
  const { manifest } = taken;
  const bytes = pieceBytes(shapeOfManifest(manifest));
  const block = taken.block.slice();
  const pieceHashes = manifest.pieceHashes.slice();
  block[0] = block[0]! ^ 1;
  pieceHashes.set(pieceHash(block.subarray(0, bytes)), 0);
  const message = { ...taken, manifest: { ...manifest, pieceHashes }, block };
  return { ...effect, message } as Effect<Spoken>;
}
