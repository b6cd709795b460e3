/** What delegates and anchors both have: neighbours of each other; the delegates are known to all from the beginning. */
import type { Self } from '#protocols/self.ts';
import { TIP } from '#protocols/tip/tip.ts';
import type { ChildSpec } from '#supervision/spec.ts';
import type { Make } from '#supervision/supervisor.ts';
import { overlay } from './overlay.ts';
import { tip } from './tip.ts';

export function inOverlay(self: Self): ChildSpec<Make>[] {
  const { genesis, node, probe } = self;
  const seeds = genesis.delegates.map((each) => each.node);
  const listeners = new Map([['city-head', TIP]] as const);
  return [
    { id: 'overlay', start: () => overlay({ node, seeds, listeners, probe }) },
    { id: 'tip', start: () => tip(self) },
  ];
}
