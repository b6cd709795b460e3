/**
 * What a holder goes by that was told nothing else: the defaults of the policy, without the languages of policies, which are
 * 10 MB that a light does not load. test/config/holder.test.ts holds them together.
 */
export const HOLDER = {
  /** Of its store, so little is left when it asks that others take some of what it has. */
  roomPermille: 100,
  /** It has no room for so long after it had none; twice as long each time, and at most. */
  fullMs: 60_000,
  fullMsMax: 3_600_000,
} as const;
