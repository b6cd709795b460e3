/** Bugs of Jolteon on purpose, for seeing that the suite catches them; in production there is none. */
export const JOLTEON_PLANTS = {
  'jolteon-without-tc-check': 'a block after a timeout may extend any old block',
  'jolteon-commits-gaps': 'a block is committed although the round after it has no certified child',
  'jolteon-votes-twice': 'a delegate votes for each block that is proposed in a round',
  'jolteon-vote-not-kept': 'a delegate that restarts has forgotten what it voted for',
  'jolteon-votes-after-timeout': 'a delegate votes in a round that it has given up',
  'jolteon-quorum-short': 'a certificate of more than a third of the weight passes',
  'jolteon-no-backoff': 'rounds never become longer',
} as const;
export type JolteonPlant = keyof typeof JOLTEON_PLANTS;
