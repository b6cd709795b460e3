/** Bugs of a municipality on purpose, for seeing that the suite catches them; in production there is none. */
export const MUNICIPALITY_PLANTS = {
  'municipality-own-view': 'a member takes in what it has, whatever was decided',
  'municipality-words-not-kept': 'a member says its words before they are durable',
  'municipality-old-members-go-on': 'members of an epoch seal on when it is over',
} as const;
export type MunicipalityPlant = keyof typeof MUNICIPALITY_PLANTS;
