/**
 * Messages of the tip (protocols/tip/): how far the order of a city is, and what proves it.
 *
 * | kind       | from   | to  | answer     |
 * | ---------- | ------ | --- | ---------- |
 * | `tip.ask`  | anyone | tip | `tip.told` |
 * | `tip.told` | tip    | whoever asked |  |
 *
 * What it spreads and hears goes by the overlay, under the topic `city-head`: a `Tip`.
 */
import { CityHead, Quorum } from './city-batch.ts';
import { catalogue, message, optional, record, union, type Infer } from './codec.ts';
import { Forked } from './dag.messages.ts';
import { AskChain, AskHandovers, Chained, HandedOver } from './ledger.messages.ts';
import { Heard, Judged, Spread } from './overlay.messages.ts';

/** The head of a batch with what makes it final: whoever has it needs to trust nobody. */
export const Tip = record({ head: CityHead, quorum: Quorum });
export type Tip = Infer<typeof Tip>;

export const AskTip = message('tip.ask', {});
/** The newest that is known there; nothing before the first. */
export const TipTold = message('tip.told', { tip: optional(Tip) });
export type TipTold = Infer<typeof TipTold>;

export const TIP_ASKED = catalogue(AskTip);
export const TIP_ANSWERS = catalogue(TipTold);
export const TIP_HEARS = union(
  union(TIP_ASKED, TIP_ANSWERS),
  catalogue(Heard, Chained, HandedOver),
);
export const TIP_SAYS = union(
  union(TIP_ASKED, TIP_ANSWERS),
  catalogue(Judged, Spread, Forked, AskChain, AskHandovers),
);
export type TipHears = Infer<typeof TIP_HEARS>;
export type TipSays = Infer<typeof TIP_SAYS>;
