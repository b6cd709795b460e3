/**
 * Liars: an honest holder with somebody between it and the world. What it does itself stays as it is, so a
 * lie is small; what it says and stores is changed.
 *
 *   unstored      acknowledges without storing: its stow is answered and never made
 *   twice         says every ack twice at once, and again when it has been looked at
 *   replayed      says old acks again, and passes them off for other transactions and to other delegates
 *   others-rows   acknowledges, under its own key, the rows of its accomplices, who keep silent
 *   silent        stores, and never says so
 *   wrong-pieces  gives others than it holds: changed, or cut short
 */
import { pieceHash } from '#algorithms/erasure/shards.ts';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { ackLeaf } from '#algorithms/identity.ts';
import { sign } from '#algorithms/signature.ts';
import {
  send,
  wake,
  type Effect,
  type Moment,
  type Signal,
  type Spoken,
} from '#protocols/effect.ts';
import { FIRST_EPOCH, type Genesis } from '#protocols/genesis.ts';
import { GavePieces } from '#protocols/holder.messages.ts';
import { readHeld, txIdOfKey } from '#protocols/hold/held-piece.ts';
import { batchSignJob } from '#protocols/holding.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { HoldAcks } from '#protocols/sending.messages.ts';
import type { Address, NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import type { Random } from './random.ts';

export const LIES = [
  'unstored',
  'twice',
  'replayed',
  'others-rows',
  'silent',
  'wrong-pieces',
] as const;
export type Lie = (typeof LIES)[number];

/** A row that an accomplice could acknowledge. */
interface Offered {
  readonly by: NodeAddress;
  readonly to: Address;
  readonly txId: Uint8Array;
  readonly row: number;
  readonly leaf: Uint8Array;
}

/** What liars tell one another, outside the network. */
export class Pact {
  readonly offered: Offered[] = [];
}

export interface Liar {
  readonly node: NodeAddress;
  readonly pact: Pact;
  readonly genesis: Genesis;
  readonly secrets: NodeSecrets;
  readonly random: Random;
}

type Said = Effect<Spoken>;

const LIED = 'lied:';
const AGAIN = 'again:';
/** Before others that were sent their pieces with it have acknowledged theirs. */
const AGAIN_MS = [5, 20, 80] as const;
const REMEMBERED_MAX = 64;

/** The holder of a liar, with these lies. */
export function lying(honest: AnyActor, lies: readonly Lie[], liar: Liar): AnyActor {
  const inner = honest as unknown as Actor<unknown, Spoken, Spoken>;
  const mouth = new Mouth(new Set(lies), liar);
  return anyActor<unknown, Spoken, Spoken>({
    ...inner,
    receive: (state, input, at) => {
      const again = mouth.again(input);
      if (again !== undefined) return [state, again];
      const [next, effects] = inner.receive(state, mouth.hears(input), at);
      return [next, [...effects.flatMap((effect) => mouth.does(effect, at)), ...mouth.adds(at)]];
    },
  });
}

class Mouth {
  readonly #lies: ReadonlySet<Lie>;
  readonly #liar: Liar;
  /** What is to be said again, by the number of its wakes. */
  readonly #repeated = new Map<string, Said>();
  readonly #said: { readonly to: Address; readonly message: HoldAcks }[] = [];
  /** Leaves of what it stowed, by transaction and row. */
  readonly #leaves = new Map<string, Uint8Array>();
  #taken = 0;
  #sayings = 0;

  constructor(lies: ReadonlySet<Lie>, liar: Liar) {
    this.#lies = lies;
    this.#liar = liar;
  }

  hears(input: Spoken): Spoken {
    const { kind, id } = input as Signal & { readonly id: string };
    if (kind !== 'wake' || !id.startsWith(LIED)) return input;
    const stowed: Signal = { kind: 'stowed', id: id.slice(LIED.length), outcome: 'stored' };
    return stowed;
  }

  does(effect: Said, { now }: Moment): readonly Said[] {
    if (effect.do === 'stow') return this.#stows(effect);
    if (effect.do === 'answer' && this.#lies.has('wrong-pieces')) return [this.#gives(effect)];
    if (effect.do !== 'send' || effect.message.kind !== HoldAcks.kind) return [effect];
    return this.#acknowledges(effect.to, effect.message as HoldAcks, now);
  }

  /** For accomplices, when there is something to be said for them. */
  adds(at: Moment): readonly Said[] {
    if (!this.#lies.has('others-rows')) return [];
    const { pact, node } = this.#liar;
    const news = pact.offered.slice(this.#taken).filter(({ by }) => by !== node);
    this.#taken = pact.offered.length;
    return news.map((each) => send(each.to, this.#inPlaceOf(each, at)));
  }

  #gives(effect: Extract<Said, { do: 'answer' }>): Said {
    if (effect.message.kind !== GavePieces.kind) return effect;
    const gave = effect.message as GavePieces;
    const isShort = this.#liar.random.below(2) === 0;
    const pieces = gave.pieces.map((shown) => ({
      ...shown,
      piece: isShort ? shown.piece.slice(0, -1) : shown.piece.map((byte) => byte ^ 1),
    }));
    return { ...effect, message: GavePieces.of({ ...gave, pieces }) };
  }

  #stows(effect: Extract<Said, { do: 'stow' }>): readonly Said[] {
    const held = readHeld(effect.value)!;
    const txId = txIdOfKey(effect.key)!;
    const leaf = ackLeaf(txId, held.row, pieceHash(held.piece), effect.expiresAt);
    this.#leaves.set(`${txId.join()} ${held.row}`, leaf);
    return this.#lies.has('unstored') ? [wake(LIED + effect.id, 1)] : [effect];
  }

  #acknowledges(to: Address, message: HoldAcks, now: number): readonly Said[] {
    if (this.#lies.has('others-rows')) this.#offer(to, message);
    if (this.#lies.has('others-rows') || this.#lies.has('silent')) return [];
    const said = send(to, message);
    const copies = this.#lies.has('twice') ? [said, said, ...this.#later(said)] : [said];
    return this.#lies.has('replayed') ? [...copies, ...this.#replays(to, message, now)] : copies;
  }

  #later(said: Said): readonly Said[] {
    const number = ++this.#sayings;
    return AGAIN_MS.map((ms, i) => {
      const id = `${AGAIN}${number}/${i}`;
      this.#repeated.set(id, said);
      return wake(id, ms);
    });
  }

  /** What was verified when it came first counts as soon as it comes, if it counts. */
  again(input: Spoken): readonly Said[] | undefined {
    const { kind, id } = input as Signal & { readonly id: string };
    if (kind !== 'wake' || !id.startsWith(AGAIN)) return undefined;
    const said = this.#repeated.get(id);
    this.#repeated.delete(id);
    return said === undefined ? [] : [said];
  }

  #offer(to: Address, { acks }: HoldAcks): void {
    const { pact, node } = this.#liar;
    for (const { txId, row } of acks) {
      const leaf = this.#leaves.get(`${txId.join()} ${row}`);
      if (leaf !== undefined) pact.offered.push({ by: node, to, txId, row, leaf });
    }
  }

  /** An old one to whom it was said, one to somebody else, and one that says it is of another. */
  #replays(to: Address, message: HoldAcks, now: number): readonly Said[] {
    const { random } = this.#liar;
    if (this.#said.length < REMEMBERED_MAX) this.#said.push({ to, message });
    const old = random.pick(this.#said);
    const [own] = message.acks;
    const stolen = {
      ...old.message,
      acks: old.message.acks.map((ack) => ({ ...ack, txId: own!.txId })),
    };
    return now % 2 === 0
      ? [send(old.to, old.message), send(to, stolen)]
      : [send(to, old.message), send(to, { ...stolen, acks: own === undefined ? [] : [own] })];
  }

  #inPlaceOf({ txId, row, leaf }: Offered, { wall }: Moment): HoldAcks {
    const { genesis, secrets, node } = this.#liar;
    const at = stampBytes({ wallMs: Math.floor(wall), count: 0 });
    const head = { signer: node, epoch: FIRST_EPOCH, at, root: leaf, count: 1 };
    const signature = sign(batchSignJob('ack', genesis.network, head, secrets.signing));
    const path = new Uint8Array(0);
    return HoldAcks.of({ batch: { head, signature }, acks: [{ txId, row, leaf: 0, path }] });
  }
}
