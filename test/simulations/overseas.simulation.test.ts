/**
 * From Japan to Paris: a text is sent in Tokyo into a city of Japan, and read in Paris, over the distances of
 * simulations/latency.ts, with jobs that take what they cost. Budgets of the design, in virtual milliseconds: the sender
 * has its answer within 450, the reader has the text within 450 after asking, both together within 900.
 */
import { expect, it } from 'vitest';
import { same } from '#lib/bytes.ts';
import { PRICED } from '#simulations/prices.ts';
import { Applications } from '#simulations/city/applications.ts';
import type { CityDrawn } from '#simulations/city/draw.ts';
import { buildTown } from '#simulations/city/town.ts';
import { NO_FAULTS } from '#simulations/faults.ts';
import { measured } from '#simulations/measured.ts';
import { CALM_POOL } from '#simulations/pool.ts';

const WARM_MS = 6_000;
const SENDS = 6;
const [TOKYO, PARIS] = [1, 2];

const DRAWN: CityDrawn = {
  lights: 40,
  lightsPerMachine: 1,
  anchorsPerMachine: 1,
  clients: 3,
  numbers: { k: 10, margin: 15, lights: 30, anchors: 12 },
  allowance: { perSecond: 1_000, burst: 1_000 },
  warmMs: WARM_MS,
  liars: [],
  lie: undefined,
  hasRogue: false,
  wanted: [],
  plan: NO_FAULTS,
};

interface Took {
  readonly sendMs: number;
  readonly readMs: number;
}

/** One after another: sent in Tokyo, and read in Paris as soon as it is committed. */
const runs = (): readonly Took[] =>
  measured(5, (world) => {
    const applications = new Applications(world, DRAWN);
    const town = buildTown(world, DRAWN, (node) => applications.children(node));
    for (const machine of world.machines) {
      machine.poolFaults = { ...CALM_POOL, priced: PRICED };
      machine.boot();
    }
    world.pass(WARM_MS);
    applications.begin(town.genesis, town.clients, town.machineOf);
    const took: Took[] = [];
    for (let i = 0; i < SENDS; i++) {
      const sentAt = world.nowMs;
      let [committedAt, readAt] = [0, 0];
      applications.onEnd = (sent, state) => {
        expect(state).toBe('COMMITTED');
        committedAt = world.nowMs;
        applications.askFor(sent, town.clients[PARIS]!, i, 10_000);
      };
      applications.onRead = (_, word) => {
        if (word.kind === 'receive.progress') return;
        const { tx } = applications.calls.at(-1)!.sent;
        expect(word.kind === 'receive.given' && same(word.body, tx.body)).toBe(true);
        readAt = world.nowMs;
      };
      applications.want({ client: TOKYO, sender: 0, want: 'fair', bytes: 16_384 });
      expect(world.passUntil(() => readAt > 0, 20_000, 1)).toBe(true);
      took.push({ sendMs: committedAt - sentAt, readMs: readAt - committedAt });
      world.pass(700);
    }
    return took;
  });

it('a text that is sent in Tokyo is read in Paris within the budget', () => {
  const took = runs();
  const most = (of: (each: Took) => number): number => Math.max(...took.map(of));
  expect(most(({ sendMs }) => sendMs)).toBeLessThan(450);
  expect(most(({ readMs }) => readMs)).toBeLessThan(450);
  expect(most(({ sendMs, readMs }) => sendMs + readMs)).toBeLessThan(900);
  // A crossing and back, and little more: nobody overseas is asked for a piece.
  expect(most(({ readMs }) => readMs)).toBeGreaterThan(254);
});
