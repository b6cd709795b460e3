/**
 * Presence and hearts as actors: four delegates and sixty lights in one system, real keys and signatures,
 * a clock that is moved by hand. What every delegate's followers see is one list, whoever is killed.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { heart } from '#actors/heart.ts';
import { presence } from '#actors/presence.ts';
import { hex } from '#lib/bytes.ts';
import type { Heart } from '#protocols/heart.ts';
import { PRESENCE_JOBS } from '#protocols/presence/jobs.ts';
import { BEAT_MS } from '#protocols/presence/table.ts';
import type { Presence } from '#protocols/presence/state.ts';
import { address, type Address } from '#protocols/subjects.ts';
import { memoryStore } from '#runtime/memory-store.ts';
import { inlinePool } from '#runtime/pool/inline-pool.ts';
import { System } from '#runtime/system.ts';
import { delegateSelf, genesisOf, lightOf, nodeNamed } from '#test/protocols/presence/city.ts';
import { Manual, seeded } from '#test/runtime/manual.ts';

const LIGHTS = 20;
const genesis = genesisOf(1n, 1n, 1n, 1n);
const presenceOf = (delegate: number): Address => address(nodeNamed(`d${delegate}`), 'presence');
const heartOf = (light: number): Address => address(nodeNamed(`n${light}`), 'heart');

const open: System[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

function city() {
  const manual = new Manual();
  const { clock, scheduler } = manual;
  const store = memoryStore(scheduler);
  const pool = inlinePool(PRESENCE_JOBS, scheduler);
  const faults: unknown[] = [];
  const observer = {
    ended: (...how: unknown[]) => faults.push(how),
    fault: (...how: unknown[]) => faults.push(how),
  };
  const ports = { clock, scheduler, entropy: seeded(7), store, pool, observer };
  const system = new System(ports, { encodesLocal: true, checksInvariants: true });
  open.push(system);
  const startPresence = (delegate: number): void =>
    system.spawn(presence(delegateSelf(genesis, delegate)));
  const startHeart = (light: number): void => system.spawn(heart(lightOf(genesis, light)));
  const stateOf = (delegate: number) => system.stateOf(presenceOf(delegate)) as Presence;
  const heartState = (light: number) => system.stateOf(heartOf(light)) as Heart;
  return { manual, system, faults, startPresence, startHeart, stateOf, heartState };
}
type City = ReturnType<typeof city>;

function started(lights = LIGHTS): City {
  const all = city();
  for (let delegate = 0; delegate < 4; delegate++) all.startPresence(delegate);
  for (let light = 0; light < lights; light++) all.startHeart(light);
  return all;
}

const newestOf = (all: City, delegate: number) => all.stateOf(delegate).replica.rolls[0]?.list;
const numbers = (all: City): number[] =>
  [0, 1, 2, 3].map((delegate) => newestOf(all, delegate)?.head.number ?? 0);
const names = (all: City, delegate: number): string[] =>
  newestOf(all, delegate)?.nodes.map(({ node }) => node) ?? [];
const leaders = (all: City, delegates = [0, 1, 2, 3]): number[] =>
  delegates.filter((delegate) => all.stateOf(delegate).leads);

describe('a city that comes up', () => {
  it('has everybody on one list of all delegates in two seconds', () => {
    const all = started(60);
    all.manual.pass(2_000);
    expect(leaders(all)).toEqual([0]);
    for (let delegate = 0; delegate < 4; delegate++) expect(names(all, delegate)).toHaveLength(60);
    const digests = [0, 1, 2, 3].map((delegate) => hex(newestOf(all, delegate)!.digest));
    expect(new Set(digests).size).toBe(1);
    expect(all.faults).toEqual([]);
  });

  it('freezes every ten seconds once nobody comes or goes, with the weights of newcomers', () => {
    const all = started();
    all.manual.pass(60_000);
    const first = numbers(all)[0]!;
    all.manual.pass(30_000);
    expect(numbers(all)[0]! - first).toBe(3);
    const list = newestOf(all, 2)!;
    expect(list.nodes.every(({ weight }) => weight > 0 && weight <= 50_000)).toBe(true);
    expect(list.head.lights).toEqual([
      { continent: 'asia', online: LIGHTS, registered: LIGHTS, ppm: 1_000_000 },
    ]);
    expect(leaders(all)).toEqual([0]);
  });
});

describe('whoever', () => {
  it('logs out is off the next list, and whoever is silent after three beats', () => {
    const all = started();
    all.manual.pass(5_000);
    const before = all.stateOf(0);
    all.system.stop(heartOf(3), 'stop');
    all.manual.pass(100);
    expect(before.table.of.has(nodeNamed('n3'))).toBe(false);
    all.system.stop(heartOf(4), 'kill');
    all.manual.pass(2 * BEAT_MS);
    expect(before.table.of.has(nodeNamed('n4'))).toBe(true);
    all.manual.pass(3 * BEAT_MS);
    expect(before.table.of.has(nodeNamed('n4'))).toBe(false);
    all.manual.pass(10_000);
    expect(names(all, 3)).toHaveLength(LIGHTS - 2);
    const [share] = newestOf(all, 1)!.head.lights;
    expect(share).toMatchObject({ online: LIGHTS - 2, registered: LIGHTS });
  });

  it('comes back is on a list again', () => {
    const all = started();
    all.manual.pass(5_000);
    all.system.stop(heartOf(3), 'kill');
    all.manual.pass(15_000);
    expect(names(all, 1)).not.toContain(nodeNamed('n3'));
    all.startHeart(3);
    all.manual.pass(12_000);
    expect(names(all, 1)).toContain(nodeNamed('n3'));
  });
});

describe('when the active presence is killed', () => {
  it('the next one takes over with all of the list, and everybody logs in there', () => {
    const all = started();
    all.manual.pass(12_000);
    const before = numbers(all)[1]!;
    all.system.stop(presenceOf(0), 'kill');
    all.manual.pass(5_000);
    expect(leaders(all, [1, 2, 3])).toEqual([1]);
    expect(all.stateOf(1).table.of.size).toBe(LIGHTS);
    for (let passed = 0; passed < 40; passed++) {
      all.manual.pass(1_000);
      expect(names(all, 2)).toHaveLength(LIGHTS);
    }
    expect(newestOf(all, 1)!.head.number).toBeGreaterThan(before + 2);
    for (let light = 0; light < LIGHTS; light++)
      expect(all.heartState(light)).toMatchObject({ phase: 'in', at: 1 });
    expect(all.stateOf(1).table.of.size).toBe(LIGHTS);
  });

  it('and comes back, it takes nothing from the other, and gets the lists that it missed', () => {
    const all = started();
    all.manual.pass(12_000);
    all.system.stop(presenceOf(0), 'kill');
    all.manual.pass(30_000);
    all.startPresence(0);
    all.manual.pass(20_000);
    expect(leaders(all)).toEqual([1]);
    expect(new Set(numbers(all)).size).toBe(1);
    expect(all.stateOf(0).replica.rolls.length).toBeGreaterThanOrEqual(3);
  });

  it('and is back at once, its followers and hearts find their way without a list lost', () => {
    const all = started();
    all.manual.pass(12_000);
    const number = numbers(all)[0]!;
    all.system.stop(presenceOf(0), 'kill');
    all.manual.pass(10);
    all.startPresence(0);
    all.manual.pass(45_000);
    expect(names(all, 3)).toHaveLength(LIGHTS);
    expect(numbers(all)[3]!).toBeGreaterThan(number + 2);
  });

  it('without more than two thirds of the stake there is no new list, and later there is', () => {
    const all = started();
    all.manual.pass(12_000);
    all.system.stop(presenceOf(0), 'kill');
    all.system.stop(presenceOf(1), 'kill');
    all.manual.pass(4_000);
    const number = numbers({ ...all, stateOf: () => all.stateOf(2) })[0]!;
    all.manual.pass(30_000);
    expect(newestOf(all, 2)!.head.number).toBe(number);
    all.startPresence(1);
    all.manual.pass(40_000);
    expect(newestOf(all, 3)!.head.number).toBeGreaterThan(number);
    expect(names(all, 3)).toHaveLength(LIGHTS);
  });
});
