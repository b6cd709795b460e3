/**
 * The simulated store under faults. Method: one node's disk, a clock moved by hand, everything drawn
 * from a seed. What it promises in fair weather is in test/contract/store.contract.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { put } from '#protocols/effect.ts';
import {
  CALM_STORE,
  SimulatedStore,
  type StoreFaults,
  type StorePlant,
} from '#simulations/store.ts';
import { Manual, seeded } from '#test/runtime/manual.ts';

const value = (byte: number): Uint8Array => Uint8Array.of(byte);

function node(faults: Partial<StoreFaults> = {}, seed = 1, plant?: StorePlant) {
  const world = new Manual();
  const disk = new SimulatedStore(
    world.clock,
    seeded(seed),
    { ...CALM_STORE, syncMs: [10, 10], ...faults },
    plant,
  );
  return { world, disk };
}

/** Commits 1, 2, 3, ... to one key each, cuts the power somewhere, and says what was answered. */
function cut(seed: number, passMs: number, plant?: StorePlant) {
  const { world, disk } = node({ syncMs: [1, 20] }, seed, plant);
  const store = disk.attach();
  let answered = 0;
  for (let i = 0; i < 20; i++) {
    store.commit([put(`a${i}`, value(i)), put(`b${i}`, value(i))], () => answered++);
    world.pass(passMs);
  }
  disk.powerCut();
  const whole = Array.from({ length: 20 }, (_, i) => [`a${i}`, `b${i}`] as const).map(
    ([a, b]) => [disk.durable(a) !== undefined, disk.durable(b) !== undefined] as const,
  );
  return { answered, whole };
}

describe('the simulated store', () => {
  it('answers when the disk has it, not before', () => {
    const { world, disk } = node();
    let isKept = false;
    disk.attach().commit([put('a', value(1))], () => (isKept = true));
    world.pass(9);
    expect([isKept, disk.durable('a')]).toEqual([false, undefined]);
    world.pass(1);
    expect([isKept, disk.durable('a')]).toEqual([true, value(1)]);
  });

  it('makes durable what was written when the sync began, the rest with the next', () => {
    const { world, disk } = node();
    const store = disk.attach();
    store.commit([put('a', value(1))], () => undefined);
    world.pass(5);
    store.commit([put('b', value(1))], () => undefined);
    world.pass(5);
    expect([disk.durable('a'), disk.durable('b')]).toEqual([value(1), undefined]);
    world.pass(10);
    expect(disk.durable('b')).toEqual(value(1));
  });

  it('keeps what was written when the process is killed, and loses what waited', () => {
    const { world, disk } = node();
    const store = disk.attach();
    store.commit([put('written', value(1))], () => undefined);
    world.pass(1);
    store.commit([put('waiting', value(1))], () => undefined);
    disk.kill();
    disk.attach();
    expect(disk.durable('written')).toEqual(value(1));
    expect(disk.durable('waiting')).toBeUndefined();
  });

  it('says nothing to a process that is gone', () => {
    const { world, disk } = node();
    let heard = 0;
    const store = disk.attach();
    store.commit([put('a', value(1))], () => heard++);
    store.read('a', () => heard++);
    world.pass(1);
    disk.kill();
    store.read('a', () => heard++);
    world.pass(100);
    expect(heard).toBe(0);
  });

  it('fails for good when a sync fails, until a new life', () => {
    const { world, disk } = node({ syncFails: [1, 1] });
    const store = disk.attach();
    const heard: unknown[] = [];
    store.commit([put('a', value(1))], ({ ok }) => heard.push(ok));
    world.pass(20);
    disk.faults = CALM_STORE;
    store.commit([put('b', value(1))], ({ ok }) => heard.push(ok));
    store.read('a', ({ ok }) => heard.push(ok));
    world.pass(20);
    expect(heard).toEqual([false, false, false]);
    disk.kill();
    disk.attach().commit([put('b', value(2))], ({ ok }) => heard.push(ok));
    world.pass(20);
    expect(heard.at(-1)).toBe(true);
  });

  it('says that a value is damaged, and never that there is none', () => {
    const { world, disk } = node();
    const store = disk.attach();
    const heard: unknown[] = [];
    store.commit([put('a', value(1))], () => undefined);
    world.pass(20);
    disk.rot('a');
    store.read('a', ({ ok }) => heard.push(ok));
    store.scan('', ({ ok }) => heard.push(ok));
    store.commit([put('a', value(2))], () => undefined);
    store.read('a', (found) => heard.push(found));
    world.pass(20);
    expect(heard).toEqual([false, false, { ok: true, value: value(2) }]);
  });

  it('starts a life from an old image', () => {
    const { world, disk } = node();
    disk.attach().commit([put('vote', value(1))], () => undefined);
    world.pass(20);
    const old = disk.image();
    disk.kill();
    disk.attach().commit([put('vote', value(2))], () => undefined);
    world.pass(20);
    disk.powerCut();
    disk.restore(old);
    expect(disk.durable('vote')).toEqual(value(1));
    disk.restore();
    expect(disk.durable('vote')).toBeUndefined();
  });

  it('keeps through a power cut all that was answered, then a first part of the rest, whole', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 5 }), (seed, passMs) => {
        const { answered, whole } = cut(seed, passMs);
        const survived = whole.findIndex(([a]) => !a);
        const count = survived < 0 ? 20 : survived;
        expect(count).toBeGreaterThanOrEqual(answered);
        expect(whole).toEqual(whole.map((_, i) => [i < count, i < count]));
      }),
    );
  });

  it('loses what it answered when the bug is planted: the bug is one', () => {
    const losses = Array.from({ length: 50 }, (_, seed) => cut(seed, 2, 'acknowledge-before-sync'));
    expect(losses.some(({ answered, whole }) => whole.filter(([a]) => a).length < answered)).toBe(
      true,
    );
  });

  it('does the same for the same seed', () => {
    expect(cut(42, 3)).toEqual(cut(42, 3));
  });
});
