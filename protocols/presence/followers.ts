/**
 * Followers: who is told of new lists, and what may be had of those that are here.
 *
 *   follow --> the lists that it lacks, and each new one for `FOLLOWED_MS` --(silent)--> forgotten
 *   fetch  --> a page of a list that is here, or of our proposal
 *
 * Delegates follow. Lists are public: others are answered too, each so often (strangers.ts), and not told.
 */
import { NOTHING, send, type Effect, type Moment } from '../effect.ts';
import {
  ListFrozen,
  type FetchList,
  type FollowLists,
  type PresenceHears,
  type SeekList,
} from '../presence.messages.ts';
import type { Address } from '../subjects.ts';
import { stirred } from './proposing.ts';
import { FOLLOW_MS } from './replica.ts';
import type { Roll } from './roll.ts';
import { announcementOf, announcementsFor, pageFor } from './serve.ts';
import { othersOf, type Presence, type Said } from './state.ts';
import { isAnswered } from './strangers.ts';

const FOLLOWED_MS = 3 * FOLLOW_MS;
export const FOLLOWERS_MAX = 1_024;

/** Frozen lists are public: whoever asks for one is answered, within bounds. */
export function toAnyone(
  { replica, strangers: known }: Presence,
  input: PresenceHears,
  from: Address,
  { now }: Moment,
): Said {
  if (!isAnswered(known, from, now)) return NOTHING;
  switch (input.kind) {
    case 'presence.follow':
      return announcementsFor(replica.rolls, input).map((each) => send(from, each));
    case 'presence.fetch': {
      const page = pageFor(replica.rolls, input);
      return page === undefined ? NOTHING : [send(from, page)];
    }
    default:
      return NOTHING;
  }
}

export function followed(
  { followers, replica }: Presence,
  input: FollowLists,
  from: Address,
  { now }: Moment,
): Said {
  if (followers.size < FOLLOWERS_MAX || followers.has(from)) followers.set(from, now + FOLLOWED_MS);
  return announcementsFor(replica.rolls, input).map((each) => send(from, each));
}

export function fetched(state: Presence, input: FetchList, from: Address, { now }: Moment): Said {
  const { proposal } = state;
  stirred(state, input.list, now);
  const lists = listsOf(state);
  const rolls = proposal === undefined ? lists : [...lists, proposal.roll];
  const page = pageFor(rolls, input);
  return page === undefined ? NOTHING : [send(from, page)];
}

export const sought = (state: Presence, input: SeekList, from: Address): Said =>
  announcementOf(listsOf(state), input).map((each) => send(from, each));

/** All that can be had here, older ones as well. */
const listsOf = ({ replica }: Presence): readonly Roll[] => [...replica.rolls, ...replica.older];

/** A new list is told to whoever follows; one of our own to the other presences as well. */
export function announce(state: Presence, { list, frozen }: Roll): Effect<ListFrozen>[] {
  const told = ListFrozen.of({ frozen });
  const others = list.head.by === state.of.self.node ? othersOf(state) : [];
  const whom = new Set([...state.followers.keys(), ...others]);
  // They ask again and again anyway.
  if (state.of.self.probe.buggify('presence: nobody is told of a list')) whom.clear();
  return [...whom].map((each) => send(each, told));
}

export function forgetSilent({ followers }: Presence, now: number): void {
  for (const [follower, until] of followers) if (until <= now) followers.delete(follower);
}
