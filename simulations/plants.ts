/**
 * Bugs that are planted on purpose, to see that the suite catches them. The part that has the bug is
 * told when it is made; no oracle ever looks at which one is planted.
 */
import { OVERLAY_PLANTS } from '#protocols/overlay/state.ts';
import { ABBA_PLANTS } from '#protocols/abba/plants.ts';
import { DAG_PLANTS, EPOCH_PLANTS } from '#protocols/dag/plants.ts';
import { LEVEL_PLANTS } from '#protocols/level/state.ts';
import { JOLTEON_PLANTS } from '#protocols/jolteon/plants.ts';
import { MUNICIPALITY_PLANTS } from '#protocols/municipality/plants.ts';
import { ROOTING_PLANTS } from '#protocols/rooting/state.ts';
import { KEEPING_PLANTS } from '#protocols/self.ts';

export const PLANTS = {
  ...KEEPING_PLANTS,
  ...OVERLAY_PLANTS,
  ...DAG_PLANTS,
  ...EPOCH_PLANTS,
  ...ABBA_PLANTS,
  ...JOLTEON_PLANTS,
  ...MUNICIPALITY_PLANTS,
  ...LEVEL_PLANTS,
  ...ROOTING_PLANTS,
  'acknowledge-before-sync': 'a store says durable when it is only written',
  'stale-exit-believed': 'a supervisor acts on the end of an incarnation that is no more',
  'window-never-expires': 'a supervisor counts restarts for ever',
  'signal-dropped': 'a full mailbox drops signals too',
  'reordering-unnoticed': 'a link delivers what comes too late as if it were new',
  'stale-end-believed': 'an end that an earlier watch waited for is told to a later one',
} as const;

export type Plant = keyof typeof PLANTS;

export const isPlant = (text: string): text is Plant => Object.hasOwn(PLANTS, text);
