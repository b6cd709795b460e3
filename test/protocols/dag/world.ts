/**
 * A city of delegates in one loop: time, a network that loses, doubles and delays, disks that forget what was not
 * kept, delegates that crash and come back, and twins: two copies of one delegate with one key and a disk each,
 * which is how a Byzantine one is had without writing an attacker (Bano and others, "Twins", 2020).
 *
 * Everything follows from the seed. The ledgers are the least that the seam asks for (order.messages.ts): a durable
 * chain, and a set of certificates. Signatures are hashes under the public key: nobody here forges.
 *
 * Watched from outside, after every step: no two batches at one height on honest disks; no honest delegate ever
 * says two vertices for one round, over all its lives, or votes for what its ledger does not hold; everything ordered
 * was offered; each batch is of a time between clocks of honest delegates; and all that have applied a batch know the same
 * leaders of the rounds after it.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { setTo } from '#algorithms/clock/discipline.ts';
import { compareStamps, stampOf, type Stamp } from '#algorithms/clock/hlc.ts';
import type { SignJob, VerifyJob } from '#algorithms/signature.ts';
import { concat, hex, same, utf8 } from '#lib/bytes.ts';
import type { Probe } from '#lib/probe.ts';
import { headDigest, type CityHead, type Committed, type Entry } from '#protocols/city-batch.ts';
import { Led } from '#protocols/clock.messages.ts';
import { leaderIn } from '#protocols/dag/graph.ts';
import * as machine from '#protocols/dag/order.ts';
import type { City, CitySays } from '#protocols/dag/state.ts';
import { digestOf, isLaden, type Vertex } from '#protocols/dag/vertex.ts';
import type { Effect, Moment, Plain, Signal, Spoken, Ticket } from '#protocols/effect.ts';
import type { Delegate, Genesis } from '#protocols/genesis.ts';
import { millis } from '#protocols/ids.ts';
import { Chained, type AskChain } from '#protocols/ledger.messages.ts';
import {
  AgreeChanges,
  type Applied,
  Certified,
  type CommittedBatch,
  type Fetch,
} from '#protocols/order.messages.ts';
import type { Self } from '#protocols/self.ts';
import { Reckoning } from '#simulations/dag/reckoning.ts';
import {
  address,
  nodeAddress,
  nodeOf,
  place,
  type Address,
  type NodeAddress,
} from '#protocols/subjects.ts';
import { seeded } from '#test/runtime/manual.ts';
import { WALL } from '../moments.ts';

export const KOMATSU = place('asia.ishikawa.komatsu');
const SIGNED = domain('test signature');
const CERT = domain('test certificate');

export interface WorldOptions {
  readonly seed: number;
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
  readonly clocks?: readonly TestClock[];
}

export interface TestClock {
  readonly offMs: number;
  /** Stamps what it shows, however late or early, and votes for whatever time. */
  readonly lies: boolean;
  /** Unsure of the time while the others are not (clock/clock.ts). */
  readonly stepsAside?: boolean;
}

/** What is on a disk: it survives a crash. */
interface Disk {
  readonly kept: Map<string, Uint8Array>;
  readonly chain: Committed[];
  readonly held: Map<string, Entry>;
}

/** One copy of a delegate. */
export interface Copy {
  readonly node: NodeAddress;
  readonly twin: number;
  readonly isHonest: boolean;
  disk: Disk;
  city: City | undefined;
  life: number;
  /** Of its wakes: a newer one of the same id replaces it. */
  readonly timers: Map<string, number>;
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
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
  /** Whether a ledger does not take a certificate that another one holds, as long as it is not ordered. */
  declines: (certNumber: number, at: Copy) => boolean;
}

export type Word = 'turn' | 'vertex' | 'nudge';

export class World {
  readonly copies: Copy[] = [];
  readonly genesis: Genesis;
  readonly weather: Weather = {
    lossPermille: 0,
    delayMsMin: 1,
    delayMsMax: 20,
    doubledPermille: 0,
    cut: () => false,
    loses: () => false,
    declines: () => false,
  };
  readonly reached = new Set<string>();
  readonly offered = new Map<string, Entry>();
  readonly reckoning: Reckoning;
  readonly below: (bound: number) => number;
  now = 0;
  events = 0;
  /** What was broken first; nothing as a rule. */
  broken: string | undefined;
  /** What a kept commit takes: up to this. */
  syncMsMax = 8;
  readonly #options: WorldOptions;
  readonly #decided = new Map<number, string>();
  /** Leaders of the rounds after a batch, by its digest. */
  readonly #turns = new Map<string, string>();
  readonly #said = new Map<string, string>();
  readonly #named = new Map<string, Vertex>();
  /** The earliest that an honest delegate has stamped, by round. */
  readonly #earliest = new Map<number, Stamp>();
  /** Messages between cities, by kind. */
  readonly sent = new Map<string, number>();
  readonly #probe: Probe;
  readonly #asked = new Map<number, (answer: Spoken | undefined) => void>();
  /** Of two with one name the one that has asked. */
  readonly #askers = new Map<number, Copy>();
  #due: Due[] = [];
  #order = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    const { seed, stakes, twins = 0 } = options;
    this.below = seeded(seed * 7_919 + 1).below;
    this.#probe = { buggify: () => false, sometimes: (what) => this.reached.add(what) };
    const delegates = stakes.map((stake, i): Delegate => {
      const key = new Uint8Array(32).fill(i + 1);
      const node = nodeAddress(KOMATSU, `d${i}`);
      return { node, stake, signing: { suite: 'ed25519', key }, vrf: key };
    });
    const grantor = { suite: 'ed25519', key: new Uint8Array(32) } as const;
    this.genesis = { version: 1, network: utf8('test'), place: KOMATSU, delegates, grantor };
    const { epochBatches = 10_000, missedTurns = 3 } = options;
    this.reckoning = new Reckoning(this.genesis, { epochBatches, missedTurns });
    for (const [i, { node }] of delegates.entries()) {
      const isHonest = i >= twins;
      for (let twin = 0; twin < (isHonest ? 1 : 2); twin++) {
        this.copies.push({
          node,
          twin,
          isHonest,
          disk: { kept: new Map(), chain: [], held: new Map() },
          city: undefined,
          life: 0,
          timers: new Map(),
        });
      }
    }
  }

  get honest(): Copy[] {
    return this.copies.filter(({ isHonest }) => isHonest);
  }

  /** Jobs for signatures of others, and the signatures; and those of our own. */
  verifications = 0;
  verified = 0;
  signatures = 0;

  /** A certificate that somebody made, offered to some of the ledgers. */
  offer(number: number, to: readonly Copy[]): void {
    const entry = {
      txId: hash(CERT, utf8(`tx ${number}`)),
      cert: hash(CERT, utf8(`cert ${number}`)),
    };
    this.offered.set(hex(entry.cert), entry);
    for (const copy of to) this.#hold(copy, entry);
  }

  /** The operator of a delegate wants these changes of policy, and no other. */
  agree(copy: Copy, ...wanted: Uint8Array[]): void {
    const changes = wanted.map((change) => ({ change, isDue: true }));
    this.#tell(copy, AgreeChanges.of({ changes }), address(copy.node, 'policy'));
  }

  boot(copy: Copy): void {
    copy.life++;
    copy.timers.clear();
    const [city, effects] = machine.begin(this.#selfOf(copy), new Map(copy.disk.kept));
    copy.city = city;
    this.#carryOut(copy, effects);
    if (this.#options.clocks !== undefined) this.#lead(copy);
  }

  #lead(copy: Copy): void {
    const { offMs, stepsAside = false } = this.#clockOf(copy);
    const led = { ...setTo((WALL + offMs) * 1_000, 0), stepsAside };
    this.#tell(copy, Led.of(led), address(copy.node, 'clock'));
  }

  #clockOf({ node }: Copy): TestClock {
    const own = this.genesis.delegates.findIndex((each) => each.node === node);
    return this.#options.clocks?.[own] ?? { offMs: 0, lies: false };
  }

  crash(copy: Copy): void {
    copy.life++;
    copy.city = undefined;
  }

  /** A disk as it is now, to come back with later. */
  image({ disk }: Copy): Disk {
    return { kept: new Map(disk.kept), chain: [...disk.chain], held: new Map(disk.held) };
  }

  pass(ms: number): void {
    const until = this.now + ms;
    while (this.broken === undefined && this.#due.length > 0 && this.#due[0]!.at <= until) {
      const { at, run } = this.#take();
      this.now = at;
      this.events++;
      run();
    }
    this.now = until;
  }

  /** Whether every honest ledger has the same chain, with everything that an honest one holds. */
  get isDone(): boolean {
    const [first, ...others] = this.honest;
    const height = first!.disk.chain.length;
    if (others.some(({ disk }) => disk.chain.length !== height)) return false;
    const ordered = new Set(
      first!.disk.chain.flatMap(({ batch }) => batch.entries.map(({ cert }) => hex(cert))),
    );
    return this.honest.every(({ disk }) =>
      [...disk.held.keys()].every((cert) => ordered.has(cert)),
    );
  }

  /** The rounds from one on in which an honest delegate has spoken. */
  saidSince(node: NodeAddress, round: number): number {
    return [...this.#said.keys()].filter((key) => {
      const [who, at] = key.split(' ');
      return who === node && Number(at) >= round;
    }).length;
  }

  // --- inside ----------------------------------------------------------------------------------------

  #selfOf(copy: Copy): Self {
    const { node } = copy;
    const own = this.genesis.delegates.findIndex((each) => each.node === node);
    const seed = this.genesis.delegates[own]!.signing.key;
    return {
      genesis: this.genesis,
      node,
      secrets: {
        signing: { suite: 'ed25519', seed },
        sealing: { suite: 'ml-kem-768', seed },
        vrf: seed,
      },
      probe: this.#probe,
      plant: this.#clockOf(copy).lies ? 'author-stamp' : this.#options.plant,
    };
  }

  #after(ms: number, run: () => void): void {
    const due = { at: this.now + ms, order: this.#order++, run };
    const heap = this.#due;
    let at = heap.length;
    heap.push(due);
    for (let up = (at - 1) >> 1; at > 0 && precedes(due, heap[up]!); at = up, up = (at - 1) >> 1) {
      heap[at] = heap[up]!;
    }
    heap[at] = due;
  }

  #take(): Due {
    const heap = this.#due;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && precedes(heap[child + 1]!, heap[child]!)) child++;
      if (!precedes(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }

  /** Runs for this life of a copy only. */
  #inLife(copy: Copy, ms: number, run: () => void): void {
    const { life } = copy;
    this.#after(ms, () => {
      if (copy.life === life) run();
    });
  }

  #tell(copy: Copy, input: machine.CityHears | Signal, from?: Address, ticket?: Ticket): void {
    if (copy.city === undefined || this.broken !== undefined) return;
    const at: Moment = {
      now: millis(this.now),
      wall: millis(WALL + this.now),
      entropy: seeded(this.#order + 1),
      from,
      ticket,
    };
    try {
      const [, effects] = machine.step(copy.city, input, at);
      if (this.#options.plant === undefined) machine.invariants(copy.city);
      if (copy.isHonest && input.kind === 'city.applied') this.#checkTurns(copy.city);
      this.#carryOut(copy, effects);
    } catch (error) {
      this.broken = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  }

  #carryOut(copy: Copy, effects: readonly Effect<CitySays>[]): void {
    for (const effect of effects) this.#one(copy, effect);
  }

  #one(copy: Copy, effect: Effect<CitySays>): void {
    switch (effect.do) {
      case 'wake': {
        const turn = (copy.timers.get(effect.id) ?? 0) + 1;
        copy.timers.set(effect.id, turn);
        return this.#inLife(copy, effect.inMs, () => {
          if (copy.timers.get(effect.id) === turn)
            this.#tell(copy, { kind: 'wake', id: effect.id });
        });
      }
      case 'keep':
        return this.#inLife(copy, 1 + this.below(this.syncMsMax), () => {
          for (const { key, value } of effect.writes) {
            if (value === undefined) copy.disk.kept.delete(key);
            else copy.disk.kept.set(key, value);
          }
          this.#tell(copy, { kind: 'kept', id: effect.id });
        });
      case 'compute':
        return this.#inLife(copy, 1 + this.below(3), () =>
          this.#tell(copy, {
            kind: 'computed',
            id: effect.id,
            output: this.#compute(effect.job, effect.input),
          }),
        );
      case 'send':
        return this.#send(copy, effect.to, effect.message);
      case 'ask':
        return this.#ask(copy, effect.id, effect.to, effect.message, effect.withinMs);
      case 'answer': {
        const { ticket, message } = effect;
        const asker = this.#askers.get(ticket.number)!;
        return this.#carry(copy, asker, message, () => this.#asked.get(ticket.number)?.(message));
      }
      default:
        return undefined;
    }
  }

  #compute(job: string, input: Plain): Plain {
    if (job === 'city.verify') {
      this.verifications++;
      this.verified += (input as unknown as readonly VerifyJob[]).length;
      return (input as unknown as readonly VerifyJob[]).map(({ publicKey, bytes, signature }) =>
        same(signature, signed(publicKey, bytes)),
      );
    }
    const { seed, bytes } = input as unknown as SignJob;
    this.signatures++;
    return signed(seed, bytes);
  }

  #send(copy: Copy, to: Address, message: Spoken): void {
    if (to === address(copy.node, 'ledger')) return this.#ledgerHears(copy, message);
    this.#checkSaid(copy, message);
    for (const other of this.copies) {
      if (other.node !== nodeOf(to)) continue;
      this.#carry(copy, other, message, () =>
        this.#tell(other, message as machine.CityHears, address(copy.node, 'city')),
      );
    }
  }

  /** Through the weather: never, once, or twice. */
  #carry(copy: Copy, other: Copy, message: Spoken, run: () => void): void {
    const { lossPermille, delayMsMin, delayMsMax, doubledPermille, cut, loses } = this.weather;
    const isLost =
      cut(copy, other) || loses(wordOf(message), copy, other) || this.below(1_000) < lossPermille;
    if (isLost) return;
    const times = this.below(1_000) < doubledPermille ? 2 : 1;
    for (let i = 0; i < times; i++)
      this.#after(delayMsMin + this.below(delayMsMax - delayMsMin + 1), run);
  }

  /** No honest delegate says two vertices for one round, whatever became of it in between. */
  #checkSaid(copy: Copy, message: Spoken): void {
    const { isHonest, node, disk, city } = copy;
    const said = message as machine.CityHears;
    this.sent.set(said.kind, (this.sent.get(said.kind) ?? 0) + 1);
    if (said.kind !== 'dag.vertex') return;
    const { vertex } = said;
    const name = hex(digestOf(vertex));
    this.#named.set(name, vertex);
    const { author, epoch, round } = vertex.head;
    if (!isHonest || city!.committee.members[author]?.node !== node) return;
    const key = `${node} ${round} ${epoch}`;
    const before = this.#said.get(key);
    if (before !== undefined && before !== name) this.broken ??= `said twice: ${key}`;
    if (!disk.kept.has(`vertex/${round}/${name}`)) this.broken ??= `said before it is kept: ${key}`;
    if (before === undefined && !this.#holdsAll(disk, vertex))
      this.broken ??= `${node} voted for what it does not hold`;
    this.#said.set(key, name);
    const stamp = stampOf(vertex.content.at);
    const earliest = this.#earliest.get(round) ?? stamp;
    if (!this.#clockOf(copy).lies)
      this.#earliest.set(round, compareStamps(stamp, earliest) < 0 ? stamp : earliest);
  }

  #holdsAll({ held }: Disk, { content: { parents, turn, rejects } }: Vertex): boolean {
    if (rejects) return true;
    const named = parents
      .filter(({ author }) => author === turn)
      .flatMap(({ digest }) => this.#named.get(hex(digest))?.content.entries ?? []);
    return named.every(({ cert }) => held.has(hex(cert)));
  }

  // --- the least of a ledger ---------------------------------------------------------------------------

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
    this.#inLife(copy, 1 + this.below(this.syncMsMax), () => this.#apply(copy, said.committed));
  }

  #resume(copy: Copy): void {
    const ordered = orderedIn(copy.disk);
    const waiting = [...copy.disk.held.values()].filter(({ cert }) => !ordered.has(hex(cert)));
    if (waiting.length > 0) this.#tellCity(copy, Certified.of({ entries: waiting }));
    this.#tellCity(copy, this.reckoning.applied(copy.disk.chain));
  }

  #fetch(copy: Copy, { certs, from }: Fetch): void {
    for (const other of this.copies) {
      if (other.node !== from || other.city === undefined || this.weather.cut(copy, other))
        continue;
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
    const { chain } = copy.disk;
    if (head.height === chain.length + 1) {
      chain.push(committed);
      for (const entry of entries) {
        if (!this.offered.has(hex(entry.cert))) this.broken ??= 'what nobody offered was ordered';
        copy.disk.held.set(hex(entry.cert), entry);
      }
      this.#checkDecided(copy, head);
    }
    this.#tellCity(copy, this.reckoning.applied(chain));
  }

  #checkDecided({ isHonest, node }: Copy, head: CityHead): void {
    if (!isHonest || this.#options.mayFork === true) return;
    const digest = hex(headDigest(head));
    const other = this.#decided.get(head.height) ?? digest;
    if (other !== digest) this.broken ??= `two batches at height ${head.height}, seen by ${node}`;
    this.#decided.set(head.height, digest);
    this.#checkTime(head);
  }

  /** Who leads after a batch is the same for all who have applied it. */
  #checkTurns({ head, graph }: City): void {
    // Whoever has halted hears nothing of its ledger.
    if (head === undefined) return;
    const { height, digest } = head;
    const turns = Array.from({ length: 16 }, (_, i) => leaderIn(graph, graph.floor + 1 + i));
    const said = turns.join(' ');
    const before = this.#turns.get(hex(digest)) ?? said;
    if (before !== said) this.broken ??= `two schedules after batch ${height}`;
    this.#turns.set(hex(digest), before);
  }

  #checkTime({ height, round, at }: CityHead): void {
    const honest = (this.#options.clocks ?? []).filter(({ lies }) => !lies);
    if (honest.length === 0) return;
    const stamp = stampOf(at);
    const latestMs = WALL + this.now + Math.max(...honest.map(({ offMs }) => offMs));
    if (stamp.wallMs > latestMs) this.broken ??= `batch ${height} is later than all honest clocks`;
    const earliest = this.#earliest.get(round - 1);
    if (earliest !== undefined && compareStamps(stamp, earliest) < 0)
      this.broken ??= `batch ${height} is before what honest delegates stamped in round ${round - 1}`;
  }

  #ask(copy: Copy, id: string, to: Address, message: Spoken, withinMs: number): void {
    if (message.kind === 'ledger.chain')
      this.#askLedger(copy, id, to, message as AskChain, withinMs);
    else this.#askCity(copy, id, to, message, withinMs);
  }

  /** An answer that does not come is a silence. */
  #askCity(copy: Copy, id: string, to: Address, message: Spoken, withinMs: number): void {
    const number = this.#order++;
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
    this.sent.set(message.kind, (this.sent.get(message.kind) ?? 0) + 1);
    for (const other of this.copies) {
      if (other.node !== nodeOf(to)) continue;
      this.#carry(copy, other, message, () => {
        const from = address(copy.node, 'city');
        this.#tell(other, message as machine.CityHears, from, { asker: from, number });
      });
    }
  }

  #askLedger(
    copy: Copy,
    id: string,
    to: Address,
    { from, count }: AskChain,
    withinMs: number,
  ): void {
    const others = this.copies.filter(
      (other) =>
        other.node === nodeOf(to) && other.city !== undefined && !this.weather.cut(copy, other),
    );
    const isLost = others.length === 0 || this.below(1_000) < this.weather.lossPermille;
    if (isLost)
      return this.#inLife(copy, withinMs, () =>
        this.#tell(copy, { kind: 'unanswered', id, why: 'deadline' }),
      );
    const { chain } = others[this.below(others.length)]!.disk;
    const batches = chain.slice(from - 1, from - 1 + count);
    const message = Chained.of({ height: chain.length, batches });
    return this.#inLife(copy, 2 * this.weather.delayMsMax, () =>
      this.#tell(copy, { kind: 'answered', id, message }),
    );
  }
}

const wordOf = (message: Spoken): Word => {
  const said = message as machine.CityHears;
  if (said.kind !== 'dag.vertex') return 'nudge';
  return isLaden(said.vertex) ? 'turn' : 'vertex';
};

const precedes = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

const signed = (key: Uint8Array, bytes: Uint8Array): Uint8Array => {
  const half = hash(SIGNED, concat(key, bytes));
  return concat(half, half);
};

const orderedIn = ({ chain }: Disk): ReadonlySet<string> =>
  new Set(chain.flatMap(({ batch }) => batch.entries.map(({ cert }) => hex(cert))));
