/**
 * What a read costs: a city in this process, with real signatures, stores and disks. The CPU of the whole process, threads,
 * holders and client included, less what the city costs in the same time without reads, for one read; and what was done
 * for it, counted. Reads are of many transactions in turn, so that nothing is remembered that a reader would not find.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { threadCpuUsage } from 'node:process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { sign, verifyingKeyOf } from '#algorithms/signature.ts';
import type { Policy } from '#config/policy.ts';
import { DEFAULTS } from '#config/policy/read.ts';
import { hex, same } from '#lib/bytes.ts';
import { compose, composeEntropy } from '#protocols/compose.ts';
import { readSignJob, readVerifyJob } from '#protocols/receiving.messages.ts';
import { nodeAddress } from '#protocols/subjects.ts';
import { txIdOf, type Tx } from '#protocols/transaction.ts';
import { offerBackends } from '#runtime/backends.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { Town } from '../pipeline/town.ts';
import { floorOf } from './floor.ts';

const LIGHTS = 50;
const KEPT = 12;
const LIST_MS = 180_000;
const PLACED_MS = 5_000;
/** Four delegates let one reader ask for 256 each at once, and for 64 each second. */
const LOT = 240;
const REST_MS = 1_000;
/** Until what is done for each is compiled: with so many fewer the compiler is a quarter of what is measured. */
const WARM_LOTS = 10;
const COSTED = 720;
const AT_ONCE = 8;
const LIFE_MS = 180 * 86_400_000;

/** Audits are the most of what a city does by itself, and would come and go within what is measured. */
const UNAUDITED: Policy = {
  ...DEFAULTS,
  features: DEFAULTS.features.filter(({ name }) => name !== 'audits_enabled'),
};

export interface Cost {
  readonly us: number;
  /** Of that, what the loop spent: everything but jobs and disks. */
  readonly loopUs: number;
  readonly floorUs: number;
  /** For one read. */
  readonly inputs: number;
  readonly frames: number;
  readonly rows: number;
  readonly pieces: number;
  readonly verified: number;
  readonly jobs: number;
}

let seq = 0;

function composed({ genesis, sender }: Town, bytes: number): Tx {
  const { suite, seed } = sender.sealing;
  const readers = [{ suite, key: sealingKeyOf(suite, seed) }];
  const wallMs = Date.now();
  const made = compose({
    network: genesis.network,
    draft: {
      receiver: undefined,
      from: genesis.place,
      to: genesis.place,
      seq: ++seq,
      createdAt: stampBytes({ wallMs, count: 0 }),
      expiresAt: wallMs + LIFE_MS,
      completes: 'on-commit',
      op: new Uint8Array(0),
      objects: [],
    },
    text: new Uint8Array(bytes).fill(seq),
    readers,
    signing: sender.signing,
    entropy: systemEntropy().bytes(composeEntropy(readers)),
  });
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

/** Until the list has everybody, transactions are refused for want of holders. */
async function kept(town: Town, bytes: number): Promise<readonly Tx[]> {
  const all: Tx[] = [];
  for (const until = Date.now() + LIST_MS; all.length < KEPT;) {
    const tx = composed(town, bytes);
    const told = await town.send(tx, hex(txIdOf(tx.cover.header)));
    if (told.what === 'progress' && told.word.state === 'COMMITTED') all.push(tx);
    else await pause(300);
    if (Date.now() > until) throw new Error('the city does not come up');
  }
  return all;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** As a reader's device does, once: what is signed may be asked for by the same node again. */
function question({ genesis, sender }: Town, { cover }: Tx) {
  const request = {
    version: 1,
    txId: txIdOf(cover.header),
    place: genesis.place,
    node: nodeAddress(genesis.place, 'app'),
    at: stampBytes({ wallMs: Date.now(), count: 0 }),
    reader: undefined,
  };
  const signature = sign(readSignJob(genesis.network, request, sender.signing));
  const { suite, seed } = sender.signing;
  const key = { suite, key: verifyingKeyOf(suite, seed) };
  return { number: 0, request, key, signature, withinMs: 60_000, brought: undefined };
}

type Asked = readonly [Tx, ReturnType<typeof question>];

export class Reader {
  readonly #town: Town;
  readonly #asked: readonly Asked[];
  #number = 0;

  constructor(town: Town, kept: readonly Tx[]) {
    this.#town = town;
    this.#asked = kept.map((tx) => [tx, question(town, tx)]);
  }

  async many(count: number): Promise<void> {
    let left = count;
    const one = async (): Promise<void> => {
      while (left-- > 0) await this.#one();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }

  async #one(): Promise<void> {
    const number = ++this.#number;
    const [tx, asked] = this.#asked[number % this.#asked.length]!;
    const word = await this.#town.read({ ...asked, number });
    if (word.kind !== 'receive.given' || !same(word.body, tx.body))
      throw new Error(`a read came to ${word.kind}`);
  }
}

interface Spent {
  readonly allUs: number;
  readonly loopUs: number;
  readonly tookMs: number;
}

async function spentIn(work: () => Promise<void>): Promise<Spent> {
  const [all, loop, startedAt] = [process.cpuUsage(), threadCpuUsage(), Date.now()];
  await work();
  const [of, by] = [process.cpuUsage(all), threadCpuUsage(loop)];
  const tookMs = Date.now() - startedAt;
  return { allUs: of.user + of.system, loopUs: by.user + by.system, tookMs };
}

const less = (a: number, b: number, count: number): number => Math.max(0, a - b) / count;

/** For one read, without what the city does in that time anyway. */
async function measured(town: Town, reader: Reader): Promise<Omit<Cost, 'floorUs'>> {
  for (let lot = 0; lot < WARM_LOTS; lot++) {
    await reader.many(LOT);
    await pause(REST_MS);
  }
  const spent = await spentIn(() => reader.many(COSTED));
  const idle = await spentIn(() => pause(spent.tookMs));
  const counting = await countedIn(town, () => reader.many(LOT));
  const quiet = await countedIn(town, () => pause(counting.tookMs));
  const counted = (what: keyof typeof counting): number => less(counting[what], quiet[what], LOT);
  return {
    us: less(spent.allUs, idle.allUs, COSTED),
    loopUs: less(spent.loopUs, idle.loopUs, COSTED),
    inputs: counted('inputs'),
    frames: counted('frames'),
    rows: counted('rows'),
    pieces: counted('pieces'),
    verified: counted('verified'),
    jobs: counted('jobs'),
  };
}

async function countedIn(town: Town, work: () => Promise<void>) {
  const { counts, pool } = town;
  counts.taken();
  town.said();
  pool.done();
  pool.taken();
  const startedAt = Date.now();
  await work();
  const jobs = [...pool.taken().values()].reduce((sum, tally) => sum + tally.jobs, 0);
  const { verify: verified } = pool.done();
  const { frames, reads: rows } = town.said();
  const { inputs: of, pieces } = counts.taken();
  const inputs = [...of.values()].reduce((sum, count) => sum + count, 0);
  return { inputs, frames, rows, pieces, verified, jobs, tookMs: Date.now() - startedAt };
}

/** A city that keeps some transactions of so many bytes, and who reads them. */
export async function reading<T>(
  bytes: number,
  work: (town: Town, reader: Reader, kept: readonly Tx[]) => Promise<T>,
): Promise<T> {
  await offerBackends(process.env['CITY_CHAIN_BACKENDS']);
  const folder = mkdtempSync(join(tmpdir(), 'city-chain-receive-'));
  const town = await Town.open({ folder, lights: LIGHTS, processes: 4, policy: UNAUDITED });
  try {
    const all = await kept(town, bytes);
    await pause(PLACED_MS);
    return await work(town, new Reader(town, all), all);
  } finally {
    await town.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** CPU microseconds of a read of so many bytes of text, beyond what the city costs without. */
export const costOf = (bytes: number): Promise<Cost> =>
  reading(bytes, async (town, reader, [tx]) => {
    const cost = await measured(town, reader);
    const signed = readVerifyJob(town.genesis.network, question(town, tx!));
    return { ...cost, floorUs: floorOf(tx!.body.length, signed) };
  });
