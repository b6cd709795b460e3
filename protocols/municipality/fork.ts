/**
 * A fork of a municipality: two batches of one number, or one that does not stand on the last, each sealed by more than two
 * thirds. Whoever sees one keeps the other batch with its seals (its own is on its disk, by numbers), says so, and agrees on
 * nothing any more, over all its lives; what is sealed it goes on showing.
 *
 *   peers say where they are, and on which batch they stand --(another one)--> ours of that number is given
 *   a member shows a sealed batch of a number that is over --(another one than ours; verified)--> kept --> halted: our last
 *                                                                                                 one, to all
 *
 * Safety: two sealed batches take more than a third who are faulty. A member's own seal counts like a batch, though: where a
 * city of ours has forked, whoever sealed its other side halts when the rest have sealed theirs.
 */
import { same } from '#lib/bytes.ts';
import { toBytes, whole } from '../codec.ts';
import { keep, note, put, recall } from '../effect.ts';
import { figure } from '../figures.ts';
import { batchDigest, Sealed } from '../municipality-batch.ts';
import type { SealedWord } from '../municipality.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { sealersJobs } from '../sealers.ts';
import { GIVE, sealedKey } from './find.ts';
import { arrive } from './say.ts';
import type { Effects, Member } from './state.ts';

const FORK = 'live/fork';
const PAIR = 'fork/pair';
export const isOfFork = (id: string): boolean => id === PAIR;

/** What a former life has seen. */
export function forkIn(kept: ReadonlyMap<string, Uint8Array>): Sealed | undefined {
  const bytes = kept.get(FORK);
  return bytes === undefined ? undefined : whole(Sealed, bytes);
}

/** Whether it is the last one that we have. */
export const isLast = ({ id, prev }: Member, { batch }: Sealed): boolean =>
  batch.id === id - 1 && same(batchDigest(batch), prev);

/** Whether it goes on from where we are, and is what we seal, as far as we have. */
export const goesOn = ({ prev, seal }: Member, { batch }: Sealed): boolean =>
  same(batch.prev, prev) && (seal === undefined || same(seal, batchDigest(batch)));

/**
 * A batch of a number that is over: ours is looked at first. One at a time; it is said again. `from`: the peer that says so;
 * none where it is verified.
 */
export function suspect(member: Member, claim: SealedWord, from?: NodeAddress): Effects {
  const { sealed } = claim;
  if (isLast(member, sealed) || member.suspected !== undefined) return [];
  member.suspected = { claim, from };
  return [recall(PAIR, sealedKey(sealed.batch.id))];
}

export function readOfFork(member: Member, value: Uint8Array | undefined): Effects {
  const other = member.suspected;
  member.suspected = undefined;
  if (other === undefined || value === undefined) return [];
  const ours = batchDigest(whole(Sealed, value).batch);
  const { claim, from } = other;
  if (same(ours, batchDigest(claim.sealed.batch))) return [];
  return from === undefined ? halt(member, claim.sealed) : verifySealed(member, claim, from);
}

export function verifySealed(member: Member, claim: SealedWord, from: NodeAddress): Effects {
  const jobs = sealersJobs(member.sealers, claim.sealed);
  if (jobs !== undefined) arrive(member, { claim, from, jobs });
  return [];
}

export function halt(member: Member, other: Sealed): Effects {
  if (member.fork !== undefined) return [];
  member.fork = other;
  member.underWay.clear();
  member.fresh = [];
  member.self.probe.sometimes('municipality: a fork was seen');
  return [
    keep('fork', put(FORK, toBytes(Sealed, other))),
    note('municipality.forked', { id: other.batch.id }),
    figure('city_chain_forked', 1, 'municipality'),
    ...tellAll(member),
  ];
}

/** Our last batch, to everybody: whoever has another one sees it. */
export const tellAll = ({ delegates, id }: Member): Effects =>
  [...delegates].map((peer) => recall(GIVE + peer, sealedKey(id - 1)));
