/**
 * The rogue: somebody with a place in the network, a key of his own, and no scruples. He overhears everything
 * that crosses the wire, and says what he likes to whom he likes; only who speaks he cannot hide.
 *
 *   forge       an honest sender's transactions with signatures that are none, many, at every ingress; and more of his
 *               own at one door than it may let in
 *   malform     bytes that are no message, cut ones, far too many
 *   stale       of his own, but over, or made in the future, or for another network
 *   replay      what he heard, again, to the same actor or to that of another delegate
 *   flip        the same with one bit turned over
 *   conflict    two of his own under one number, at once, through two gateways
 *   choose      his own transaction past the ingress: to any select he likes, with holders of his choice
 *   announce    that transactions of others are committed
 *   race        whatever an honest client submits, with a signature that is none, to be there before it
 *
 * What he tries is drawn as he goes; each try is a line of the transcript. What must hold is said by the
 * checkers; what he composes is registered with the applications, so that they know it.
 */
import { nameText } from '#algorithms/identity.ts';
import { whole } from '#protocols/codec.ts';
import type { Envelope } from '#protocols/envelope.ts';
import type { Genesis } from '#protocols/genesis.ts';
import {
  Moved,
  Offer,
  Submit,
  TakeSelect,
  TakeShard,
  type Certified,
} from '#protocols/sending.messages.ts';
import { address, nameOf, type Address, type NodeAddress } from '#protocols/subjects.ts';
import { txIdOf, type Tx } from '#protocols/transaction.ts';
import type { Machine } from '../machine.ts';
import type { Random } from '../random.ts';
import type { Checker, World } from '../world.ts';
import { bytesOf, mouth, saying } from './mouth.ts';
import type { Applications, Sent } from './applications.ts';
import type { Want } from './draw.ts';
import type { Child } from './town.ts';

export const TRICKS = [
  'forge',
  'malform',
  'stale',
  'replay',
  'flip',
  'conflict',
  'choose',
  'announce',
  'race',
] as const;
const EVERY_MS = 350;
const OVERHEARD_MAX = 512;
const FORGED = 12;
const HURRIED = 3;
const REPLAYED = 20;
/** More than anybody reads, less than the wire carries. */
const MUCH = 400_000;

/** Two of one number, and whether an ingress took one of them. */
export interface Pair {
  readonly sent: readonly [Sent, Sent];
  isAccepted: boolean;
}

export class Rogue {
  readonly pairs: Pair[] = [];
  readonly #world: World;
  readonly #applications: Applications;
  readonly #random: Random;
  readonly #node: NodeAddress;
  readonly #overheard: Extract<Envelope, { body: Uint8Array }>[] = [];
  #isRacing = false;
  #offered: Certified | undefined;
  #genesis: Genesis | undefined;
  #machine: Machine | undefined;

  constructor(world: World, applications: Applications, node: NodeAddress) {
    this.#world = world;
    this.#applications = applications;
    this.#random = world.random.fork('rogue');
    this.#node = node;
    world.hostile.add(node);
  }

  /** What runs on his machine. */
  children(): readonly Child[] {
    const hear = (txId: Uint8Array): void => this.#accepted(txId);
    return [{ id: 'mouth', start: () => mouth(this.#node, this.#world.probe, hear) }];
  }

  /** He overhears: copies, since what is sent is no longer its sender's to keep. */
  get checker(): Checker {
    return {
      sent: (envelope) => {
        if (!('body' in envelope) || envelope.form === 'answer') return;
        if (this.#isRacing && envelope.kind === Submit.kind) this.#race(envelope);
        const place = this.#random.below(OVERHEARD_MAX);
        this.#overheard[this.#overheard.length < OVERHEARD_MAX ? this.#overheard.length : place] = {
          ...envelope,
          body: envelope.body.slice(),
        };
      },
    };
  }

  /** He tries one thing after another for so long. */
  begin(genesis: Genesis, machine: Machine, forMs: number): void {
    this.#genesis = genesis;
    this.#machine = machine;
    for (let ms = EVERY_MS; ms < forMs; ms += EVERY_MS) {
      const trick = this.#random.pick(TRICKS);
      this.#world.later(ms, () => this.#try(trick));
    }
  }

  #try(trick: (typeof TRICKS)[number]): void {
    this.#world.probe.sometimes(`rogue: ${trick}`);
    switch (trick) {
      case 'forge':
        return this.#forge();
      case 'malform':
        return this.#malform();
      case 'stale':
        return this.#stale();
      case 'replay':
        return this.#again((body) => body);
      case 'flip':
        return this.#again((body) => flipped(body, this.#random));
      case 'conflict':
        return this.#conflict();
      case 'choose':
        return this.#choose();
      case 'race':
        this.#isRacing = true;
        return;
      default:
        return this.#announce();
    }
  }

  #forge(): void {
    const sender = this.#random.below(this.#applications.senders);
    for (let i = 0; i < FORGED; i++) this.#submit(this.#made('forged', sender).tx);
    const door = this.#anyDelegate();
    for (let i = 0; i < HURRIED; i++) this.#submit(this.#made('rogue').tx, door);
  }

  #malform(): void {
    const heard = this.#random.pick(this.#overheard);
    if (heard === undefined) return;
    const { to, kind, body } = heard;
    const cut = body.subarray(0, this.#random.below(body.length + 1));
    for (const bytes of [cut, this.#random.bytes(64), new Uint8Array(MUCH)])
      this.#say(to, kind, bytes, false);
  }

  #stale(): void {
    for (const want of ['expired', 'future', 'other-body', 'other-network'] as const)
      this.#submit(this.#made(want).tx);
  }

  #again(changed: (body: Uint8Array) => Uint8Array): void {
    for (let i = 0; i < REPLAYED; i++) {
      const heard = this.#random.pick(this.#overheard);
      if (heard === undefined) return;
      const { to, kind, body, form } = heard;
      const [same, other] = [to, address(this.#anyDelegate(), nameOf(to))];
      this.#say(this.#random.pick([same, other]), kind, changed(body), form === 'ask');
    }
  }

  #conflict(): void {
    const one = this.#made('rogue');
    const other = this.#made('rogue', this.#applications.rogue, one.seq);
    this.pairs.push({ sent: [one, other], isAccepted: false });
    const [first, second] = this.#random.shuffled(this.#delegates());
    this.#submit(one.tx, first);
    this.#submit(other.tx, second);
  }

  #choose(): void {
    const { tx } = this.#made('rogue');
    for (const node of this.#delegates()) {
      const ingress = this.#random.pick([address(this.#node, 'mouth'), address(node, 'ingress')]);
      this.#tell(address(node, 'select'), TakeSelect, { tx, ingress, attempt: 0 });
    }
    const certified = this.#offered ?? this.#overheardOffer();
    if (certified === undefined) return;
    const { manifest } = certified;
    const holders = manifest.placement.holders.toReversed();
    const placement = { ...manifest.placement, prover: this.#anyDelegate(), holders };
    const txId = txIdOf(tx.cover.header);
    const chosen = { ...certified, cover: tx.cover, manifest: { ...manifest, txId, placement } };
    for (const node of this.#delegates()) {
      const ingress = address(node, 'ingress');
      this.#tell(address(node, 'shard'), TakeShard, {
        tx,
        ingress,
        placement,
        terms: manifest.terms,
        keys: [],
      });
      this.#tell(address(node, 'ledger'), Offer, { certified: [chosen], batches: [] });
    }
  }

  /** He is nearer than most, and ids say nothing of signatures. */
  #race({ to, body }: { readonly to: Address; readonly body: Uint8Array }): void {
    const { tx } = whole(Submit.body, body);
    const signature = flipped(tx.cover.signature, this.#random);
    const other = { ...tx, cover: { ...tx.cover, signature } };
    this.#say(to, Submit.kind, bytesOf(Submit, { tx: other }), true);
  }

  #announce(): void {
    const all = [...this.#applications.sent.values()];
    if (all.length === 0) return;
    const sent = this.#random.pick(all);
    const word = { acks: 9, needed: 9, rows: 9, cause: undefined, height: 1, reason: undefined };
    const txId = txIdOf(sent.tx.cover.header);
    const state = this.#random.pick(['COMMITTED', 'REJECTED', 'EXPIRED'] as const);
    for (const node of this.#delegates())
      this.#tell(address(node, 'ingress'), Moved, { ...word, txId, state });
  }

  #accepted(txId: Uint8Array): void {
    const name = nameText(txId);
    for (const pair of this.pairs)
      if (pair.sent.some((each) => each.name === name)) pair.isAccepted = true;
  }

  #overheardOffer(): Certified | undefined {
    const heard = this.#overheard.find(({ kind }) => kind === Offer.kind);
    this.#offered = heard && whole(Offer.body, heard.body).certified[0];
    return this.#offered;
  }

  #made(want: Want, sender = this.#applications.rogue, seq?: number): Sent {
    const bytes = this.#random.pick([1, 400, 16_384]);
    return this.#applications.make({ want, sender, seq, bytes, by: this.#node });
  }

  #submit(tx: Tx, at = this.#anyDelegate()): void {
    this.#say(address(at, 'ingress'), Submit.kind, bytesOf(Submit, { tx }), true);
  }

  #tell<T>(to: Address, of: Parameters<typeof bytesOf<T>>[0], value: T): void {
    this.#say(to, of.kind, bytesOf(of, value), false);
  }

  #say(to: Address, kind: string, bytes: Uint8Array, isAsk: boolean): void {
    if (this.#machine!.state !== 'up') return;
    const own = address(this.#node, 'mouth');
    this.#machine!.system.send(own, saying({ to, what: kind, bytes, isAsk }));
  }

  #delegates(): readonly NodeAddress[] {
    return this.#genesis!.delegates.map(({ node }) => node);
  }

  #anyDelegate(): NodeAddress {
    return this.#random.pick(this.#delegates());
  }
}

function flipped(body: Uint8Array, random: Random): Uint8Array {
  if (body.length === 0) return body;
  const changed = body.slice();
  const at = random.below(body.length);
  changed[at] = changed[at]! ^ (1 << random.below(8));
  return changed;
}
