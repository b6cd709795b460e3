/**
 * One scenario on a running city: load, damage, healing, judgement.
 *
 *   old transactions | load ............................................ | all that is kept, read once
 *                    | before |  strokes, by plan  | healing, a while      | the judge, from the disks
 *
 * The eye looks all the time. Each stroke waits a moment for a send to be in flight, so that it hits work.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CityClient } from '#dapp/client.ts';
import type { Progress } from '#dapp/submission.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { txIdOf, type Tx } from '#protocols/transaction.ts';
import type { Record, Shown } from '#simulations/chaos/record.ts';
import { cutOffIn, reckon } from '#simulations/chaos/reckon.ts';
import type { Told } from '#simulations/chaos/report.ts';
import type { Housed, Planned, Scenario } from '#simulations/chaos/scenarios.ts';
import { readCities } from '#simulations/judge/disks.ts';
import { judge, type Found, type Report as Judged } from '#simulations/judge/judge.ts';
import { judgeTransfers } from '#simulations/judge/transfers.ts';
import type { Random } from '#simulations/random.ts';
import type { Drilling } from '../drill/socket.ts';
import { Eye } from './eye.ts';
import { Load, type Transfers } from './load.ts';
import { Strikes } from './strikes.ts';
import { Ups } from './ups.ts';

export interface Coursing {
  readonly data: string;
  /** Of the city and, where it is paid into another one, of that one: in the data folder. */
  readonly folders: readonly [own: string, other?: string];
  readonly transfers?: Transfers | undefined;
  /** Where other cities are damaged at the same time, all begin and end together. */
  readonly meet: () => Promise<void>;
  readonly city: CityClient;
  readonly keys: NodeSecrets;
  readonly drilling: Drilling;
  readonly housed: readonly Housed[];
  /** Of the policy: with so many rows or fewer a repair is due. */
  readonly startAt: number;
  /** Of what is done, and where several cities are damaged, to which of them. */
  readonly name: string;
  readonly seed: number;
  readonly random: Random;
  /** How long the damage lasts, and how long it may take to heal. */
  readonly seconds: number;
  readonly settleSeconds: number;
  /** Transactions that are there before anything is damaged. */
  readonly old: number;
  readonly said: (phase: string, share: number) => void;
}

type Before = Pick<Record, 'renewedBefore' | 'damagedBefore' | 'cutOff'>;

const SENDERS = 3;
const READERS = 2;
const LOOK_MS = 300;
const EYE_MS_MIN = 1_000;
/** Of the time that passes at most so much is spent on looking. */
const EYE_SHARE = 0.25;
/** Of the time that continents are parted: then it is looked what was not rooted. */
const CUT_OFF_SHARE = 0.6;
const IN_FLIGHT_MS_MAX = 3_000;
const HEARD_MS = 5;
/** Old transactions whose holders are asked while clocks are off. */
const ASKED_MAX = 8;
const POINT_MS_MAX = 15_000;
/** A delegate that was killed may be behind for a moment: a fault is one that stays. */
const JUDGED_TIMES = 6;
const JUDGED_MS = 2_000;

export async function runScenario(scenario: Scenario, on: Coursing): Promise<Told> {
  const course = new Course(scenario, on);
  try {
    return await course.run();
  } finally {
    course.close();
  }
}

class Course {
  readonly #scenario: Scenario;
  readonly #on: Coursing;
  readonly #since = performance.now();
  readonly #ups: Ups;
  readonly #eye: Eye;
  readonly #load: Load;
  readonly #strikes: Strikes;
  readonly #over = new AbortController();
  readonly #stopLoad = new AbortController();
  readonly #shown: Shown[] = [];
  readonly #points = new Map<string, (txId: Uint8Array) => void>();

  constructor(scenario: Scenario, on: Coursing) {
    this.#scenario = scenario;
    this.#on = on;
    const { city, keys, transfers, random, housed, data, drilling } = on;
    const now = (): number => Math.round(performance.now() - this.#since);
    const hosts = new Map(housed.flatMap(({ id, nodes }) => nodes.map((node) => [node, id])));
    this.#ups = new Ups((node) => hosts.get(node) ?? '');
    this.#eye = new Eye(data, this.#ups, (txId) => city.find(txId), now);
    this.#load = new Load({
      city,
      keys,
      transfers,
      random: random.fork('load'),
      now,
      stepped: (tx, step) => this.#stepped(tx, step),
      committed: (txId) => void this.#eye.track(txId),
    });
    this.#strikes = new Strikes({
      data,
      drilling,
      ups: this.#ups,
      housed,
      genesis: city.genesis,
      random: random.fork('strikes'),
      now,
      isOld: (txId) => this.#eye.isTracked(txId),
      next: (point) => this.#next(point),
    });
  }

  close(): void {
    this.#over.abort();
    this.#stopLoad.abort();
    this.#strikes.close();
  }

  async run(): Promise<Told> {
    const { said, old } = this.#on;
    const looking = [this.#watchProcesses(), this.#look(), this.#load.subscribe(this.#over.signal)];
    // What looks on is heard of at the end; a fault of it ends the run there.
    for (const each of looking) each.catch(() => this.#stopLoad.abort());
    if (this.#scenario.wantsCopies === true) this.#strikes.copyDisks();
    await this.#load.preload(old, (share) => said('sending what will be old', share));
    const before = await this.#before();
    const loading = this.#load.run(SENDERS, READERS, this.#stopLoad.signal);
    const { faultAt, faultEnd, cutOff } = await this.#damage();
    await this.#heal();
    this.#stopLoad.abort();
    await loading;
    await this.#load.readAll((share) => said('reading everything', share));
    this.#eye.look();
    this.#over.abort();
    await Promise.all(looking);
    await this.#on.meet();
    const judged = await this.#judge();
    const record = { ...this.#record(faultAt, faultEnd), ...before, cutOff };
    return { outcome: reckon(record, judged, this.#scenario), record, line: this.#scenario.line };
  }

  #record(faultAt: number, faultEnd: number): Omit<Record, keyof Before> {
    const { calls, heard, notedCommits, missedNotes } = this.#load;
    return {
      name: this.#on.name,
      seed: this.#on.seed,
      k: this.#eye.k,
      startAt: this.#on.startAt,
      faultAt,
      faultEnd,
      endMs: Math.round(performance.now() - this.#since),
      calls,
      samples: this.#eye.samples,
      strokes: this.#strikes.strokes,
      heard,
      shown: this.#shown,
      notedCommits,
      missedNotes,
      flipped: this.#strikes.flipped,
    };
  }

  async #damage(): Promise<Pick<Record, 'faultAt' | 'faultEnd' | 'cutOff'>> {
    const { seconds, housed, random, said } = this.#on;
    const lengthMs = seconds * 1_000;
    await this.#wait('load', (seconds / 2) * 1_000);
    await this.#on.meet();
    const hosts = new Map(housed.flatMap(({ id, nodes }) => nodes.map((node) => [node, id])));
    const spreads = this.#eye.spreads((node) => hosts.get(node) ?? '');
    const stage = { processes: housed, spreads, k: this.#eye.k, lengthMs };
    const planned = this.#scenario.plan(stage, random.fork('plan'));
    const faultAt = this.#now();
    const striking = this.#carryOut(planned, faultAt);
    let cutOff: readonly string[] | undefined;
    for (let passed = 0; passed < lengthMs; passed = this.#now() - faultAt) {
      said('damage', passed / lengthMs);
      const isTime = this.#scenario.isParted === true && passed > CUT_OFF_SHARE * lengthMs;
      if (isTime) cutOff ??= await this.#cutOff(faultAt);
      await sleep(LOOK_MS);
    }
    await striking;
    if (this.#scenario.isUntimely === true) await this.#askHolders();
    await this.#on.meet();
    await this.#strikes.release();
    return { faultAt, faultEnd: this.#now(), cutOff: cutOff ?? [] };
  }

  async #cutOff(since: number): Promise<string[]> {
    const now = this.#now();
    const { unrooted } = await this.#judged();
    return cutOffIn(this.#load.calls, unrooted, { since, now });
  }

  async #carryOut(planned: readonly Planned[], faultAt: number): Promise<void> {
    const all = planned.toSorted((a, b) => a.atMs - b.atMs);
    const under: Promise<void>[] = [];
    for (const { atMs, blow, isAlone = false } of all) {
      await sleep(Math.max(0, atMs - (this.#now() - faultAt)));
      if (isAlone) await this.#everybody();
      await this.#sendInFlight();
      const struck = this.#strikes.strike(blow);
      under.push(struck);
      if (isAlone) await struck;
    }
    await Promise.all(under);
  }

  /** Until everybody is up and all rows are where they were, or as long as it may take. */
  async #heal(): Promise<void> {
    const { settleSeconds, seconds, said } = this.#on;
    const from = this.#now();
    const [least, most] = [Math.min(seconds / 2, settleSeconds) * 1_000, settleSeconds * 1_000];
    const before = this.#eye.samples.findLast(({ atMs }) => atMs < from - seconds * 1_000);
    for (let waited = 0; waited < most; waited = this.#now() - from) {
      const now = this.#eye.samples.at(-1);
      const isWhole = [...(before?.held ?? [])].every(
        ([txId, { online }]) => (now?.held.get(txId)?.online ?? 0) >= online,
      );
      if (waited >= least && isWhole && this.#ups.areAllUp && this.#ups.isBusUp) return;
      said('healing', waited / most);
      await sleep(LOOK_MS);
    }
  }

  async #judge(): Promise<Judged> {
    const { said, transfers, settleSeconds } = this.#on;
    const settleTimes = transfers === undefined ? 0 : (settleSeconds * 1_000) / JUDGED_MS;
    const times = Math.max(JUDGED_TIMES, Math.ceil(settleTimes));
    for (let i = 1; ; i++) {
      said('judging', i / times);
      const judged = await this.#judged();
      const { locked = [], faults = [] } = judged.transfers ?? {};
      const isOpen = judged.unrooted.length + locked.length + faults.length > 0;
      if ((judged.isKept && !isOpen) || i === times) return judged;
      await sleep(JUDGED_MS);
    }
  }

  /** By the disks as they are now. */
  async #judged(): Promise<Judged> {
    const { data, folders, transfers } = this.#on;
    const [own, other] = await steady(data, folders);
    const judged = judge(own!, this.#load.sent, this.#strikes.spoiled);
    if (transfers === undefined || other === undefined) return judged;
    const moving = { txIds: this.#load.transferred, receiver: transfers.receiver };
    return { ...judged, transfers: judgeTransfers(own!, other, moving) };
  }

  async #before(): Promise<Omit<Before, 'cutOff'>> {
    const { renewedRows, damagedPieces } = await this.#judged();
    return { renewedBefore: renewedRows, damagedBefore: damagedPieces };
  }

  /** Of some old transactions, every holder is asked for its row. */
  async #askHolders(): Promise<void> {
    const { city, said } = this.#on;
    const before = this.#eye.samples.find(({ held }) => held.size > 0)?.held.keys() ?? [];
    const asked = [...before].slice(0, ASKED_MAX);
    for (const [i, txId] of asked.entries()) {
      said('asking holders', i / asked.length);
      const { rows } = await city.pieces(txId);
      for (const { row, holder, is } of rows) this.#shown.push({ txId, row, holder, is });
    }
  }

  #now(): number {
    return Math.round(performance.now() - this.#since);
  }

  async #wait(phase: string, ms: number): Promise<void> {
    const from = this.#now();
    while (this.#now() - from < ms) {
      this.#on.said(phase, (this.#now() - from) / ms);
      await sleep(LOOK_MS);
    }
  }

  async #sendInFlight(): Promise<void> {
    const isOne = (): boolean =>
      this.#load.calls.some(({ kind, endMs }) => kind === 'send' && endMs === undefined);
    // What came in while disks were read is heard first: those calls are over.
    await sleep(HEARD_MS);
    for (const from = this.#now(); !isOne() && this.#now() - from < IN_FLIGHT_MS_MAX;)
      await sleep(1);
  }

  async #everybody(): Promise<void> {
    for (const from = this.#now(); !this.#ups.areAllUp;) {
      if (this.#now() - from > this.#on.settleSeconds * 1_000) return;
      await sleep(LOOK_MS);
    }
  }

  #next(point: string): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(undefined), POINT_MS_MAX);
      this.#points.set(point, (txId) => {
        clearTimeout(late);
        resolve(txId);
      });
    });
  }

  #stepped(tx: Tx, { state, acks }: Progress): void {
    for (const point of state === 'FRESH' && acks > 0 ? [state, 'acks'] : [state]) {
      const waits = this.#points.get(point);
      this.#points.delete(point);
      waits?.(txIdOf(tx.cover.header));
    }
  }

  async #watchProcesses(): Promise<void> {
    while (!this.#over.signal.aborted) {
      const answer = await this.#on.drilling.ask({ did: 'look' });
      if ('seen' in answer) this.#ups.saw(answer.seen);
      await sleep(LOOK_MS);
    }
  }

  async #look(): Promise<void> {
    while (!this.#over.signal.aborted) {
      const from = this.#now();
      this.#eye.look();
      await sleep(Math.max(EYE_MS_MIN, (this.#now() - from) / EYE_SHARE));
    }
  }
}

/** What is being written while it is copied cannot always be read: then once more. */
async function steady(data: string, folders: Coursing['folders']): Promise<readonly Found[]> {
  for (let i = 1; ; i++) {
    try {
      return readCities(data, folders as readonly string[]);
    } catch (error) {
      if (i === JUDGED_TIMES) throw error;
      await sleep(JUDGED_MS / 4);
    }
  }
}
