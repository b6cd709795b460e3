/**
 * What a ledger keeps of acts, beside records.ts.
 *
 *   live/act/<id>       an act that waits for its place in the order
 *   live/acts           how many acts have meant something
 *   act/<id>            the act, and where it was ordered
 *   said/<number>       which act has this number
 *   fate/<tx>           what acts have made of a transaction; none while nothing was said of it
 *   audited/<node>      how far a delegate has come with telling what its audits found
 *   accused/<node>      the act that convicted a node
 */
import { height } from '../city-batch.ts';
import { count, optional, record, type Infer } from '../codec.ts';
import { SignedAct } from '../act.ts';
import { digest, unixMs } from '../terms.ts';
import { LIVE } from './records.ts';

export const OPEN_ACT = `${LIVE}act/`;
export const ACT_COUNT = `${LIVE}acts`;
export const openActKey = (id: string): string => OPEN_ACT + id;
export const actKey = (id: string): string => `act/${id}`;
export const saidKey = (nth: number): string => `said/${nth}`;
export const fateKey = (txId: string): string => `fate/${txId}`;
export const auditedKey = (node: string): string => `audited/${node}`;
export const accusedKey = (node: string): string => `accused/${node}`;

const number = count(Number.MAX_SAFE_INTEGER);
/** Until when it may be ordered, by the time of the batches. */
export const OpenAct = record({ author: digest, until: unixMs });
export const ActCount = record({ count: number });

export const ActRow = record({
  signed: SignedAct,
  ordered: optional(record({ height, at: unixMs })),
});
export type ActRow = Infer<typeof ActRow>;

export const Said = record({ id: digest });
