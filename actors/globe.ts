/**
 * A delegate of the globe: orders what continents have committed, together with the others; its blocks are the headers
 * that followers verify. All decisions are in protocols/level/ and protocols/jolteon/.
 */
import type { LevelSelf } from '#protocols/level/state.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { level } from './level.ts';

export const globe = (self: LevelSelf): AnyActor => level(self, 'globe');
