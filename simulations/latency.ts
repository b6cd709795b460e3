/**
 * How far apart places are. One way, in fair weather, in microseconds: through the edge into the
 * network, across what lies between, and out again.
 *
 *   same city          1.5 ms     a round trip of 3 ms
 *   same municipality  1.85 ms    another zone: 0.35 ms more
 *   same continent     10 ms      Tokyo - Osaka: 8.5 ms more
 *   another continent  128 ms     Tokyo - Frankfurt over the public internet: 254 ms and back
 */
import type { Place } from '#protocols/subjects.ts';

/** In or out: half of what two nodes of one city are apart. */
export const EDGE_US = 750;
const ZONE_US = 350;
const REGION_US = 8_500;
const OCEAN_US = 126_500;

const between = new Map<Place, Map<Place, number>>();

export function oneWayUs(from: Place, to: Place): number {
  let row = between.get(from);
  if (row === undefined) between.set(from, (row = new Map()));
  let us = row.get(to);
  if (us === undefined) row.set(to, (us = 2 * EDGE_US + betweenUs(from, to)));
  return us;
}

function betweenUs(from: Place, to: Place): number {
  if (from === to) return 0;
  const [continent, municipality] = from.split('.');
  const [otherContinent, otherMunicipality] = to.split('.');
  if (continent !== otherContinent) return OCEAN_US;
  return municipality === otherMunicipality ? ZONE_US : REGION_US;
}
