/**
 * The presence of a delegate (protocols/presence/): one is active in a city, the others stand by and serve
 * the lists to the actors of their own node.
 */
import type { Contracts } from '#protocols/credential.ts';
import type { Moment } from '#protocols/effect.ts';
import {
  PRESENCE_HEARS,
  PRESENCE_SAYS,
  type PresenceHears,
  type PresenceSays,
} from '#protocols/presence.messages.ts';
import { begin, invariants, step } from '#protocols/presence/presence.ts';
import type { Options, Presence } from '#protocols/presence/state.ts';
import { DEFAULT_LIMITS, type Limits } from '#protocols/presence/table.ts';
import { DEFAULT_WEIGHING, type Weighing } from '#protocols/presence/weigh.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor, type Kept } from '#runtime/actor.ts';

/** A second and a half of beats of ten thousand nodes. */
const MAILBOX_MAX = 16_384;

export interface PresenceOptions {
  readonly contracts?: Contracts;
  readonly limits?: Limits;
  readonly weighing?: Weighing;
}

export function presence(self: Self, more: PresenceOptions = {}): AnyActor {
  const options: Options = {
    self,
    contracts: more.contracts ?? new Map(),
    limits: more.limits ?? DEFAULT_LIMITS,
    weighing: more.weighing ?? DEFAULT_WEIGHING,
  };
  const actor: Actor<Presence, PresenceHears, PresenceSays> = {
    address: address(self.node, 'presence'),
    listens: PRESENCE_HEARS,
    speaks: PRESENCE_SAYS,
    keeps: true,
    mailboxMax: MAILBOX_MAX,
    // The next beat says all that the last one said.
    overflow: (kind) => (kind === 'presence.beat' ? 'drop-oldest' : 'refuse'),
    start: (at: Moment, kept: Kept) => begin(options, at, kept),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}
