/**
 * How long does a reader wait, and what does a read cost?
 *
 * Latency: a calm city of 60 nodes in virtual time, 25 ms between any two of them, of 16 KB transactions, measured at R1
 * of a delegate: from when it takes the question to when it gives the ciphertext. For each read other holders are dead
 * (silent, while everybody believes that they are there) and others lie, so that nothing can be learned of whom to ask.
 *
 * Cost: a city in this process, with real signatures, stores and disks; the CPU of the whole process, threads,
 * holders and client included, less what the city costs in the same time without reads, for one read; beside it what no
 * read can avoid (receive/floor.ts).
 *
 * Verified: every read was given what was sent.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { sign, verifyingKeyOf, type VerifyJob } from '#algorithms/signature.ts';
import { hex, same } from '#lib/bytes.ts';
import { compose, composeEntropy } from '#protocols/compose.ts';
import { readSignJob, readVerifyJob } from '#protocols/receiving.messages.ts';
import { nodeAddress } from '#protocols/subjects.ts';
import { txIdOf, type Tx } from '#protocols/transaction.ts';
import { offerBackends } from '#runtime/backends.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { measured } from '#simulations/measured.ts';
import type { Bench, Row } from './bench.ts';
import { CalmTown, ONE_WAY_MS } from '#simulations/calm/town.ts';
import { Town } from './pipeline/town.ts';
import { floorOf } from './receive/floor.ts';
import { MoodSwings } from './receive/moods.ts';

const SEED = 11;
const NODES = 60;
/** With what sealing adds the largest there is. */
const TEXT_BYTES = 16_384;
const KEPT = 6;
const WARM = 10;
const READS = 200;
const PLACED_MS = 5_000;
const ROUND_TRIP_MS = 2 * ONE_WAY_MS;

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1]!;
}

/** Milliseconds at R1 of each of so many reads, one after another. */
function tookAtR1(deadPermille: number, lyingPermille: number): number[] {
  return measured(SEED, (world) => {
    const moods = new MoodSwings();
    const calm = new CalmTown(world, { nodes: NODES, bytes: TEXT_BYTES, moods: moods.of });
    calm.sendOver(KEPT, 1_000);
    world.pass(PLACED_MS);
    const { town, applications } = calm;
    const took: number[] = [];
    let begunAt = 0;
    world.checkers.push({
      handled: (who, kind) => {
        if (who.endsWith('.receive') && kind === 'receive.read') begunAt = world.nowMs;
      },
      sent: (envelope) => {
        if ('kind' in envelope && envelope.kind === 'receive.given')
          took.push(world.nowMs - begunAt);
      },
    });
    const sent = [...applications.sent.values()];
    const random = world.random.fork('moods');
    const holders = [...town.lights, ...town.anchors];
    let given = 0;
    applications.onRead = (_, word) => {
      if (word.kind === 'receive.progress') return;
      const body = sent[word.number % sent.length]!.tx.body;
      if (word.kind === 'receive.given' && same(word.body, body)) given++;
    };
    for (let i = 0; i < WARM + READS; i++) {
      moods.draw(random, holders, deadPermille, lyingPermille);
      const before = given;
      applications.askFor(sent[i % sent.length]!, town.clients[0]!, i, 10_000);
      world.passUntil(() => given > before, 10_000, 1);
      if (given === before) throw new Error('a read did not come back');
      world.pass(100 + random.below(200));
    }
    return took.slice(WARM);
  });
}

const LIGHTS = 50;
const LIST_MS = 60_000;
const COSTED = 200;
const AT_ONCE = 8;
const LIFE_MS = 180 * 86_400_000;

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
async function kept(town: Town): Promise<Tx> {
  for (const until = Date.now() + LIST_MS; ;) {
    const tx = composed(town, TEXT_BYTES);
    const told = await town.send(tx, hex(txIdOf(tx.cover.header)));
    if (told.what === 'progress' && told.word.state === 'COMMITTED') return tx;
    if (Date.now() > until) throw new Error('the city does not come up');
    await pause(300);
  }
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
  return { number: 0, request, key, signature, withinMs: 20_000, brought: undefined };
}

const ownCpu = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

interface Cost {
  readonly us: number;
  readonly floorUs: number;
}

/** CPU microseconds of a read, beyond what the city costs without. */
async function cost(): Promise<Cost> {
  await offerBackends(process.env['CITY_CHAIN_BACKENDS']);
  const folder = mkdtempSync(join(tmpdir(), 'city-chain-receive-'));
  const town = await Town.open({ folder, lights: LIGHTS, processes: 4 });
  try {
    const tx = await kept(town);
    await pause(PLACED_MS);
    const asked = question(town, tx);
    const signed: VerifyJob = readVerifyJob(town.genesis.network, asked);
    let number = 0;
    const readMany = async (count: number): Promise<void> => {
      let left = count;
      const one = async (): Promise<void> => {
        while (left-- > 0) {
          const word = await town.read({ ...asked, number: ++number });
          if (word.kind !== 'receive.given' || !same(word.body, tx.body))
            throw new Error(`a read came to ${word.kind}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, one));
    };
    await readMany(COSTED);
    const [before, startedAt] = [ownCpu(), Date.now()];
    await readMany(COSTED);
    const [spent, tookMs] = [ownCpu() - before, Date.now() - startedAt];
    const idle = ownCpu();
    await pause(tookMs);
    const us = (spent - (ownCpu() - idle)) / COSTED;
    return { us, floorUs: floorOf(tx.body.length, signed) };
  } finally {
    await town.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function latency(): Row[] {
  const calm = tookAtR1(0, 0);
  const faulty = tookAtR1(200, 100);
  const against = `a round trip of ${ROUND_TRIP_MS} ms`;
  return [
    {
      name: 'read of 16 KB at R1, no faults, p50',
      value: quantile(calm, 0.5),
      unit: 'ms',
      against,
      ratio: quantile(calm, 0.5) / ROUND_TRIP_MS,
      goal: '<= 1.3x',
    },
    { name: 'read of 16 KB at R1, no faults, p99', value: quantile(calm, 0.99), unit: 'ms' },
    {
      name: 'read of 16 KB at R1, 20 % dead and 10 % lying, p50',
      value: quantile(faulty, 0.5),
      unit: 'ms',
    },
    {
      name: 'read of 16 KB at R1, 20 % dead and 10 % lying, p99',
      value: quantile(faulty, 0.99),
      unit: 'ms',
      goal: '<= 150 ms',
    },
  ];
}

async function costs(): Promise<Row[]> {
  const { us, floorUs } = await cost();
  return [
    { name: 'floor of a read: signature, hashes, coding', value: floorUs, unit: 'us CPU' },
    {
      name: 'a read, all of the city',
      value: us,
      unit: 'us CPU',
      against: 'its floor',
      ratio: us / floorUs,
      goal: '<= 2x',
    },
  ];
}

export const bench: Bench = {
  name: 'receive',
  question: 'how long does a reader wait with 25 ms between nodes, and what does a read cost?',
  run: async () => [...latency(), ...(await costs())],
};
