/** The trees of a delegate, apart from the others (supervision/tree.ts): whoever hosts none does not load all that it does. */
import { levels, type LevelsOptions } from '#actors/levels.ts';
import { delegate, type DelegateOptions } from '#actors/members.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { nodeTree } from '#supervision/tree.ts';

export const delegateTree = (
  options: DelegateOptions,
  above: Pick<LevelsOptions, 'world' | 'coin'>,
): AnyActor =>
  nodeTree(options.self.node, [
    { id: 'delegate', start: () => delegate(options) },
    { id: 'levels', start: () => levels({ self: options.self, ...above }) },
  ]);
