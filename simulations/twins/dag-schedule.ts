/**
 * One schedule of a group that orders (dag-group.ts): weather that is drawn anew every so often, deaths, certificates for
 * some; then calm.
 *
 *   partitions   up to three parts, of copies: each twin is in a part of its own; one that is alone; one that nobody hears
 *   deafness     some hear no turns, or no other vertices, or no words about who waits for what
 *   starving     what one author says arrives when its round is over
 *
 * In calm everything that an honest ledger holds has its place on all honest disks within `CALM_MS_MAX`. Where more than a third are
 * twins there may be two chains: then all who are honest halt within as long, with evidence that anybody verifies.
 */
import { hex } from '#lib/bytes.ts';
import { headDigest } from '#protocols/city-batch.ts';
import { genesisCommittee } from '#protocols/committee.ts';
import { doubleVoteJobs, votersOfBoth, type CityFork } from '#protocols/double-vote.ts';
import { isQuorum, stakeOf } from '#protocols/genesis.ts';
import type { DagPlant, EpochPlant } from '#protocols/dag/plants.ts';
import { Sealings } from '../dag/sealings.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';
import type { Copy } from './dag-copy.ts';
import { CALM, DagGroup, isSigned, type Weather, type Word } from './dag-group.ts';

export interface DagDrawing {
  readonly stakes: readonly number[];
  /** So many of the first ones. */
  readonly twins: number;
  /** They are more than a third. */
  readonly mayFork: boolean;
  readonly epochBatches: number;
  readonly delayMsMax: number;
  readonly syncMsMax: number;
  readonly lossPermille: number;
  readonly doubledPermille: number;
  /** Every so often it is drawn anew who is cut off, late, or deaf to what. */
  readonly weatherMs: number;
  /** How far the clock of each delegate is off; those of twins lie. Nothing where all are right. */
  readonly clocksMs: readonly number[];
  readonly deaths: number;
  readonly faultsMs: number;
}

/** After healing: within this everything has its place, or a fork has halted everybody. */
export const CALM_MS_MAX = 20_000;
const LOOK_MS = 100;
const AWAKE_MS = 80;
const DOWN_MS_MAX = 400;
const LAG_MS = [40, 100, 250] as const;
const CALM_SYNC_MS_MAX = 5;
const WORDS: readonly Word[] = ['turn', 'vertex', 'nudge'];

export class Schedule {
  readonly group: DagGroup;
  readonly #world: World;
  readonly #drawing: DagDrawing;
  readonly #random: Random;
  readonly #sealings: Sealings;
  readonly #accused = new Set<string>();
  #certs = 0;
  #isCalm = false;

  constructor(world: World, drawing: DagDrawing) {
    this.#world = world;
    this.#drawing = drawing;
    this.#random = world.random.fork('schedule');
    const { twins, mayFork, epochBatches, clocksMs } = drawing;
    const stakes = drawing.stakes.map(BigInt);
    const plant = world.plant as DagPlant | EpochPlant | undefined;
    const clocks = clocksMs.map((offMs, i) => ({ offMs, lies: i < twins }));
    const options = { stakes, twins, mayFork, epochBatches, clocks, plant };
    this.group = new DagGroup(world, world.random.fork('group'), options);
    this.#sealings = new Sealings(this.group.genesis, this.group.reckoning);
  }

  run(): void {
    const { group } = this;
    const { faultsMs, weatherMs, deaths } = this.#drawing;
    for (const copy of group.copies) group.boot(copy);
    // Nobody speaks in its life before it has heard of the others.
    this.#pass(AWAKE_MS);
    this.#begin();
    for (let died = 0; died < deaths; died++) {
      const atMs = this.#random.below(faultsMs);
      this.#world.later(atMs, () => this.#die(this.#random.pick(group.copies)));
    }
    for (let ms = 0; ms < faultsMs; ms += weatherMs) {
      this.#drawWeather();
      this.#offerSome();
      this.#pass(weatherMs);
    }
    this.#heal();
    if (this.#drawing.mayFork) this.#seesForks();
    else this.#comesToRest();
  }

  #begin(): void {
    const { lossPermille, doubledPermille, delayMsMax, syncMsMax } = this.#drawing;
    Object.assign(this.group.weather, { lossPermille, doubledPermille, delayMsMax });
    this.group.syncMsMax = syncMsMax;
  }

  #pass(ms: number): void {
    this.#world.pass(ms);
    if (!this.#drawing.mayFork) this.#look();
    this.#world.look();
  }

  // --- faults --------------------------------------------------------------------------------------------

  #drawWeather(): void {
    const { copies, weather } = this.group;
    weather.cut = this.#drawing.mayFork ? this.#halves() : this.#drawCut();
    const random = this.#random;
    const starved = random.pick(copies).node;
    const lagMs = random.below(2) === 0 ? 0 : random.pick(LAG_MS);
    weather.lags = (from) => (from.node === starved ? lagMs : 0);
    const words = copies.flatMap(({ node }) => WORDS.map((word) => `${word} ${node}`));
    const deaf = new Set(words.filter(() => random.below(6) === 0));
    const isHard = random.below(3) === 0;
    weather.loses = (word, _, to) => isHard && deaf.has(`${word} ${to.node}`);
  }

  #drawCut(): Weather['cut'] {
    const { copies } = this.group;
    const sides = new Map(copies.map((copy) => [copy, this.#random.below(3)]));
    const alone = this.#random.pick(copies);
    return this.#random.pick<Weather['cut']>([
      () => false,
      (from, to) => sides.get(from) !== sides.get(to),
      (from, to) => sides.get(from) !== sides.get(to),
      (from, to) => from === alone || to === alone,
      (from) => from === alone,
      (_, to) => to === alone,
    ]);
  }

  /** In each of which one copy of every twin is, and some who are honest. */
  #halves(): Weather['cut'] {
    const { honest } = this.group;
    const sideOf = (copy: Copy): number => (copy.isHonest ? honest.indexOf(copy) % 2 : copy.twin);
    return (from, to) => sideOf(from) !== sideOf(to);
  }

  #offerSome(): void {
    const { copies } = this.group;
    for (let more = this.#random.below(3); more > 0; more--) {
      const some = copies.filter(() => this.#random.below(3) > 0);
      this.group.offer(this.#certs++, some.length === 0 ? [this.#random.pick(copies)] : some);
    }
  }

  #die(copy: Copy): void {
    if (this.#isCalm || copy.city === undefined) return;
    this.group.crash(copy);
    this.#world.later(this.#random.below(DOWN_MS_MAX), () => {
      if (copy.city === undefined) this.group.boot(copy);
    });
  }

  #heal(): void {
    const { group } = this;
    this.#isCalm = true;
    Object.assign(group.weather, CALM);
    group.syncMsMax = CALM_SYNC_MS_MAX;
    for (const copy of group.copies) if (copy.city === undefined) group.boot(copy);
    this.#world.tell('world', 'heals');
  }

  // --- claims --------------------------------------------------------------------------------------------

  #comesToRest(): void {
    const { group } = this;
    group.offer(this.#certs++, group.copies);
    for (let ms = 0; ms < CALM_MS_MAX && !group.isDone; ms += LOOK_MS) this.#pass(LOOK_MS);
    const heights = group.honest.map(({ disk }) => disk.chain.length);
    this.#world.claim(group.isDone, () => `all is in one chain when healed: ${heights.join(' ')}`);
    this.#world.look();
  }

  /** What cities have against others is brought into the order; batches are sealed by those who order. */
  #look(): void {
    const { group } = this;
    for (const { disk } of group.honest) {
      for (const committed of disk.chain.slice(this.#sealings.height)) {
        const wrong = this.#sealings.next(committed);
        this.#world.claim(wrong === undefined, () => wrong!);
      }
    }
    for (const { city } of group.honest)
      for (const { delegate } of city?.accused ?? []) this.#accuse(delegate);
  }

  #accuse(delegate: string): void {
    if (this.#accused.size === this.#accused.add(delegate).size) return;
    const { genesis, copies, reckoning } = this.group;
    const who = genesis.delegates.findIndex(({ node }) => node === delegate);
    const { cert } = this.group.offer(this.#certs++, copies);
    reckoning.convicts.set(hex(cert), who);
  }

  /** Two chains are seen by all who are honest: they halt, and say who has sealed both. */
  #seesForks(): void {
    const { group } = this;
    const isSeen = (): boolean => group.honest.every(({ city }) => city?.fork !== undefined);
    for (let ms = 0; ms < CALM_MS_MAX && !isSeen(); ms += LOOK_MS) this.#pass(LOOK_MS);
    if (!isSeen()) {
      this.#world.claim(!this.#isForked, () => 'a fork halts everybody who is honest');
      return this.#world.look();
    }
    this.#world.probe.sometimes('dag: a fork has halted everybody');
    for (const { city } of group.honest) this.#convicts(city!.fork!);
    const before = this.#heights;
    group.offer(this.#certs++, group.copies);
    this.#pass(10 * LOOK_MS);
    this.#world.claim(before === this.#heights, () => 'who has halted orders nothing');
    this.#world.look();
  }

  get #heights(): string {
    return this.group.honest.map(({ disk }) => disk.chain.length).join(' ');
  }

  /** Two honest chains that are not one. */
  get #isForked(): boolean {
    const chains = this.group.honest.map(({ disk }) => disk.chain);
    const shortest = Math.min(...chains.map(({ length }) => length));
    const digests = chains.map((chain) =>
      chain.slice(0, shortest).map(({ batch }) => hex(headDigest(batch.head))),
    );
    return new Set(digests.map((each) => each.join())).size > 1;
  }

  /** To whoever has the genesis alone: more than a third of the stake, and nobody honest. */
  #convicts(fork: CityFork): void {
    const { genesis, copies } = this.group;
    const committee = genesisCommittee(genesis);
    const both = votersOfBoth(committee, fork);
    const areProved = both.every((each) =>
      doubleVoteJobs(genesis.network, committee, each)?.every(isSigned),
    );
    this.#world.claim(areProved, () => 'a fork convicts those who have sealed both');
    const honest = copies.filter(({ isHonest }) => isHonest).map(({ node }) => node);
    const framed = both.filter(({ delegate }) => honest.includes(delegate));
    this.#world.claim(framed.length === 0, () => `${framed[0]!.delegate} is honest, and convicted`);
    const others = genesis.delegates.filter(({ node }) =>
      both.every(({ delegate }) => delegate !== node),
    );
    const isThird = !isQuorum(stakeOf({ delegates: others }), stakeOf(genesis));
    this.#world.claim(isThird, () => 'a fork convicts more than a third of the stake');
  }
}
