/**
 * How long does a reader wait, and what does a read cost?
 *
 * Latency: a calm city of 60 nodes in virtual time, 25 ms between any two of them, of 16 KB transactions, measured at R1
 * of a delegate: from when it takes the question to when it gives the ciphertext. For each read other holders are dead
 * (silent, while everybody believes that they are there) and others lie, so that nothing can be learned of whom to ask.
 *
 * Cost: of all of a city, beside what no read can avoid: the bare cryptography and coding (receive/floor.ts), and that with the
 * messages, files, rows and threads by which pieces are had, each at its own price in this run (receive/means.ts). How often
 * each was done is counted, and is the same on every machine.
 *
 * Verified: every read was given what was sent.
 */
import { same } from '#lib/bytes.ts';
import { measured } from '#simulations/measured.ts';
import type { Bench, Row } from './bench.ts';
import { CalmTown, ONE_WAY_MS } from '#simulations/calm/town.ts';
import { costOf } from './receive/cost.ts';
import { meansOf } from './receive/means.ts';
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
/** Whoever holds k + 4 rows, of whom anchors hold two, and the delegate that is asked by the reader. */
const ASKED = 13;

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

const count = (name: string, value: number): Row => ({ name, value, unit: 'a read' });
const price = (name: string, value: number): Row => ({ name, value, unit: 'us CPU' });

async function costs(): Promise<Row[]> {
  const { us, loopUs, floorUs, inputs, frames, rows, pieces, verified, jobs } =
    await costOf(TEXT_BYTES);
  const means = await meansOf();
  const meansUs =
    ASKED * means.asked + pieces * means.piece + rows * means.row + jobs * means.job + floorUs;
  return [
    price('floor of a read: signature, hashes, coding', floorUs),
    {
      name: 'a read, all of the city',
      value: us,
      unit: 'us CPU',
      against: 'its floor',
      ratio: us / floorUs,
      goal: '<= 2x',
    },
    {
      name: 'the same',
      value: us,
      unit: 'us CPU',
      against: 'its floor with its means',
      ratio: us / meansUs,
    },
    price('of that, the loop', loopUs),
    price('floor with its means: what is asked, read and handed to threads', meansUs),
    price('a question to another process, and an answer with a piece', means.asked),
    price('a piece from a file', means.piece),
    price('a row from a data base', means.row),
    price('a job that does nothing', means.job),
    count('messages and signals handled', inputs),
    count('frames between processes', frames),
    count('pieces from files', pieces),
    count('rows from data bases', rows),
    count('jobs', jobs),
    count('signatures verified', verified),
  ];
}

export const bench: Bench = {
  name: 'receive',
  question: 'how long does a reader wait with 25 ms between nodes, and what does a read cost?',
  run: async () => [...latency(), ...(await costs())],
};
