/**
 * A group of delegates that order certificates by the DAG of a city, each a machine alone (protocols/dag): on a network that
 * loses, doubles, delays and is cut, with disks that forget what was not kept, over the least of a ledger that the seam asks
 * for (order.messages.ts).
 *
 *   honest   one machine and one disk each; they die, and come back with what they had kept
 *   twins    two honest machines with one key, and a disk each: which is how a Byzantine delegate is had without writing an
 *            attacker (Bano and others, "Twins", 2020)
 *
 * Signatures are hashes under the public key: nobody here forges. What must be true is in dag-claims.ts.
 */
import { setTo } from '#algorithms/clock/discipline.ts';
import { domain, hash } from '#algorithms/hash/hash.ts';
import type { SignJob, VerifyJob } from '#algorithms/signature.ts';
import { concat, hex, same, utf8 } from '#lib/bytes.ts';
import type { Committed, Entry } from '#protocols/city-batch.ts';
import { Led } from '#protocols/clock.messages.ts';
import * as order from '#protocols/dag/order.ts';
import type { City, CitySays } from '#protocols/dag/state.ts';
import { isLaden } from '#protocols/dag/vertex.ts';
import type { Effect, Entropy, Moment, Plain, Signal, Spoken, Ticket } from '#protocols/effect.ts';
import type { Delegate, Genesis } from '#protocols/genesis.ts';
import { millis } from '#protocols/ids.ts';
import { Chained, type AskChain } from '#protocols/ledger.messages.ts';
import {
  AgreeChanges,
  Certified,
  type Applied,
  type CommittedBatch,
  type Fetch,
} from '#protocols/order.messages.ts';
import type { Self } from '#protocols/self.ts';
import { address, nodeAddress, nodeOf, place, type Address } from '#protocols/subjects.ts';
import { Reckoning } from '../dag/reckoning.ts';
import type { World } from '../world.ts';
import { Claims } from './dag-claims.ts';
import { emptyDisk, imageOf, orderedIn, type Copy, type Disk } from './dag-copy.ts';

export const KOMATSU = place('asia.ishikawa.komatsu');
const SIGNED = domain('signature of a schedule');
const CERT = domain('certificate of a schedule');
/** 2023-11-14. */
const WALL = 1_700_000_000_000;

export interface GroupOptions {
  readonly stakes: readonly bigint[];
  /** So many of the first delegates have a twin. */
  readonly twins?: number;
  readonly plant?: Self['plant'];
  /** Batches of an epoch. */
  readonly epochBatches?: number;
  /** Of a leader so many turns come to nothing; then it is passed over. */
  readonly missedTurns?: number;
  /** More than a third may be faulty: two batches of one height are no surprise. */
  readonly mayFork?: boolean;
  /** How the time of each delegate is reckoned; the same everywhere where there are none. */
  readonly clocks?: readonly ReckonedClock[];
}

export interface ReckonedClock {
  readonly offMs: number;
  /** Stamps what it shows, however late or early, and votes for whatever time. */
  readonly lies: boolean;
  /** Unsure of the time while the others are not (clock/clock.ts). */
  readonly stepsAside?: boolean;
}

export interface Weather {
  lossPermille: number;
  delayMsMin: number;
  delayMsMax: number;
  doubledPermille: number;
  /** Whether something said by one copy reaches another. */
  cut: (from: Copy, to: Copy) => boolean;
  /** Whether a kind of word does not get from one copy to another. */
  loses: (what: Word, from: Copy, to: Copy) => boolean;
  /** By how much later what one says arrives. */
  lags: (from: Copy, to: Copy) => number;
  /** Whether a ledger does not take a certificate that another one holds, as long as it is not ordered. */
  declines: (certNumber: number, at: Copy) => boolean;
}

export type Word = 'turn' | 'vertex' | 'nudge';

export const CALM: Readonly<Weather> = {
  lossPermille: 0,
  delayMsMin: 1,
  delayMsMax: 20,
  doubledPermille: 0,
  cut: () => false,
  loses: () => false,
  lags: () => 0,
  declines: () => false,
};

export class DagGroup {
  readonly copies: Copy[] = [];
  readonly genesis: Genesis;
  readonly weather: Weather = { ...CALM };
  readonly offered = new Map<string, Entry>();
  readonly reckoning: Reckoning;
  readonly claims: Claims;
  events = 0;
  /** What a kept commit takes: up to this. */
  syncMsMax = 8;
  /** Signatures of others that were looked at, and those of our own. */
  verified = 0;
  signatures = 0;
  /** Messages between cities, by kind. */
  readonly sent = new Map<string, number>();
  readonly #world: World;
  readonly #random: Entropy;
  readonly #options: GroupOptions;
  readonly #asked = new Map<number, (answer: Spoken | undefined) => void>();
  /** Of two with one name the one that has asked. */
  readonly #askers = new Map<number, Copy>();
  #asks = 0;

  constructor(world: World, random: Entropy, options: GroupOptions) {
    this.#world = world;
    this.#random = random;
    this.#options = options;
    const { stakes, twins = 0, epochBatches = 10_000, missedTurns = 3 } = options;
    this.genesis = genesisOf(stakes);
    this.reckoning = new Reckoning(this.genesis, { epochBatches, missedTurns });
    for (const [i, { node }] of this.genesis.delegates.entries()) {
      const isHonest = i >= twins;
      for (let twin = 0; twin < (isHonest ? 1 : 2); twin++) {
        const copy = { node, twin, isHonest, disk: emptyDisk(), city: undefined, life: 0 };
        this.copies.push({ ...copy, timers: new Map() });
      }
    }
    this.claims = new Claims({
      mayFork: options.mayFork === true,
      latestMs: () => this.#latestMs(),
      isOffered: (cert) => this.offered.has(cert),
      lies: (copy) => this.#clockOf(copy).lies,
      faulty: new Set(this.copies.filter(({ isHonest }) => !isHonest).map(({ node }) => node)),
      violate: (claim) => world.violate(claim),
    });
  }

  get honest(): Copy[] {
    return this.copies.filter(({ isHonest }) => isHonest);
  }

  /** Of what is interesting, what has happened. */
  get reached(): ReadonlyMap<string, number> {
    return this.#world.disturbance.reached;
  }

  get now(): number {
    return this.#world.nowMs;
  }

  pass(ms: number): void {
    this.#world.pass(ms);
  }

  /** A certificate that somebody made, offered to some of the ledgers. */
  offer(number: number, to: readonly Copy[]): Entry {
    const entry = {
      txId: hash(CERT, utf8(`tx ${number}`)),
      cert: hash(CERT, utf8(`cert ${number}`)),
    };
    this.offered.set(hex(entry.cert), entry);
    for (const copy of to) this.#hold(copy, entry);
    return entry;
  }

  /** The operator of a delegate wants these changes of policy, and no other. */
  agree(copy: Copy, ...wanted: Uint8Array[]): void {
    const changes = wanted.map((change) => ({ change, isDue: true }));
    this.#tell(copy, AgreeChanges.of({ changes }), address(copy.node, 'policy'));
  }

  boot(copy: Copy): void {
    copy.life++;
    copy.timers.clear();
    const [city, effects] = order.begin(this.#selfOf(copy), new Map(copy.disk.kept));
    copy.city = city;
    this.#carryOut(copy, effects);
    if (this.#options.clocks !== undefined) this.#lead(copy);
  }

  #lead(copy: Copy): void {
    const { offMs, stepsAside = false } = this.#clockOf(copy);
    const led = { ...setTo((WALL + offMs) * 1_000, 0), stepsAside };
    this.#tell(copy, Led.of(led), address(copy.node, 'clock'));
  }

  #clockOf({ node }: Pick<Copy, 'node'>): ReckonedClock {
    const own = this.genesis.delegates.findIndex((each) => each.node === node);
    return this.#options.clocks?.[own] ?? { offMs: 0, lies: false };
  }

  /** What the honest clock shows that is furthest ahead. */
  #latestMs(): number | undefined {
    const honest = (this.#options.clocks ?? []).filter(({ lies }) => !lies);
    if (honest.length === 0) return undefined;
    return WALL + this.now + Math.max(...honest.map(({ offMs }) => offMs));
  }

  crash(copy: Copy): void {
    copy.life++;
    copy.city = undefined;
  }

  /** A disk as it is now, to come back with later. */
  image({ disk }: Copy): Disk {
    return imageOf(disk);
  }

  /** Whether every honest ledger has the same chain, with everything that an honest one holds. */
  get isDone(): boolean {
    const [first, ...others] = this.honest;
    const height = first!.disk.chain.length;
    if (others.some(({ disk }) => disk.chain.length !== height)) return false;
    const ordered = orderedIn(first!.disk);
    return this.honest.every(({ disk }) =>
      [...disk.held.keys()].every((cert) => ordered.has(cert)),
    );
  }

  // --- machines ----------------------------------------------------------------------------------------

  #selfOf(copy: Copy): Self {
    const { node } = copy;
    const seed = this.genesis.delegates.find((each) => each.node === node)!.signing.key;
    return {
      genesis: this.genesis,
      node,
      secrets: {
        signing: { suite: 'ed25519', seed },
        sealing: { suite: 'ml-kem-768', seed },
        vrf: seed,
      },
      probe: this.#world.probe,
      plant: this.#clockOf(copy).lies ? 'author-stamp' : this.#options.plant,
    };
  }

  #after(ms: number, run: () => void): void {
    this.#world.later(ms, () => {
      this.events++;
      run();
    });
  }

  /** Runs for this life of a copy only. */
  #inLife(copy: Copy, ms: number, run: () => void): void {
    const { life } = copy;
    this.#after(ms, () => {
      if (copy.life === life) run();
    });
  }

  #tell(copy: Copy, input: order.CityHears | Signal, from?: Address, ticket?: Ticket): void {
    if (copy.city === undefined) return;
    const { now } = this;
    const at: Moment = {
      now: millis(now),
      wall: millis(WALL + now),
      entropy: this.#random,
      from,
      ticket,
    };
    this.#world.tell(`${copy.node}/${copy.twin}`, input.kind, from);
    const [, effects] = order.step(copy.city, input, at);
    if (copy.isHonest) this.#look(copy.city, input);
    this.#carryOut(copy, effects);
  }

  #look(city: City, input: order.CityHears | Signal): void {
    if (input.kind === 'computed') this.claims.accused(city);
    if (input.kind !== 'city.applied') return;
    this.claims.applied(city);
    // What a planted bug breaks inside is to be seen from outside.
    if (this.#options.plant === undefined) order.invariants(city);
  }

  #carryOut(copy: Copy, effects: readonly Effect<CitySays>[]): void {
    for (const effect of effects) this.#one(copy, effect);
  }

  #one(copy: Copy, effect: Effect<CitySays>): void {
    switch (effect.do) {
      case 'wake':
        return this.#wake(copy, effect.id, effect.inMs);
      case 'keep':
        return this.#inLife(copy, 1 + this.#random.below(this.syncMsMax), () => {
          for (const { key, value } of effect.writes) {
            if (value === undefined) copy.disk.kept.delete(key);
            else copy.disk.kept.set(key, value);
          }
          this.#tell(copy, { kind: 'kept', id: effect.id });
        });
      case 'compute':
        return this.#inLife(copy, 1 + this.#random.below(3), () => {
          const output = this.#compute(effect.job, effect.input);
          this.#tell(copy, { kind: 'computed', id: effect.id, output });
        });
      case 'send':
        return this.#send(copy, effect.to, effect.message);
      case 'ask':
        return effect.message.kind === 'ledger.chain'
          ? this.#askLedger(copy, effect.id, effect.to, effect.message, effect.withinMs)
          : this.#askCity(copy, effect.id, effect.to, effect.message, effect.withinMs);
      case 'answer': {
        const { ticket, message } = effect;
        const asker = this.#askers.get(ticket.number)!;
        return this.#carry(copy, asker, message, () => this.#asked.get(ticket.number)?.(message));
      }
      default:
        return undefined;
    }
  }

  #wake(copy: Copy, id: string, inMs: number): void {
    const turn = (copy.timers.get(id) ?? 0) + 1;
    copy.timers.set(id, turn);
    this.#inLife(copy, inMs, () => {
      if (copy.timers.get(id) === turn) this.#tell(copy, { kind: 'wake', id });
    });
  }

  #compute(job: string, input: Plain): Plain {
    if (job === 'city.verify') {
      const all = input as unknown as readonly VerifyJob[];
      this.verified += all.length;
      return all.map(isSigned);
    }
    const { seed, bytes } = input as unknown as SignJob;
    this.signatures++;
    return signed(seed, bytes);
  }

  // --- what is said --------------------------------------------------------------------------------------

  #send(copy: Copy, to: Address, message: CitySays): void {
    if (to === address(copy.node, 'ledger')) return this.#ledgerHears(copy, message);
    this.#count(message);
    if (message.kind === 'dag.vertex') this.claims.said(copy, message.vertex);
    for (const other of this.#copiesOf(to))
      this.#carry(copy, other, message, () =>
        this.#tell(other, message as order.CityHears, address(copy.node, 'city')),
      );
  }

  #count({ kind }: Spoken): void {
    this.sent.set(kind, (this.sent.get(kind) ?? 0) + 1);
  }

  #copiesOf(to: Address): Copy[] {
    const node = nodeOf(to);
    return this.copies.filter((other) => other.node === node);
  }

  /** Through the weather: never, once, or twice. */
  #carry(copy: Copy, other: Copy, message: Spoken, run: () => void): void {
    const { lossPermille, delayMsMin, delayMsMax, doubledPermille, cut, loses, lags } =
      this.weather;
    const isLost =
      cut(copy, other) ||
      loses(wordOf(message), copy, other) ||
      this.#random.below(1_000) < lossPermille;
    if (isLost) return;
    const times = this.#random.below(1_000) < doubledPermille ? 2 : 1;
    const lateMs = delayMsMin + lags(copy, other);
    for (let i = 0; i < times; i++)
      this.#after(lateMs + this.#random.below(delayMsMax - delayMsMin + 1), run);
  }

  /** An answer that does not come is a silence. */
  #askCity(copy: Copy, id: string, to: Address, message: CitySays, withinMs: number): void {
    const number = this.#asks++;
    const { life } = copy;
    this.#askers.set(number, copy);
    this.#asked.set(number, (answer) => {
      if (!this.#asked.delete(number) || copy.life !== life) return;
      this.#tell(
        copy,
        answer === undefined
          ? { kind: 'unanswered', id, why: 'deadline' }
          : { kind: 'answered', id, message: answer },
      );
    });
    this.#after(withinMs, () => this.#asked.get(number)?.(undefined));
    this.#count(message);
    const asker = address(copy.node, 'city');
    for (const other of this.#copiesOf(to))
      this.#carry(copy, other, message, () =>
        this.#tell(other, message as order.CityHears, asker, { asker, number }),
      );
  }

  #askLedger(
    copy: Copy,
    id: string,
    to: Address,
    { from, count }: AskChain,
    withinMs: number,
  ): void {
    const others = this.#copiesOf(to).filter(
      (other) => other.city !== undefined && !this.weather.cut(copy, other),
    );
    const isLost = others.length === 0 || this.#random.below(1_000) < this.weather.lossPermille;
    if (isLost)
      return this.#inLife(copy, withinMs, () =>
        this.#tell(copy, { kind: 'unanswered', id, why: 'deadline' }),
      );
    const { chain } = others[this.#random.below(others.length)]!.disk;
    const batches = chain.slice(from - 1, from - 1 + count);
    const message = Chained.of({ height: chain.length, batches });
    return this.#inLife(copy, 2 * this.weather.delayMsMax, () =>
      this.#tell(copy, { kind: 'answered', id, message }),
    );
  }

  // --- the least of a ledger -----------------------------------------------------------------------------

  #hold(copy: Copy, entry: Entry): void {
    const key = hex(entry.cert);
    if (copy.disk.held.has(key)) return;
    copy.disk.held.set(key, entry);
    this.#tellCity(copy, Certified.of({ entries: [entry] }));
  }

  #tellCity(copy: Copy, message: Certified | Applied): void {
    this.#inLife(copy, 1, () => this.#tell(copy, message, address(copy.node, 'ledger')));
  }

  #ledgerHears(copy: Copy, message: Spoken): void {
    const said = message as CommittedBatch | Fetch | { kind: 'ledger.resume' };
    if (said.kind === 'ledger.resume') return this.#resume(copy);
    if (said.kind === 'ledger.fetch') return this.#fetch(copy, said);
    this.#inLife(copy, 1 + this.#random.below(this.syncMsMax), () =>
      this.#apply(copy, said.committed),
    );
  }

  #resume(copy: Copy): void {
    const ordered = orderedIn(copy.disk);
    const entries = [...copy.disk.held.values()].filter(({ cert }) => !ordered.has(hex(cert)));
    if (entries.length > 0) this.#tellCity(copy, Certified.of({ entries }));
    this.#tellCity(copy, this.reckoning.applied(copy.disk.chain));
  }

  #fetch(copy: Copy, { certs, from }: Fetch): void {
    for (const other of this.copies) {
      const isThere = other.node === from && other.city !== undefined;
      if (!isThere || this.weather.cut(copy, other)) continue;
      for (const cert of certs) {
        const entry = other.disk.held.get(hex(cert));
        const number = [...this.offered.keys()].indexOf(hex(cert));
        if (entry !== undefined && !this.weather.declines(number, copy))
          this.#inLife(copy, 2 * this.weather.delayMsMax, () => this.#hold(copy, entry));
      }
    }
  }

  #apply(copy: Copy, committed: Committed): void {
    const { head, entries } = committed.batch;
    const { chain, held } = copy.disk;
    if (head.height === chain.length + 1) {
      chain.push(committed);
      for (const entry of entries) held.set(hex(entry.cert), entry);
      this.claims.committed(copy);
    }
    this.#tellCity(copy, this.reckoning.applied(chain));
  }
}

function genesisOf(stakes: readonly bigint[]): Genesis {
  const delegates = stakes.map((stake, i): Delegate => {
    const key = new Uint8Array(32).fill(i + 1);
    const node = nodeAddress(KOMATSU, `d${i}`);
    return { node, stake, signing: { suite: 'ed25519', key }, vrf: key };
  });
  const grantor = { suite: 'ed25519', key: new Uint8Array(32) } as const;
  return { version: 1, network: utf8('test'), place: KOMATSU, delegates, grantor };
}

const wordOf = (message: Spoken): Word => {
  const said = message as order.CityHears;
  if (said.kind !== 'dag.vertex') return 'nudge';
  return isLaden(said.vertex) ? 'turn' : 'vertex';
};

const signed = (key: Uint8Array, bytes: Uint8Array): Uint8Array => {
  const half = hash(SIGNED, concat(key, bytes));
  return concat(half, half);
};

/** Whether a signature is one, of those that the group makes. */
export const isSigned = ({ publicKey, bytes, signature }: VerifyJob): boolean =>
  same(signature, signed(publicKey, bytes));
