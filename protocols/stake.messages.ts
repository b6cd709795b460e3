/**
 * Messages of the `stake` actor that each delegate has (stake/steward.ts).
 *
 * | kind            | from  | to             | answer                                    |
 * | --------------- | ----- | -------------- | ----------------------------------------- |
 * | `ledger.stakes` | stake | the own ledger | `ledger.staked`                            |
 * | `dag.accused`   | stake | the own city   | `dag.accusations`                          |
 * | `level.accused` | stake | members of the levels above, anywhere | `level.accusations` |
 * | `ledger.act`    | stake | the own ledger | `ledger.act-held`, `ledger.act-declined`   |
 */
import { catalogue, type Infer } from './codec.ts';
import { Accusations, AskAccused } from './dag.messages.ts';
import { Accused, Accusations as LevelAccusations } from './level.messages.ts';
import { ActDeclined, ActHeld, AskStakes, OfferAct, Staked } from './ledger.messages.ts';

export const STAKE_HEARS = catalogue(Staked, Accusations, LevelAccusations, ActHeld, ActDeclined);
export const STAKE_SAYS = catalogue(AskStakes, AskAccused, Accused, OfferAct);
export type StakeHears = Infer<typeof STAKE_HEARS>;
export type StakeSays = Infer<typeof STAKE_SAYS>;
