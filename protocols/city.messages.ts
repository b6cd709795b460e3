/**
 * What the cities of the delegates say to each other to agree on the next batch (city/agree.ts).
 *
 * | kind            | from | to          | says                                                           |
 * | --------------- | ---- | ----------- | -------------------------------------------------------------- |
 * | `city.proposal` | city | each city   | this batch, for this round; and why those who are locked may    |
 * |                 |      |             | vote for it                                                    |
 * | `city.votes`    | city | each city   | ballots, of one or of several delegates                        |
 * | `city.nudge`    | city | a city      | here I am, and this waits; said when nothing moves             |
 * | `city.accused`  | anyone | city      | answered with `city.accusations`: ballots cast twice           |
 *
 * Whatever is not heard is said again as long as it matters. Nobody believes who sent it: ballots are signed.
 */
import { catalogue, list, message, oneOf, optional, record, type Infer } from './codec.ts';
import { CityBatch, DoubleVote, entries, height, member, Quorum, round } from './city-batch.ts';
import { digest, signature } from './terms.ts';

export const VOTES_MAX = 64;
export const ACCUSATIONS_MAX = 64;

export const Vote = record({
  height,
  round,
  step: oneOf('prevote', 'precommit'),
  batch: optional(digest),
  member,
  signature,
});
export type Vote = Infer<typeof Vote>;

export const Proposal = message('city.proposal', {
  round,
  batch: CityBatch,
  /** Prevotes of an earlier round for this batch. */
  proof: optional(Quorum),
  member,
  signature,
});
export const Votes = message('city.votes', { votes: list(Vote, VOTES_MAX) });
/** A batch, and prevotes of one round for it by more than two thirds of the stake. */
export const Proved = record({ batch: CityBatch, quorum: Quorum });
/** `height` is the one being agreed on; `proved` unlocks whoever is locked on something older. */
export const Nudge = message('city.nudge', { height, entries, proved: optional(Proved) });

export const AskAccused = message('city.accused', {});
export const Accusations = message('city.accusations', {
  accusations: list(DoubleVote, ACCUSATIONS_MAX),
});

export type Proposal = Infer<typeof Proposal>;
export type Votes = Infer<typeof Votes>;
export type Nudge = Infer<typeof Nudge>;
export type AskAccused = Infer<typeof AskAccused>;
export type Accusations = Infer<typeof Accusations>;

export const CITIES_SAY = catalogue(Proposal, Votes, Nudge);
