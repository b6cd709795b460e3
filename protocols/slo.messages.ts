/**
 * Messages of the control of service levels (slo/slo.ts). Each delegate has one `slo` actor.
 *
 * | kind               | from             | to     | meaning                                             |
 * | ------------------ | ---------------- | ------ | --------------------------------------------------- |
 * | `slo.saw`          | own ingress, R1  | slo    | a write or a read is over, or took too long         |
 * | `policy.in-force`  | own policy       | slo    | the objective, and whether the city is strained     |
 * | `slo.ask`          | anyone           | slo    | `slo.status`                                        |
 * | `policy.verdict`   | slo              | own policy | what this delegate has seen: policy-change.ts   |
 */
import { catalogue, count, flag, message, oneOf, optional, record, type Infer } from './codec.ts';
import { PolicyInForce, SloVerdict, VERDICTS } from './policy.messages.ts';
import { nodeName, unixMs } from './terms.ts';

/** No time: it failed, or nobody knows when it will be done. */
export const Saw = message('slo.saw', {
  what: oneOf('read', 'write'),
  tookMs: optional(count(0xffff_ffff)),
});
export type Saw = Infer<typeof Saw>;

const seen = count(0xffff_ffff);
const Pair = record({ good: seen, bad: seen });
/** By the windows of slo/budget.ts. */
const ByWindow = record({ fastLong: Pair, fastShort: Pair, slowLong: Pair, slowShort: Pair });

export const AskSlo = message('slo.ask', {});
/** What one delegate saw, by the objective that it follows. */
export const SloStatus = message('slo.status', {
  node: nodeName,
  verdict: VERDICTS,
  isStrained: flag,
  goodMillionths: count(1_000_000),
  windowMs: unixMs,
  reads: ByWindow,
  writes: ByWindow,
});
export type SloStatus = Infer<typeof SloStatus>;

export const SLO_HEARS = catalogue(Saw, PolicyInForce, AskSlo);
export const SLO_SAYS = catalogue(SloVerdict, SloStatus);
export type SloHears = Infer<typeof SLO_HEARS>;
export type SloSays = Infer<typeof SLO_SAYS>;
