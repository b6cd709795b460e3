/** Two small cities to be founded, with levels above them. */
import type { Wanted } from '#cli/city/found.ts';
import { townsOf, wantedCluster } from '#cli/cluster-options.ts';
import { DEFAULTS } from '#config/policy/read.ts';

const cluster = wantedCluster({
  delegates: 4,
  lights: 1,
  anchors: { asia: 1 },
  cities: [
    {
      place: 'europe.catalonia.barcelona',
      delegates: 1,
      lights: 0,
      anchors: { asia: 1, europe: 1 },
    },
  ],
});
export const WANTED: Wanted = {
  towns: townsOf(cluster),
  sizes: cluster.levels,
  policyOf: () => DEFAULTS,
  processes: 2,
  drill: false,
  endowments: [],
  contracts: cluster.contracts,
};
export const NOW = 1_700_000_000_000;
