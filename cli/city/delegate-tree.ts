/** The tree of a delegate, apart from the others (supervision/tree.ts): whoever hosts none does not load all that it does. */
import { delegate, type DelegateOptions } from '#actors/members.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { nodeTree } from '#supervision/tree.ts';

export const delegateTree = (options: DelegateOptions): AnyActor =>
  nodeTree(options.self.node, 'delegate', () => delegate(options));
