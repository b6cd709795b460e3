/** Who has what at stake in a city, as its delegates know it from the order. */
import { catalogue } from '#protocols/codec.ts';
import { AskStakes, Staked } from '#protocols/ledger.messages.ts';
import { presenceOf } from '#protocols/stake/election.ts';
import { place } from '#protocols/subjects.ts';
import { askCity } from './ask-city.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';

export type Told = Omit<Staked, 'kind'>;

export const stakesOf = (city: Whereabouts): Promise<Told> =>
  askCity({
    url: urlOf(city),
    city: place(cityOf(city)),
    role: 'ledger',
    message: AskStakes.of({}),
    hears: catalogue(Staked),
    says: catalogue(AskStakes),
  });

/** In hundredths: how many batches of this epoch it was seen in; none for whoever has no seat. */
export const seenText = ({ stakes, height }: Told, who: number): string =>
  stakes.seats.some(({ of }) => of === who) && height > stakes.since
    ? `${(presenceOf(stakes, who, height) / 10).toFixed(1)} %`
    : '-';

export const percentText = (part: bigint, whole: bigint): string =>
  whole === 0n ? '0.0 %' : `${(Number((part * 1_000n) / whole) / 10).toFixed(1)} %`;

/** Where the epoch is. */
export const epochText = ({ stakes, height, rules }: Told): string =>
  `epoch ${stakes.epoch}, batch ${height - stakes.since} of ${rules.epochBatches} (height ${height})`;
