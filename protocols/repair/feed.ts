/**
 * The feed: every act that the city has ordered, in its order, and what it is to a repairer.
 *
 *   repair-req     to be looked at, all of it; by those behind in rank later
 *   repair-lease   ours goes on; another's is left alone, and taken over if it comes to nothing
 *   repair-ack     ours is done; another's is one less to watch, or, where it is short of its lease, the next one's turn
 *   extend, erase  holders are to hear of it
 *
 * Where we are in it is kept together with what came of it: nothing that was ordered is missed, whoever
 * crashes when. The feed never waits, since what runs hears of its own acts by it; where there was no room for what an
 * act is about, that act is owed: from there on acts are read once more, when there is room, for their reasons alone.
 */
import { same } from '#lib/bytes.ts';
import { nameText } from '#algorithms/identity.ts';
import type { SignedAct } from '../act.ts';
import { count, optional, record, toBytes, whole } from '../codec.ts';
import { keep, NOTHING, put, type Moment, type Write } from '../effect.ts';
import { AskActs, type Acted, type Ordered } from '../ledger.messages.ts';
import { address, type NodeAddress } from '../subjects.ts';
import { rankedDelegates } from '../provers.ts';
import { admit, rankFor, TURN_MS, type Reason } from './cases.ts';
import { ordered } from './run.ts';
import { askFor, CASES_MAX, cityTime, type Effects, type Repairing } from './state.ts';

export const FEED = 'feed';
const LEDGER_MS = 3_000;
const number = count(Number.MAX_SAFE_INTEGER);
const KeptFeed = record({ from: number, owed: optional(number) });

export function restoreFeed(state: Repairing, value: Uint8Array): void {
  Object.assign(state.acts, whole(KeptFeed, value));
}

/** Asks the own ledger for what came since. */
export function poll(state: Repairing): Effects {
  const { acts, self } = state;
  if (acts.isAsked) return NOTHING;
  acts.isAsked = true;
  const question = AskActs.of({ from: acts.from });
  return [
    askFor<Acted>(state, address(self.node, 'ledger'), question, LEDGER_MS, (acted, at) => {
      acts.isAsked = false;
      return acted === undefined || acted.acts.length === 0 ? NOTHING : fed(state, acted, at);
    }),
  ];
}

function fed(state: Repairing, { next, acts }: Acted, at: Moment): Effects {
  const first = next - acts.length;
  const effects = acts.flatMap((act) => heard(state, act, at));
  const { writes, owed } = admitted(state, acts, first, at);
  state.acts.from = next;
  state.acts.owed ??= owed;
  return [keep('feed', keptFeed(state), ...writes), ...effects, ...poll(state)];
}

const keptFeed = ({ acts: { from, owed } }: Repairing): Write =>
  put(FEED, toBytes(KeptFeed, { from, owed }));

/** What is under way hears of what was ordered about it. */
function heard(state: Repairing, act: Ordered, at: Moment): Effects {
  const { signed } = act;
  const { about } = signed.act;
  const its = about === undefined ? undefined : state.cases.get(nameText(about));
  return its === undefined ? NOTHING : ordered(state, its, act, delegateOf(state, signed), at);
}

/** Cases for all that is to be looked at, up to the first act for which there is no room. */
function admitted(state: Repairing, acts: readonly Ordered[], first: number, at: Moment) {
  const writes: Write[] = [];
  let owed: number | undefined;
  for (const [i, { signed }] of acts.entries()) {
    const { about } = signed.act;
    const reason = about && reasonOf(state, about, signed, delegateOf(state, signed), at);
    const write = reason && admit(state, about, reason, at);
    if (write !== undefined) writes.push(write);
    else if (reason !== undefined) owed ??= first + i;
  }
  return { writes, owed };
}

/** There is room again: acts are read once more from the first that there was none for. */
export function catchUp(state: Repairing): Effects {
  const { acts, cases, self } = state;
  const { owed } = acts;
  if (owed === undefined || acts.isCatchingUp || cases.size >= CASES_MAX / 2) return NOTHING;
  acts.isCatchingUp = true;
  const question = AskActs.of({ from: owed });
  return [
    askFor<Acted>(state, address(self.node, 'ledger'), question, LEDGER_MS, (acted, at) => {
      acts.isCatchingUp = false;
      if (acted === undefined || acted.acts.length === 0) return NOTHING;
      const { writes, owed: still } = admitted(state, acted.acts, owed, at);
      acts.owed = still ?? (acted.next < acts.from ? acted.next : undefined);
      return [keep('feed', keptFeed(state), ...writes)];
    }),
  ];
}

/** Why this is to be looked at because of an act; nothing where it is not. */
function reasonOf(
  state: Repairing,
  about: Uint8Array,
  signed: SignedAct,
  by: NodeAddress | undefined,
  at: Moment,
): Reason | undefined {
  const rank = rankFor(state, about);
  const { what } = signed.act;
  switch (what.says) {
    case 'repair-req':
      return { isWhole: true, rank };
    case 'extend':
      return { isLonger: true, rank };
    case 'erase':
      return { erase: signed, rank };
    case 'repair-lease': {
      if (by === state.self.node) return undefined;
      const left = what.untilMs - (cityTime(state, at) ?? what.untilMs);
      return { rank, inMs: Math.max(0, left) + rank * TURN_MS, isWatched: true };
    }
    case 'repair-ack':
      return by === undefined || by === state.self.node ? undefined : turnAfter(state, about, by);
    default:
      return undefined;
  }
}

/** Whoever ended a round may rest: then all others have their turn, and none waits for it. */
function turnAfter(state: Repairing, about: Uint8Array, by: NodeAddress): Reason {
  const all = rankedDelegates(state.self.genesis, about).map(({ node }) => node);
  const rank = all.filter((node) => node !== by).indexOf(state.self.node);
  return { rank, inMs: rank * TURN_MS, isWatched: true };
}

const delegateOf = ({ self }: Repairing, { key }: SignedAct): NodeAddress | undefined =>
  self.genesis.delegates.find(
    ({ signing }) => signing.suite === key.suite && same(signing.key, key.key),
  )?.node;
