/**
 * Messages of the control of service levels (slo/slo.ts). Each delegate has one `slo` actor.
 *
 * | kind               | from             | to     | meaning                                             |
 * | ------------------ | ---------------- | ------ | --------------------------------------------------- |
 * | `slo.saw`          | own ingress, R1  | slo    | a write or a read is over, or took too long         |
 * | `policy.in-force`  | own policy       | slo    | the objective, and whether the city is strained     |
 * | `policy.verdict`   | slo              | own policy | what this delegate has seen: policy-change.ts   |
 */
import { catalogue, count, message, oneOf, optional, type Infer } from './codec.ts';
import { PolicyInForce, SloVerdict } from './policy.messages.ts';

/** No time: it failed, or nobody knows when it will be done. */
export const Saw = message('slo.saw', {
  what: oneOf('read', 'write'),
  tookMs: optional(count(0xffff_ffff)),
});
export type Saw = Infer<typeof Saw>;

export const SLO_HEARS = catalogue(Saw, PolicyInForce);
export const SLO_SAYS = catalogue(SloVerdict);
export type SloHears = Infer<typeof SLO_HEARS>;
export type SloSays = Infer<typeof SLO_SAYS>;
