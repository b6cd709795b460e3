/**
 * The bound on stamps of others. What is stamped further ahead of our clock is of a clock that is wrong, and is not taken in:
 * one bad clock would drag everybody along who stamps after what it has seen. One rule for all doors; a vertex of the order
 * is not refused but not voted for (dag/when.ts).
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { figure, type Measured } from './figures.ts';

export const AHEAD_MS = 5_000;

export const isAhead = (stamp: Uint8Array, clockMs: number): boolean =>
  stampOf(stamp).wallMs > clockMs + AHEAD_MS;

/** It was refused for that. */
export const refusedAhead = (what: 'transaction' | 'order' | 'ack'): Measured =>
  figure('city_chain_ahead_refused_total', 1, what);
