/**
 * A delegate of a continent: orders sealed municipality batches together with the others. All decisions are in
 * protocols/level/ and protocols/jolteon/.
 */
import type { LevelSelf } from '#protocols/level/state.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { level } from './level.ts';

export const continent = (self: LevelSelf): AnyActor => level(self, 'continent');
