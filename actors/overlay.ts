/** The overlay of a node (protocols/overlay/): among delegates, anchors and followers, neighbours pass on what is spread. */
import {
  OVERLAY_HEARS,
  OVERLAY_SAYS,
  type OverlayHears,
  type OverlaySays,
} from '#protocols/overlay.messages.ts';
import { begin, invariants, step } from '#protocols/overlay/overlay.ts';
import { overlayOf, type Overlay, type OverlayOptions } from '#protocols/overlay/state.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function overlay(options: OverlayOptions): AnyActor {
  const actor: Actor<Overlay, OverlayHears, OverlaySays> = {
    address: overlayOf(options.node),
    listens: OVERLAY_HEARS,
    speaks: OVERLAY_SAYS,
    start: (at) => begin(options, at),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}
