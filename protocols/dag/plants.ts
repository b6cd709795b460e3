/**
 * Bugs on purpose in the order, for seeing that the suite catches them. Those in the rules of the DAG chance shows too
 * seldom in a city: tests that draw DAGs do (test/protocols/dag).
 */
export const DAG_PLANTS = {
  'commit-on-one-certificate': 'one certificate commits a turn of the DAG',
  'skip-on-few-blames': 'a third of the blames skips a turn of the DAG',
  'indirect-by-votes': 'an anchor that has a vote for a turn commits it, certificate or not',
  'author-stamp': 'whoever names a batch chooses its time alone',
  'turns-by-own-view': 'a delegate passes over whom it has not heard itself',
  'round-jumping': 'a delegate that is behind goes on at the top of the DAG',
} as const;

/** Where an epoch ends: seen in the scenario `dag`. */
export const EPOCH_PLANTS = {
  'old-committee-goes-on': 'those who ordered in the epoch before order in the next one',
  'forgets-at-the-end': 'what is named after the last batch of an epoch is named no more',
} as const;
export type DagPlant = keyof typeof DAG_PLANTS;
export type EpochPlant = keyof typeof EPOCH_PLANTS;
