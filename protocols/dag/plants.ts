/**
 * Bugs on purpose in the rules of the DAG, for seeing that the suite catches them. Chance in a city shows them too
 * seldom: tests that draw DAGs do (test/protocols/dag).
 */
export const DAG_PLANTS = {
  'commit-on-one-certificate': 'one certificate commits a turn of the DAG',
  'skip-on-few-blames': 'a third of the blames skips a turn of the DAG',
  'indirect-by-votes': 'an anchor that has a vote for a turn commits it, certificate or not',
  'author-stamp': 'whoever names a batch chooses its time alone',
  'round-jumping': 'a delegate that is behind goes on at the top of the DAG',
} as const;
export type DagPlant = keyof typeof DAG_PLANTS;
