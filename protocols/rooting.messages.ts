/**
 * Messages of rooting (protocols/rooting/): how far above its city what a city committed has come.
 *
 * | kind                | from      | to      | says, or answer                                              |
 * | ------------------- | --------- | ------- | ------------------------------------------------------------ |
 * | `rooting.committed` | ledger    | rooting | own node: this batch is applied, and that is what proves it   |
 * | `level.receipt`     | continent | rooting | this municipality batch is on my disk, and will be ordered    |
 * | `rooting.ask`       | anyone    | any rooting of a city | `rooting.told`                                 |
 *
 * What is sealed and ordered above is found by asking: `municipality.find`, and `level.find` of the continent and of the
 * globe. Towards its municipality a rooting says `municipality.top`.
 *
 * Notes: `root.<ROOT>` {height}: all batches of the city up to this one have come so far.
 */
import { CityHead, height, Quorum } from './city-batch.ts';
import { catalogue, message, oneOf, optional, union, type Infer } from './codec.ts';
import { AskChain, Chained } from './ledger.messages.ts';
import { Find as FindBlock, Found as FoundBlock, Receipt } from './level.messages.ts';
import { itemId } from './level/payload.ts';
import { batchId } from './municipality-batch.ts';
import {
  AskSealers,
  FindHead,
  FoundHead,
  SealedWord,
  SealersTold,
  Top,
} from './municipality.messages.ts';

/**
 * How far: sealed by its municipality; taken in by its continent, which has it on its disks and will order it; ordered
 * there; ordered by the globe.
 */
export const ROOTS = ['MUNICIPALITY', 'TAKEN_IN', 'CONTINENT', 'GLOBE'] as const;
export const Root = oneOf(...ROOTS);
export type Root = Infer<typeof Root>;

export const Committed = message('rooting.committed', { head: CityHead, quorum: Quorum });

export const AskRoot = message('rooting.ask', { height });
/** Of the batch of that height: how far it has come, and where it stands there. */
export const RootTold = message('rooting.told', {
  height,
  root: optional(Root),
  municipality: optional(batchId),
  continent: optional(itemId),
  globe: optional(itemId),
});

export type Committed = Infer<typeof Committed>;
export type AskRoot = Infer<typeof AskRoot>;
export type RootTold = Infer<typeof RootTold>;

/** What anybody may ask, and hears. */
export const ROOTING_ASKED = catalogue(AskRoot);
export const ROOTING_ANSWERS = catalogue(RootTold);

export const ROOTING_HEARS = union(
  union(ROOTING_ASKED, catalogue(Committed, Receipt, SealedWord)),
  catalogue(Chained, FoundHead, FoundBlock, SealersTold),
);
export const ROOTING_SAYS = union(
  ROOTING_ANSWERS,
  catalogue(Top, AskChain, FindHead, FindBlock, AskSealers),
);
export type RootingHears = Infer<typeof ROOTING_HEARS>;
export type RootingSays = Infer<typeof ROOTING_SAYS>;
