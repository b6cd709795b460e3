/** Those members of a city (members.ts) that hold: lights and anchors. */
import type { HeartOptions } from '#protocols/heart.ts';
import type { Marks } from '#protocols/hold/partings.ts';
import { address } from '#protocols/subjects.ts';
import type { AnyActor } from '#runtime/actor.ts';
import type { Planted } from '#supervision/machine/state.ts';
import type { Flags } from '#supervision/spec.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { heart } from './heart.ts';
import { holder } from './holder.ts';
import { inOverlay } from './in-overlay.ts';

/** Any one fault, and a few at once; not an actor that cannot live. */
const FLAGS: Flags = { intensity: 10, periodMs: 10_000, strategy: 'rest_for_one' };

/** Of a node that holds: what its heart needs, and its holder. */
export interface KeeperOptions extends HeartOptions {
  readonly marks?: Marks | undefined;
}

/** A light or an anchor. */
export function keeper(
  options: KeeperOptions,
  planted?: Planted,
  holderOf: typeof holder = holder,
): AnyActor {
  const { self, role, marks } = options;
  return supervisor({
    address: address(self.node, role),
    flags: FLAGS,
    children: [
      { id: 'holder', start: () => holderOf(self, role, marks) },
      { id: 'heart', start: () => heart(options), shutdown: HEART_SHUTDOWN_MS },
      ...(role === 'anchor' ? inOverlay(self) : []),
    ],
    ...(planted === undefined ? {} : { planted }),
  });
}

/** It logs out before it goes. */
const HEART_SHUTDOWN_MS = 1_000;
