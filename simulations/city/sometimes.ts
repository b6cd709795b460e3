/**
 * States that make a set of runs of the city worth something: a set of at least 200 seeds must reach all of them.
 * Those that are common were reached by twelve seeds, most of them in each.
 */
import { TRICKS } from './rogue.ts';

export const COMMON: readonly string[] = [
  'city: a client was told COMMITTED',
  'city: a client was told POH_ACK',
  'city: a client was told REJECTED seq-used',
  'city: an outcome was not known',
  'attest: a row was sealed for a spare',
  'commit: the deadline passed with too few acks',
  'distribute: a holder refused',
  'distribute: a spare was sent a row',
  'distribute: an ack was none: not-placed',
  'holder: a piece came again',
  'ingress: a transaction was driven again',
  'ingress: word came of somebody whose it is not to say',
  'select: a stranger asked, or for what is no transaction of this city',
  'rogue: was answered ingress.accepted',
  'rogue: was answered ingress.refused bad-signature',
  'rogue: was not understood',
  ...TRICKS.map((trick) => `rogue: ${trick}`),
];

/** Seen in sets of some tens of seeds. */
export const RARER: readonly string[] = [
  'a process ended by itself',
  'city: a vertex was said again by a later life',
  'city: a client was told REPAIR_REQ',
  'city: a vertex was stood on and rejected',
  'city: a sender was held back',
  'city: what was decided without us was fetched',
  'commit: a transaction came again',
  'commit: acks came that do not count',
  'distribute: an ack was none: not-in-batch',
  'ingress: a transaction expired at its ingress',
  'ingress: a transaction was driven on after a restart',
  'ledger: a batch names what was decided before',
  'ledger: a decided batch waited for its certificates',
  'presence: one takes over a list',
  'select: a placement was used again',
];
