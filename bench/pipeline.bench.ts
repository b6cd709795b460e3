/**
 * What does a transaction cost, beside what it cannot avoid? A city of 60 nodes in one process, with real
 * signatures, seals, stores and disks; a client that keeps so many transactions under way. All the CPU of the
 * process, threads included, divided by the transactions that were committed; beside it the crypto floor,
 * priced in the same run.
 *
 * Verified: each transaction was told COMMITTED.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { hex } from '#lib/bytes.ts';
import { compose, composeEntropy } from '#protocols/compose.ts';
import { txIdOf, type Tx } from '#protocols/transaction.ts';
import { offerBackends } from '#runtime/backends.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import type { Bench, Row } from './bench.ts';
import { floorOf } from './pipeline/floor.ts';
import { Town } from './pipeline/town.ts';

const LIGHTS = 50;
const TEXT_BYTES = 1_200; // 400 Japanese characters.
const WARM_UP = 10;
const MEASURED = 60;
const UNDER_WAY = 4;
const LIST_MS = 30_000;

let seq = 0;

function composed(town: Town): { readonly tx: Tx; readonly txId: string } {
  const { suite, seed } = town.sender.sealing;
  const readers = [{ suite, key: sealingKeyOf(suite, seed) }];
  const wallMs = Date.now();
  const made = compose({
    network: town.genesis.network,
    draft: {
      receiver: undefined,
      from: town.genesis.place,
      to: town.genesis.place,
      seq: ++seq,
      createdAt: stampBytes({ wallMs, count: 0 }),
      expiresAt: wallMs + 180 * 86_400_000,
      completes: 'on-commit',
      op: new Uint8Array(0),
      objects: [],
    },
    text: new Uint8Array(TEXT_BYTES).fill(seq),
    readers,
    signing: town.sender.signing,
    entropy: systemEntropy().bytes(composeEntropy(readers)),
  });
  if (!made.ok) throw new Error(made.error);
  return { tx: made.value, txId: hex(txIdOf(made.value.cover.header)) };
}

/** Milliseconds that each took, from composed to committed. */
async function sendMany(town: Town, count: number): Promise<number[]> {
  const took: number[] = [];
  let left = count;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const { tx, txId } = composed(town);
      const startedAt = performance.now();
      const told = await town.send(tx, txId);
      const isCommitted = told.what === 'progress' && told.word.state === 'COMMITTED';
      if (!isCommitted)
        throw new Error(
          `a transaction was not committed: ${told.what === 'progress' ? `${told.word.state} ${told.word.reason ?? ''}` : told.what}`,
        );
      took.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: Math.min(UNDER_WAY, count) }, one));
  return took;
}

/** Until the list has everybody, transactions are refused for want of holders. */
async function awake(town: Town): Promise<void> {
  for (const until = Date.now() + LIST_MS; ;) {
    const { tx, txId } = composed(town);
    const told = await town.send(tx, txId);
    if (told.what === 'progress' && told.word.state === 'COMMITTED') return;
    if (Date.now() > until) throw new Error('the city does not come up');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function run(): Promise<readonly Row[]> {
  await offerBackends(process.env['CITY_CHAIN_BACKENDS']);
  const folder = mkdtempSync(join(tmpdir(), 'city-chain-pipeline-'));
  const town = await Town.open({ folder, lights: LIGHTS, processes: 4 });
  try {
    await awake(town);
    await sendMany(town, WARM_UP);
    const before = process.cpuUsage();
    const startedAt = performance.now();
    const took = (await sendMany(town, MEASURED)).toSorted((a, b) => a - b);
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - startedAt) / 1_000;
    return rows((user + system) / MEASURED, took, MEASURED / seconds);
  } finally {
    await town.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function rows(costUs: number, took: readonly number[], perSecond: number): Row[] {
  const sizes = { textBytes: TEXT_BYTES, k: 10, rows: 42, delegates: 4, ackBatch: 16 };
  const floor = floorOf({ ...sizes, orderBatch: 16, cityBatch: 16 });
  const parts = Object.entries(floor.parts).map(([part, us]): Row => ({
    name: `floor: ${part}`,
    value: us,
    unit: 'us CPU',
  }));
  const quantile = (share: number): number => took[Math.floor((took.length - 1) * share)]!;
  return [
    {
      name: 'a committed transaction, memory wire, 60 nodes',
      value: costUs,
      unit: 'us CPU, everything',
      against: `crypto floor, ${floor.totalUs.toFixed(0)} us`,
      ratio: costUs / floor.totalUs,
      goal: '<= 2.0x',
    },
    ...parts,
    { name: `committed a second, ${UNDER_WAY} under way`, value: perSecond, unit: '1/s' },
    { name: 'from sent to COMMITTED, median', value: quantile(0.5), unit: 'ms' },
    { name: 'from sent to COMMITTED, p99', value: quantile(0.99), unit: 'ms' },
  ];
}

export const bench: Bench = {
  name: 'pipeline',
  question: 'what does a committed transaction cost, beside the cryptography that it cannot avoid?',
  run,
};
