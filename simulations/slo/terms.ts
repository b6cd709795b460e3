/** The layout that terms give a transaction: what the city places is what the formula is asked about. */
import { piecesOnAnchor } from '#config/policy/layout.ts';
import type { Resolved } from '#protocols/policy.ts';
import { ANCHOR_UP, anchorsIn, lightsIn, type Group, type Layout } from './layout.ts';

/** Its lights are near the sender. Anchors with one piece more than others are a group of their own. */
export const layoutOfTerms = (
  { k, lights, continents }: Pick<Resolved, 'k' | 'lights' | 'continents'>,
  local: string,
  up = ANCHOR_UP,
): Layout => ({
  k,
  lights: lights === 0 ? [] : [lightsIn(local, 0, lights)],
  anchors: continents.flatMap((placed): Group[] => {
    const { continent, anchors } = placed;
    const more = placed.pieces % anchors;
    const fewer = piecesOnAnchor(placed, anchors - 1);
    return [
      anchorsIn(continent, more, fewer + 1, up),
      anchorsIn(continent, anchors - more, fewer, up),
    ].filter(({ devices, piecesEach }) => devices > 0 && piecesEach > 0);
  }),
});
