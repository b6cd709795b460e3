/**
 * Presence under histories: presences die, come back without what they had not kept, are cut off from
 * each other; hearts come, go, are silent; the network loses, repeats and is late. Always: no two frozen
 * lists have one number, whatever presences believe about each other. When all is well again: lists go on, all presences have
 * the same ones, and on them is who is online and nobody else.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { address, type Address } from '#protocols/subjects.ts';
import { genesisOf, lightOf, nodeNamed } from './city.ts';
import { FAIR, FOUL, World } from './world.ts';

const DELEGATES = 4;
const LIGHTS = 6;
const genesis = genesisOf(1n, 1n, 1n, 1n);
const lights = Array.from({ length: LIGHTS }, (_, at) => lightOf(genesis, at));
const presences = genesis.delegates.map(({ node }) => address(node, 'presence'));
const hearts = lights.map(({ self }) => address(self.node, 'heart'));

type Event =
  | { readonly is: 'kill' | 'start' | 'stop'; readonly who: Address }
  | { readonly is: 'cut'; readonly off: readonly number[] }
  | { readonly is: 'one way'; readonly from: number; readonly to: number }
  | { readonly is: 'mend' | 'foul' | 'fair' };

const anyone = fc.constantFrom(...presences, ...hearts);
const presence = fc.constantFrom(...presences);
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ is: fc.constantFrom('kill' as const, 'stop' as const), who: anyone }),
  fc.record({ is: fc.constant('start' as const), who: anyone }),
  fc.record({ is: fc.constantFrom('kill' as const, 'start' as const), who: presence }),
  fc.record({
    is: fc.constant('cut' as const),
    off: fc.uniqueArray(fc.nat(DELEGATES - 1), { maxLength: 3 }),
  }),
  fc.record({
    is: fc.constant('one way' as const),
    from: fc.nat(DELEGATES - 1),
    to: fc.nat(DELEGATES - 1),
  }),
  fc.record({ is: fc.constantFrom('mend' as const, 'foul' as const, 'fair' as const) }),
);

function happen(world: World, each: Event): void {
  switch (each.is) {
    case 'kill':
      return world.kill(each.who);
    case 'stop':
      return world.stop(each.who);
    case 'start':
      return world.start(each.who);
    case 'cut': {
      const off = new Set(each.off.map((delegate) => presences[delegate]!));
      world.reaches = (from, to) => off.has(from) === off.has(to);
      return undefined;
    }
    case 'one way':
      world.reaches = (from, to) => from !== presences[each.from] || to !== presences[each.to];
      return undefined;
    case 'mend':
      world.reaches = () => true;
      return undefined;
    default:
      world.weather = each.is === 'foul' ? FOUL : FAIR;
      return undefined;
  }
}

function cityFrom(seed: number): World {
  const world = new World(genesis, seed);
  for (let delegate = 0; delegate < DELEGATES; delegate++) world.presence(delegate);
  for (const light of lights) world.heart(light);
  return world;
}

const newestOf = (world: World, delegate: number) =>
  world.presenceState(delegate).replica.rolls[0]!.list;

describe('presence', () => {
  it('never has two lists of one number, and recovers from whatever happened', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1 }),
        fc.array(fc.tuple(event, fc.nat(6_000)), { minLength: 5, maxLength: 25 }),
        (seed, events) => {
          const world = cityFrom(seed);
          for (const [each, ms] of events) {
            happen(world, each);
            world.pass(ms);
          }
          happen(world, { is: 'mend' });
          happen(world, { is: 'fair' });
          for (const who of presences) world.start(who);
          const last = Math.max(0, ...world.frozen.keys());
          world.pass(60_000);
          const online = hearts.filter((who) => world.isAlive(who)).length;
          for (let delegate = 0; delegate < DELEGATES; delegate++) {
            const { head, digest, nodes } = newestOf(world, delegate);
            expect(head.number).toBeGreaterThan(last);
            expect(hex(digest)).toBe(hex(newestOf(world, 0).digest));
            const alive = lights
              .filter((_, at) => world.isAlive(hearts[at]!))
              .map(({ self }) => self.node);
            expect(nodes.map(({ node }) => node)).toEqual(alive.toSorted());
            expect(nodes).toHaveLength(online);
          }
          const leaders = presences.filter((_, at) => world.presenceState(at).leads);
          expect(leaders).toHaveLength(1);
        },
      ),
      { numRuns: 8 },
    );
  });

  it('keeps a list for whoever was cut off while it lasted, and nobody doubts who leads', () => {
    const world = cityFrom(3);
    world.pass(12_000);
    happen(world, { is: 'cut', off: [0] });
    world.pass(30_000);
    expect(presences.map((_, at) => world.presenceState(at).leads)).toContain(true);
    const others = newestOf(world, 2).head.number;
    expect(newestOf(world, 0).head.number).toBeLessThan(others);
    happen(world, { is: 'mend' });
    world.pass(15_000);
    expect(newestOf(world, 0).head.by).toBe(nodeNamed('d1'));
    expect(presences.map((_, at) => world.presenceState(at).leads)).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });
});
