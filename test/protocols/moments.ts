/** Moments and signals for machines that are tried without an engine. */
import type { Moment, Plain, Signal } from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import type { Address } from '#protocols/subjects.ts';
import { seeded } from '#test/runtime/manual.ts';

/** 2023-11-14, as the manual clock of the engine's tests has it. */
export const WALL = 1_700_000_000_000;

export const moment = (now = 0, more: Partial<Moment> = {}): Moment => ({
  now: millis(now),
  wall: millis(WALL + now),
  entropy: seeded(now + 1),
  from: undefined,
  ticket: undefined,
  ...more,
});

export const from = (address: Address, now = 0): Moment => moment(now, { from: address });

export const woken = (id: string): Signal => ({ kind: 'wake', id });
export const kept = (id: string): Signal => ({ kind: 'kept', id });
export const computed = (id: string, output: Plain): Signal => ({ kind: 'computed', id, output });
export const uncomputed = (id: string): Signal => ({ kind: 'uncomputed', id, why: 'by the test' });
