/**
 * Turns: which presence leads, and what that changes here. Who it should be is in peers.ts.
 *
 *   stands by --(first of the living, nobody is ahead)--> leads: has the table, proposes lists
 *       ^--------(another is first)-----------------------'
 */
import { send, type Moment } from '../effect.ts';
import { FREEZE_MS } from '../eligibility.ts';
import { Alive } from '../presence.messages.ts';
import type { Address } from '../subjects.ts';
import { refusal } from './desk.ts';
import { activeAt, aheadOf, isInTouch, presenceOf } from './peers.ts';
import { turnTo } from './replica.ts';
import type { Roll } from './roll.ts';
import { newestRoll, othersOf, type Presence, type Said } from './state.ts';
import { adopted, listed, table } from './table.ts';

function active(state: Presence, { now }: Pick<Moment, 'now'>): number {
  return activeAt(state.peers, newestRoll(state)?.list.head, now);
}

/** Somebody came to one that does not lead. */
export function elsewhere(state: Presence, to: Address, at: Moment): Said {
  const { delegates } = state.of.self.genesis;
  const first = active(state, at);
  if (first === state.delegate) return refusal(to, 'busy'); // We are about to take the lead.
  return refusal(to, 'elsewhere', delegates[first]!.node);
}

export const aliveOf = (state: Presence): Alive =>
  Alive.of({ newest: newestRoll(state)?.list.head.number ?? 0 });

export const alive = (state: Presence): Said =>
  othersOf(state).map((other) => send(other, aliveOf(state)));

/** Takes the lead, or gives it up; and follows whoever has a newer list. */
export function turned(state: Presence, at: Moment): void {
  const { now } = at;
  const roll = newestRoll(state);
  const first = active(state, at);
  const ahead = aheadOf(state.peers, roll?.list.head.number ?? 0, now);
  turnTo(state.replica, presenceOf(state.of.self.genesis, ahead ?? first));
  if (first !== state.delegate) return leave(state);
  // Who has just begun may have missed lists.
  if (!state.leads && isInTouch(state.peers, now) && ahead === undefined) take(state, roll, now);
}

function take(state: Presence, roll: Roll | undefined, now: number): void {
  state.leads = true;
  state.table = adopted(roll, now);
  [state.frozenAt, state.early] = [now, 0];
  if (roll !== undefined) state.of.self.probe.sometimes('presence: one takes over a list');
}

function leave(state: Presence): void {
  if (!state.leads) return;
  state.leads = false;
  state.table = table();
  state.proposal = undefined;
  state.of.self.probe.sometimes('presence: one gives up the lead');
}

/** A list is newer than the one that we knew: what was proposed for its number or before is past. */
export function noticed(state: Presence, { now }: Pick<Moment, 'now'>): Roll | undefined {
  const roll = newestRoll(state);
  if (roll === undefined || roll === state.newest) return undefined;
  const { number } = roll.list.head;
  state.early = now < state.frozenAt + FREEZE_MS ? state.early + 1 : 0;
  state.newest = roll;
  state.frozenAt = now;
  if (state.proposal !== undefined && state.proposal.roll.list.head.number <= number)
    state.proposal = undefined;
  if (state.candidate !== undefined && state.candidate.head.number <= number)
    state.candidate = undefined;
  if (state.leads) listed(state.table, roll);
  return roll;
}
