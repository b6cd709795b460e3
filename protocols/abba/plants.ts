/** Bugs of binary agreement on purpose, for seeing that the suite catches them; in production there is none. */
export const ABBA_PLANTS = {
  'abba-without-conf': 'the coin is asked for before its outcome is bound',
  'abba-two-aux': 'a member says AUX for each value that it accepts',
  'abba-quorum-short': 'agreement counts one third of the weight where it needs two',
  'abba-aux-unchecked': 'an AUX counts for a value that nobody honest need have proposed',
  'abba-term-believed': 'one TERM is enough to decide',
  'abba-no-amplification': 'a member says BVAL for nothing but its own estimate',
  'abba-decided-rests': 'whoever has decided supports no value any more',
  'abba-forgets-aux': 'a member that restarts has forgotten which AUX it said',
} as const;
export type AbbaPlant = keyof typeof ABBA_PLANTS;
