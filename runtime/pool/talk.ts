/** What a pool and its threads say to each other. */
import type { Plain } from '#protocols/effect.ts';
import type { Computed } from '../ports.ts';

/** What a thread is started with. */
export interface Start {
  /** The module that exports `jobs`. */
  readonly jobsUrl: string;
  /** Of its slots. */
  readonly memory: SharedArrayBuffer;
}

/** A thread's first word: it has its jobs. */
export const READY = 'ready';
/** What it is told, several together: to do a job, in a slot. */
export type Order = readonly [slot: number, job: string, input: Plain];
/** What it answers to each. `undefined`: the job was called off. */
export type Answer = readonly [slot: number, outcome: Computed | undefined];
