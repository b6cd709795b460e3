/** The trees of a delegate, apart from the others (supervision/tree.ts): whoever hosts none does not load all that it does. */
import { levels, type LevelsOptions } from '#actors/levels.ts';
import { delegate, type DelegateOptions } from '#actors/members.ts';
import { membersAbove } from '#protocols/level/in-world.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { nodeTree } from '#supervision/tree.ts';

export const delegateTree = (
  options: DelegateOptions,
  above: Pick<LevelsOptions, 'world' | 'coin'>,
): AnyActor => {
  const { genesis, node } = options.self;
  const self = { ...options.self, above: membersAbove(above.world, genesis.place) };
  return nodeTree(node, [
    { id: 'delegate', start: () => delegate({ ...options, self }) },
    { id: 'levels', start: () => levels({ self, ...above }) },
  ]);
};
