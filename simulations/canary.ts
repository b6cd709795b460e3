/**
 * The canaries: the ring on links that deliver what comes too late, and the city with holders that acknowledge
 * what is not durable. Somewhere in a set of their runs a claim must break; if none does, the simulator has
 * stopped seeing, whatever else it reports.
 */
import type { CityDrawn } from './city/draw.ts';
import { city } from './city.ts';
import { ring, type RingDrawn } from './ring.ts';
import type { Scenario } from './scenario.ts';

export const canary: Scenario<RingDrawn> = {
  ...ring,
  name: 'canary',
  about: 'the ring with a planted bug: must fail, or the simulator is blind',
  sometimes: [],
  canary: 'reordering-unnoticed',
};

export const cityCanary: Scenario<CityDrawn> = {
  ...city,
  name: 'city-canary',
  about: 'the city with a planted bug: must fail, or the simulator is blind',
  sometimes: [],
  canary: 'ack-before-fsync',
};
