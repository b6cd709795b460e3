/** `city-chain policy status`: any delegate of a running city says what is in force, and what is wanted. */
import { hex } from '#lib/bytes.ts';
import { catalogue } from '#protocols/codec.ts';
import { AskPolicy, PolicyStatus } from '#protocols/policy.messages.ts';
import { place } from '#protocols/subjects.ts';
import { askCity } from './ask-city.ts';
import { table } from './table.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';

export const statusOf = (city: Whereabouts): Promise<PolicyStatus> =>
  askCity({
    url: urlOf(city),
    city: place(cityOf(city)),
    role: 'policy',
    message: AskPolicy.of({}),
    hears: catalogue(PolicyStatus),
    says: catalogue(AskPolicy),
  });

/** As much of a digest as tells policies apart. */
const short = (digest: Uint8Array): string => hex(digest).slice(0, 16);

/** What the city found of them, what this delegate sees, and who wants it to be otherwise. */
function strainText({ isStrained, verdict, strainPermille }: Omit<PolicyStatus, 'kind'>): string {
  const is = isStrained ? 'strained: boosts with `strained` apply' : 'not strained';
  const sees = { burning: 'burning', calm: 'calm', unknown: 'too little to say' }[verdict];
  const wish = strainPermille === 0 ? '' : `; ${strainPermille / 10} % of the stake want another`;
  return `${is}; this delegate sees ${sees}${wish}`;
}

export function statusText(status: Omit<PolicyStatus, 'kind'>): string {
  const { node, version, digest, fromHeight, height, wish, others, refused } = status;
  const wanted =
    wish === undefined
      ? 'what is in force'
      : `${short(wish.digest)}, with ${wish.permille / 10} % of the stake; more than two thirds are needed`;
  return table([
    ['in force', `version ${version}, ${short(digest)}, from height ${fromHeight}`],
    ['asked', `${node}, which has followed the city to height ${height}`],
    ['reads and writes', strainText(status)],
    ['its operator wants', wanted],
    ...others.map((other) => [`${other.node} wants`, short(other.digest)]),
    ...(refused === undefined ? [] : [['its last edit was refused', refused.split('\n')[0]!]]),
  ]);
}
