/** Municipalities whose keys the simulation has: they seal batches, and offer them to delegates of their continent. */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { sign } from '#algorithms/signature.ts';
import { utf8 } from '#lib/bytes.ts';
import type { Delegate } from '#protocols/genesis.ts';
import { municipalityBelow, type Below } from '#protocols/level/below.ts';
import { Offer } from '#protocols/level.messages.ts';
import {
  batchDigest,
  municipalityBatch,
  NO_BATCH,
  sealSignJob,
  type Sealed,
} from '#protocols/municipality-batch.ts';
import { nodeAddress, type Place } from '#protocols/subjects.ts';
import { delegateWith, signingWith } from '../delegates.ts';
import type { Random } from '../random.ts';

const HEAD = domain('simulated city head');
const MEMBERS = [0, 1, 2, 3];
/** Enough of them. */
const SIGNERS = [0, 1, 2];
/** Offered at once, of those that are not ordered. */
const OFFERED_MAX = 16;

export interface Sealer {
  readonly place: Place;
  readonly name: string;
  readonly members: readonly Delegate[];
  readonly seeds: readonly Uint8Array[];
  readonly sealed: Sealed[];
}

export function sealerAt(place: Place, random: Random): Sealer {
  const seeds = MEMBERS.map(() => random.bytes(32));
  const members = seeds.map((seed, i) => delegateWith(nodeAddress(place, `m${i}`), 1, seed));
  return { place, name: place.split('.').slice(0, 2).join('.'), members, seeds, sealed: [] };
}

export const sealerBelow = (network: Uint8Array, { name, members }: Sealer): Below =>
  municipalityBelow({ network, name, epoch: 0, members, size: 4, coin: undefined, cities: [] });

export function sealOne(network: Uint8Array, { place, name, seeds, sealed }: Sealer): void {
  const last = sealed.at(-1);
  const prev = last === undefined ? NO_BATCH : batchDigest(last.batch);
  const id = sealed.length + 1;
  const head = hash(HEAD, utf8(`${name} ${id}`));
  const batch = municipalityBatch({ name, epoch: 0, id, prev }, [
    { city: place, from: id, heads: [head] },
  ]);
  const seal = { name, id, batch: batchDigest(batch) };
  const seals = SIGNERS.map((member) => {
    const key = signingWith(seeds[member]!);
    return { member, signature: sign(sealSignJob(network, seal, key)) };
  });
  sealed.push({ batch, seals });
}

/** What comes after this number, as it is offered. */
export const offersOf = ({ sealed }: Sealer, after: number): Offer[] =>
  sealed
    .slice(after, after + OFFERED_MAX)
    .map((each) => Offer.of({ item: { is: 'sealed', sealed: each } }));
