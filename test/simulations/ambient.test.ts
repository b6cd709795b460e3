/** What is ambient in Node throws while a world runs, and works again afterwards. */
import { randomBytes, randomFillSync, randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { withoutAmbient } from '#simulations/ambient.ts';

const AMBIENT: Readonly<Record<string, () => unknown>> = {
  'Date.now': () => Date.now(),
  'new Date': () => new Date(),
  Date: () => Date(),
  'Math.random': () => Math.random(),
  'performance.now': () => performance.now(),
  'process.hrtime': () => process.hrtime(),
  'process.hrtime.bigint': () => process.hrtime.bigint(),
  'process.memoryUsage': () => process.memoryUsage(),
  setTimeout: () => setTimeout(() => undefined, 0),
  setInterval: () => setInterval(() => undefined, 1_000_000).unref(),
  setImmediate: () => setImmediate(() => undefined),
  queueMicrotask: () => queueMicrotask(() => undefined),
  'process.nextTick': () => process.nextTick(() => undefined),
  randomUUID: () => crypto.randomUUID(),
  getRandomValues: () => crypto.getRandomValues(new Uint8Array(1)),
  'a named import of node:crypto': () => randomBytes(1),
  'another one': () => randomFillSync(new Uint8Array(1)),
  'and another': () => randomInt(5),
  WeakRef: () => new WeakRef({}),
  localeCompare: () => 'a'.localeCompare('b'),
};

describe('without what is ambient', () => {
  it.each(Object.entries(AMBIENT))('%s throws, and only meanwhile', (_, touch) => {
    expect(() => withoutAmbient(touch)).toThrow(/ambient/);
    expect(touch).not.toThrow();
  });

  it('lets a date be made of a moment that is given', () => {
    expect(withoutAmbient(() => new Date(0).toISOString())).toBe('1970-01-01T00:00:00.000Z');
  });

  it('gives everything back, also after a failure', () => {
    const before = [Date, Math.random, setTimeout, performance.now];
    expect(() =>
      withoutAmbient(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect([Date, Math.random, setTimeout, performance.now]).toEqual(before);
  });
});
