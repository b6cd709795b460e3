/** A delegate of a level above municipalities. Which one it is follows from its level; continent.ts and globe.ts name it. */
import { assert } from '#lib/assert.ts';
import {
  LEVEL_HEARS,
  LEVEL_SAYS,
  type LevelHears,
  type LevelSays,
} from '#protocols/level.messages.ts';
import * as machine from '#protocols/level/level.ts';
import {
  delegateOf,
  type DelegateState,
  type LevelSelf,
  type Role,
} from '#protocols/level/state.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

const MAILBOX_MAX = 4_096;

export function level(self: LevelSelf, role: Role): AnyActor {
  assert(self.level.role === role, 'a level has one role');
  const actor: Actor<DelegateState, LevelHears, LevelSays> = {
    address: delegateOf(role, self.node),
    listens: LEVEL_HEARS,
    speaks: LEVEL_SAYS,
    keeps: 'live/',
    mailboxMax: MAILBOX_MAX,
    start: (_, kept) => machine.begin(self, kept),
    receive: (state, input, at) => machine.step(state, input, at),
    invariants: machine.invariants,
  };
  return anyActor(actor);
}
