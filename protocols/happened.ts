/** What the order did to a transaction, and where in the order that was. */
import { count, optional, record, type Infer } from './codec.ts';
import { effect } from './objects/op.ts';
import { ShownState } from './sending.messages.ts';
import { digest } from './terms.ts';

/** Numbers of one batch: places of its entries, and behind them of what ended by its time. */
export const PLACES = 1_024;
/** Where in the order something happened: height * 1 024 + place. */
export const number = count(Number.MAX_SAFE_INTEGER);

export const Happened = record({
  number,
  txId: digest,
  state: ShownState,
  from: ShownState,
  cause: digest,
  /** Where it was committed with an op: what came of that. */
  effect: optional(effect),
});
export type Happened = Infer<typeof Happened>;
