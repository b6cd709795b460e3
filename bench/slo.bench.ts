/**
 * Are nines cheap enough to be shown before every edit of the policy, and the formula's judge fast
 * enough to be asked? The exact report of the owner's layouts, with outages, liars and durability, and
 * reads by lot over the real placement and restoring, measured beside the restoring alone: what is
 * above it is the cost of drawing.
 */
import { assert } from '#lib/assert.ts';
import { pieceBytes, shapeOf } from '#algorithms/erasure/code.ts';
import { restore, shard } from '#algorithms/erasure/shards.ts';
import { piecesOnline, readFails } from '#simulations/slo/availability.ts';
import { durability, REPAIRING, UNREPAIRED } from '#simulations/slo/durability.ts';
import { LAYOUTS, named } from '#simulations/slo/layout.ts';
import { continentCauses, readFailsUnder } from '#simulations/slo/outages.ts';
import { sampleReads, SAMPLING } from '#simulations/slo/sampled.ts';
import { CHANCES, layoutsTable, ownersTable } from '#simulations/slo/tables.ts';
import { compare, cpuMicros, median, type Bench, type Row } from './bench.ts';

const P = 0.05;
const READS = 20_000;
const ROUNDS = 7;
const MILLION = 1e6;
const US_PER_S = 1e6;
const US_PER_MS = 1e3;

export const bench: Bench = {
  name: 'slo',
  question: 'what do nines cost: exactly, and by a million reads',
  run: async () => [...exact(), ...byLot()],
};

const layout = named('split', P);

function exact(): Row[] {
  const [owners] = ownersTable();
  assert((1 - owners!.asia).toFixed(6) === '0.998340', "the owner's first figure comes out");
  const micros = compare(
    { name: 'report', run: repeated(report) },
    { name: 'one layout', run: repeated(() => readFails(layout)) },
    { name: 'three', run: repeated(threeContinents) },
  );
  const [whole, one, three] = ['report', 'one layout', 'three'].map((name) => micros.get(name)!);
  return [
    {
      name: 'exact: tables, outages, durability',
      value: whole! / US_PER_MS,
      unit: 'ms',
      goal: '<= 50 ms',
    },
    {
      name: 'exact: three continents, at three chances',
      value: three! / US_PER_MS,
      unit: 'ms',
      goal: '<= 50 ms',
    },
    {
      name: 'exact: one layout',
      value: one!,
      unit: 'us',
      against: 'the whole report',
      ratio: one! / whole!,
    },
  ];
}

const repeated =
  (work: () => unknown) =>
  (count: number): void => {
    for (let i = 0; i < count; i++) work();
  };

/** What `city-chain slo` computes when nothing is asked by lot. */
function report(): void {
  ownersTable();
  layoutsTable();
  for (const name of Object.keys(LAYOUTS) as (keyof typeof LAYOUTS)[]) {
    const each = named(name, P);
    piecesOnline(each);
    readFailsUnder(each, continentCauses(each, 0.001));
    durability(each, REPAIRING, 180);
  }
}

/** What is most of `city-chain slo --layout three`: the states that three continents have. */
function threeContinents(): void {
  for (const p of CHANCES) {
    const each = named('three', p);
    readFailsUnder(each, continentCauses(each, 0.001));
    durability(each, REPAIRING, 180);
  }
  durability(named('three', P), UNREPAIRED, 180);
}

function byLot(): Row[] {
  // Drawn as they are, nearly all reads restore; drawn to fail, most end at too few pieces.
  const asIs = { ...SAMPLING, reads: READS, anchorUpDrawn: 1 };
  const tilted = { ...SAMPLING, reads: READS };
  const { fails, within } = sampleReads(layout, tilted);
  assert(Math.abs(fails - readFails(layout)) <= within, 'the lot agrees with the formula');
  const restoring = restorer();
  const samples = { asTheyAre: [] as number[], toFail: [] as number[], alone: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    samples.asTheyAre.push(cpuMicros(() => sampleReads(layout, asIs)) / READS);
    samples.toFail.push(cpuMicros(() => sampleReads(layout, tilted)) / READS);
    samples.alone.push(cpuMicros(() => repeated(restoring)(READS)) / READS);
  }
  const bare = median(samples.alone);
  const row = (name: string, read: number): Row => ({
    name,
    value: (read * MILLION) / US_PER_S,
    unit: 's a million',
    against: 'restore alone, from 10 pieces',
    ratio: read / bare,
    goal: '<= 60 s',
  });
  return [
    row('by lot: reads drawn as they are', median(samples.asTheyAre)),
    row('by lot: anchors drawn down half of the time', median(samples.toFail)),
  ];
}

/** The same restoring of one payload, over and over, from parity alone. */
function restorer(): () => void {
  const shape = shapeOf(layout.k, SAMPLING.payloadBytes);
  const payload = Uint8Array.from({ length: SAMPLING.payloadBytes }, (_, i) => i);
  const { block, tree } = shard(shape, payload, 42);
  const bytes = pieceBytes(shape);
  const pieces = Array.from({ length: layout.k }, (_, i) => {
    const index = 20 + i;
    return { index, bytes: block.subarray(index * bytes, (index + 1) * bytes) };
  });
  return () => assert(restore(shape, tree.levels[0]!, pieces).ok, 'ten pieces suffice');
}
