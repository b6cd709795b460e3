/**
 * Ballots on their way out: kept and signed, then said.
 *
 *   cast --(keep what we stand by)--> kept ----.
 *     '----(sign, in the pool)------> signed --'--> said to everybody
 *
 * What is kept is what the ballot says, not its signature: who dies in between stands by the same ballot
 * afterwards, signs it again, and says it again. So no two ballots of one (height, round, step) ever leave,
 * whatever is lost. Few are under way at a time: three a round.
 */
import {
  ballotSignJob,
  height,
  round,
  type Ballot,
  type CityBatch,
  type Quorum,
} from '../city-batch.ts';
import { Proved } from '../city.messages.ts';
import { optional, record, toBytes, whole } from '../codec.ts';
import { compute, keep, put, type Effect } from '../effect.ts';
import type { Self } from '../self.ts';
import { digest } from '../terms.ts';
import type { Choice, Standing } from './agree.ts';

const STANDING = 'standing';

const choice = optional(record({ batch: optional(digest) }));
const Kept = record({
  height,
  round,
  proposed: optional(digest),
  prevote: choice,
  precommit: choice,
  lock: optional(record({ round, batch: digest })),
  valid: optional(Proved),
});

/** What a ballot for a proposal proposes. */
export interface Proposable {
  readonly batch: CityBatch;
  /** Prevotes for it of an earlier round. */
  readonly proof: Quorum | undefined;
}

interface Cast {
  readonly ballot: Ballot;
  readonly proposed: Proposable | undefined;
  signature: Uint8Array | undefined;
  isKept: boolean;
}

export interface Ballots {
  cast: number;
  readonly underWay: Map<string, Cast>;
}

/** A ballot that may be said, and what goes with a proposal. */
export interface Said {
  readonly ballot: Ballot;
  readonly signature: Uint8Array;
  readonly proposed: Proposable | undefined;
}

export const noBallots = (): Ballots => ({ cast: 0, underWay: new Map() });

/** What we stood by when we died; with a planted bug, not all of it. */
export function restored(
  kept: ReadonlyMap<string, Uint8Array>,
  plant: Self['plant'],
): Standing | undefined {
  const bytes = kept.get(STANDING);
  if (bytes === undefined) return undefined;
  const standing: Standing = whole(Kept, bytes);
  if (plant !== 'no-lock-after-restart') return standing;
  return { ...standing, lock: undefined, valid: undefined };
}

/** The ballots that somebody stands by in a round, to be signed and said again. */
export function ballotsOf({
  prevote,
  precommit,
  round: of,
  height: at,
}: Standing): Omit<Ballot, 'place'>[] {
  const one = (step: 'prevote' | 'precommit', cast: Choice | undefined): Omit<Ballot, 'place'>[] =>
    cast === undefined ? [] : [{ height: at, round: of, step, batch: cast.batch }];
  return [...one('prevote', prevote), ...one('precommit', precommit)];
}

/** Begins to cast. `standing` includes it; it is not there for one that was kept before. */
export function castBallot(
  ballots: Ballots,
  self: Self,
  said: Omit<Ballot, 'place'>,
  standing: Standing | undefined,
  proposed?: Proposable,
): Effect<never>[] {
  const ballot = { place: self.genesis.place, ...said };
  const id = `ballot/${++ballots.cast}`;
  const isKept = standing === undefined || self.plant === 'vote-not-kept';
  ballots.underWay.set(id, { ballot, proposed, signature: undefined, isKept });
  const signing = signAgain(ballots, self, id);
  return isKept ? signing : [keep(id, put(STANDING, toBytes(Kept, standing!))), ...signing];
}

/** Has it signed, or once more what the pool has failed to sign. */
export function signAgain(
  ballots: Ballots,
  { genesis, secrets }: Self,
  id: string,
): Effect<never>[] {
  const cast = ballots.underWay.get(id);
  if (cast === undefined) return [];
  const job = ballotSignJob(genesis.network, cast.ballot, secrets.signing);
  return [compute(id, 'city.sign', { ...job })];
}

/** It is durable, or signed; what comes back may be said now. */
export function castMoved(
  ballots: Ballots,
  id: string,
  signature: Uint8Array | undefined,
): Said | undefined {
  const cast = ballots.underWay.get(id);
  if (cast === undefined) return undefined;
  if (signature === undefined) cast.isKept = true;
  else cast.signature = signature;
  if (!cast.isKept || cast.signature === undefined) return undefined;
  ballots.underWay.delete(id);
  return { ballot: cast.ballot, signature: cast.signature, proposed: cast.proposed };
}
