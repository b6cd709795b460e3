/** What whoever keeps the list measures of those on it: the round trips that their hearts report. */
import { NOTHING, type Effect } from '../effect.ts';
import { figure } from '../figures.ts';
import type { Beat } from '../presence.messages.ts';
import { continentOf, type NodeAddress } from '../subjects.ts';

/** For each beat that gets an echo: the next one brings news. Nothing before the first. */
export function roundTrip(
  own: NodeAddress,
  from: NodeAddress,
  { roundTripUs }: Beat,
): readonly Effect<never>[] {
  if (roundTripUs === 0) return NOTHING;
  const where = continentOf(from) === continentOf(own) ? 'region' : 'crossing';
  return [figure('city_chain_round_trip_seconds', roundTripUs / 1_000, where)];
}
