/**
 * What the delegates of a level above municipalities, a continent or the globe, say to each other, and to those below
 * and above (level/level.ts). The role in an address, `continent` or `globe`, says which level is meant.
 *
 * | kind             | from     | to            | says                                                          |
 * | ---------------- | -------- | ------------- | ------------------------------------------------------------- |
 * | `level.offer`    | anybody  | delegate      | something to order: a sealed municipality batch, or a block of a continent with what proves it committed |
 * | `level.proposal` | leader   | each delegate | a block, what it carries, and why it may stand there          |
 * | `level.vote`     | delegate | each delegate | for a block                                                   |
 * | `level.timeout`  | delegate | each delegate | a round is given up                                           |
 * | `level.where`    | delegate | delegates     | certificates that bring whoever is behind to this round       |
 * | `level.fetch`    | delegate | a delegate    | blocks, and what they carry, that are missing                 |
 * | `level.given`    | delegate | a delegate    | such a block                                                  |
 * | `level.taken`    | delegate | those below   | of what you make all up to this number is ordered: the receipt, and the question what comes next |
 * | `level.receipt`  | delegate | rooting of cities | that is on my disk, and will be ordered                    |
 * | `level.forked`   | delegate | each delegate | a block that I have committed, beside another branch that was as well: I order no more |
 * | `level.since`    | anybody  | delegate      | answered with `level.page`: committed blocks from a height on |
 * | `level.find`     | anybody  | delegate      | answered with `level.found`: the block that carries something |
 * | `level.accused`  | anybody  | delegate      | answered with `level.accusations`: evidence against members   |
 *
 * Whatever matters is signed; whatever is lost is said again, or asked for.
 */
import {
  catalogue,
  count,
  either,
  list,
  message,
  optional,
  record,
  union,
  type Infer,
} from './codec.ts';
import { Block, blockHeight, chainName, Qc, round, Tc } from './jolteon/block.ts';
import { Final } from './jolteon/final.ts';
import { itemId, Ref, refs } from './level/payload.ts';
import { LevelFault } from './level-evidence.ts';
import { Sealed } from './municipality-batch.ts';
import { AskSealers, SealersTold } from './municipality.messages.ts';
import { digest, signature } from './terms.ts';
import { member } from './vertex-head.ts';

export const WANTED_MAX = 64;
/** At once: of each member there is one of each kind, and a page of them fits into a message (evidence-page.ts). */
export const ACCUSATIONS_MAX = 48;
/** Heights of one page, and heads that it holds at most if it holds more than one height. */
export const PAGE_MAX = 32;
export const PAGE_HEADS_MAX = 128;

/** A block with what it carries. */
export const Full = record({ block: Block, refs });
export type Full = Infer<typeof Full>;

/** What is ordered: of `final` the first block, which carries something. */
export const Item = either('is', {
  sealed: record({ sealed: Sealed }),
  final: record({ final: Final }),
});
export type Item = Infer<typeof Item>;

export const Offer = message('level.offer', { item: Item });
export const Proposal = message('level.proposal', { full: Full, tc: optional(Tc), signature });
export const VoteWord = message('level.vote', { block: digest, round, member, signature });
export const TimeoutWord = message('level.timeout', {
  round,
  high: Qc,
  tc: optional(Tc),
  member,
  signature,
});
export const Where = message('level.where', { high: Qc, tc: optional(Tc), height: blockHeight });
export const FetchWord = message('level.fetch', {
  blocks: list(digest, WANTED_MAX),
  items: list(Ref, WANTED_MAX),
  /** What whoever asks has committed: what is after that comes as a page. */
  height: blockHeight,
});
export const Given = message('level.given', { full: Full });
export const Taken = message('level.taken', { name: chainName, id: itemId });

/** Of a sealed municipality batch, to those who follow its cities: it is on my disk, and will be ordered. */
export const Receipt = message('level.receipt', { name: chainName, id: itemId });

/** That block I have committed, and another branch as well was: I order no more (level/fork.ts). */
export const Forked = message('level.forked', { final: Final });

export const Since = message('level.since', { height: blockHeight });
/** Blocks that carry something, one after another, and what proves all of them; nothing where there is none. */
export const Page = message('level.page', {
  top: blockHeight,
  final: optional(Final),
  bodies: list(refs, PAGE_MAX),
});

export const Find = message('level.find', { name: chainName, id: itemId });
export const FoundBlock = record({ refs, final: Final });
/** The block, what it carries, and what proves it; nothing where none is known. */
export const Found = message('level.found', { block: optional(FoundBlock) });

/** From which one on, in the order in which they were found. */
const nth = count(Number.MAX_SAFE_INTEGER);
export const Accused = message('level.accused', { from: nth });
/** `next`: where to go on; 0 where that was the last one. */
export const Accusations = message('level.accusations', {
  all: list(LevelFault, ACCUSATIONS_MAX),
  next: nth,
});

export type Offer = Infer<typeof Offer>;
export type Proposal = Infer<typeof Proposal>;
export type VoteWord = Infer<typeof VoteWord>;
export type TimeoutWord = Infer<typeof TimeoutWord>;
export type Where = Infer<typeof Where>;
export type FetchWord = Infer<typeof FetchWord>;
export type Given = Infer<typeof Given>;
export type Taken = Infer<typeof Taken>;
export type Receipt = Infer<typeof Receipt>;
export type Forked = Infer<typeof Forked>;
export type Since = Infer<typeof Since>;
export type Page = Infer<typeof Page>;
export type Find = Infer<typeof Find>;
export type Found = Infer<typeof Found>;
export type Accused = Infer<typeof Accused>;
export type Accusations = Infer<typeof Accusations>;

/** What anybody may ask a delegate, and hear. */
export const LEVEL_ASKED = catalogue(Since, Find, Accused);
export const LEVEL_ANSWERS = catalogue(Page, Found, Accusations);
export type LevelAsked = Infer<typeof LEVEL_ASKED>;
export type LevelAnswers = Infer<typeof LEVEL_ANSWERS>;
const AMONG_DELEGATES = catalogue(
  Offer,
  Proposal,
  VoteWord,
  TimeoutWord,
  Where,
  FetchWord,
  Given,
  Taken,
  Forked,
  Since,
  Page,
);
export const LEVEL_HEARS = union(AMONG_DELEGATES, catalogue(Find, Accused, SealersTold));
export const LEVEL_SAYS = union(
  AMONG_DELEGATES,
  catalogue(Found, Accusations, Receipt, AskSealers),
);
export type LevelHears = Infer<typeof LEVEL_HEARS>;
export type LevelSays = Infer<typeof LEVEL_SAYS>;
