/**
 * The canary: the ring on links that deliver what comes too late. Somewhere in a set of its runs a claim
 * must break; if none does, the simulator has stopped seeing, whatever else it reports.
 */
import { ring, type RingDrawn } from './ring.ts';
import type { Scenario } from './scenario.ts';

export const canary: Scenario<RingDrawn> = {
  ...ring,
  name: 'canary',
  about: 'the ring with a planted bug: must fail, or the simulator is blind',
  sometimes: [],
  canary: 'reordering-unnoticed',
};
