/**
 * What the delegates of a continent say to each other, and hear from municipalities (continent/continent.ts).
 *
 * | kind                 | from     | to            | says                                                     |
 * | -------------------- | -------- | ------------- | -------------------------------------------------------- |
 * | `continent.offer`    | anybody  | delegate      | a sealed municipality batch; proves itself                |
 * | `continent.proposal` | leader   | each delegate | a block, what it carries, and why it may stand there      |
 * | `continent.vote`     | delegate | each delegate | for a block                                               |
 * | `continent.timeout`  | delegate | each delegate | a round is given up                                       |
 * | `continent.where`    | delegate | delegates     | certificates that bring whoever is behind to this round   |
 * | `continent.fetch`    | delegate | a delegate    | blocks and municipality batches that are missing          |
 * | `continent.given`    | delegate | a delegate    | such a block                                              |
 *
 * Whatever matters is signed; whatever is lost is said again, or asked for.
 */
import { height } from './city-batch.ts';
import { catalogue, list, message, optional, record, type Infer } from './codec.ts';
import { Block, Qc, round, Tc } from './jolteon/block.ts';
import { batchId, municipalityName, Sealed } from './municipality-batch.ts';
import { digest, signature } from './terms.ts';
import { member } from './vertex-head.ts';

/** Municipality batches of one block. */
export const REFS_MAX = 64;
export const WANTED_MAX = 64;

/** A municipality batch, by name: there is one of each number. */
export const Ref = record({ name: municipalityName, id: batchId, batch: digest });
export type Ref = Infer<typeof Ref>;
export const refs = list(Ref, REFS_MAX);

/** A block with what it carries. */
export const Full = record({ block: Block, refs });
export type Full = Infer<typeof Full>;

export const Offer = message('continent.offer', { sealed: Sealed });
export const Proposal = message('continent.proposal', { full: Full, tc: optional(Tc), signature });
export const VoteWord = message('continent.vote', { block: digest, round, member, signature });
export const TimeoutWord = message('continent.timeout', {
  round,
  high: Qc,
  tc: optional(Tc),
  member,
  signature,
});
export const Where = message('continent.where', { high: Qc, tc: optional(Tc), height });
export const FetchWord = message('continent.fetch', {
  blocks: list(digest, WANTED_MAX),
  batches: list(Ref, WANTED_MAX),
});
export const Given = message('continent.given', { full: Full });

export type Offer = Infer<typeof Offer>;
export type Proposal = Infer<typeof Proposal>;
export type VoteWord = Infer<typeof VoteWord>;
export type TimeoutWord = Infer<typeof TimeoutWord>;
export type Where = Infer<typeof Where>;
export type FetchWord = Infer<typeof FetchWord>;
export type Given = Infer<typeof Given>;

export const CONTINENT_SAYS = catalogue(
  Offer,
  Proposal,
  VoteWord,
  TimeoutWord,
  Where,
  FetchWord,
  Given,
);
export type ContinentSays = Infer<typeof CONTINENT_SAYS>;
