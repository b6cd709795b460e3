/**
 * The feed: every act that the city has ordered, in its order, and what it is to a repairer.
 *
 *   repair-req     to be looked at, all of it; by those behind in rank later
 *   repair-lease   ours goes on; another's is left alone, and taken over if it comes to nothing
 *   repair-ack     ours is done; another's is one less to watch
 *   extend, erase  holders are to hear of it
 *
 * Where we are in it is kept together with what came of it: nothing that was ordered is missed, whoever
 * crashes when.
 */
import { same } from '#lib/bytes.ts';
import { nameText } from '#algorithms/identity.ts';
import type { SignedAct } from '../act.ts';
import { count, record, toBytes, whole } from '../codec.ts';
import { keep, NOTHING, put, type Moment, type Write } from '../effect.ts';
import { AskActs, type Acted, type Ordered } from '../ledger.messages.ts';
import { address, type NodeAddress } from '../subjects.ts';
import { admit, rankFor, TURN_MS, type Reason } from './cases.ts';
import { ordered } from './run.ts';
import { askFor, cityTime, type Effects, type Repairing } from './state.ts';

export const FEED = 'feed';
const LEDGER_MS = 3_000;
const KeptFeed = record({ from: count(Number.MAX_SAFE_INTEGER) });

export function restoreFeed(state: Repairing, value: Uint8Array): void {
  state.acts.from = whole(KeptFeed, value).from;
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
  state.acts.from = next;
  const done = acts.map((each) => one(state, each, at));
  const writes = done.flatMap(({ write }) => write ?? []);
  const kept = put(FEED, toBytes(KeptFeed, { from: next }));
  return [keep('feed', kept, ...writes), ...done.flatMap(({ effects }) => effects), ...poll(state)];
}

interface Did {
  readonly write?: Write | undefined;
  readonly effects: Effects;
}

function one(state: Repairing, act: Ordered, at: Moment): Did {
  const { signed } = act;
  const { about } = signed.act;
  if (about === undefined) return { effects: NOTHING };
  const by = delegateOf(state, signed);
  const its = state.cases.get(nameText(about));
  const effects = its === undefined ? NOTHING : ordered(state, its, act, by, at);
  const reason = reasonOf(state, about, signed, by, at);
  return { effects, write: reason === undefined ? undefined : admit(state, about, reason, at) };
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
      return { rank, inMs: Math.max(0, left) + rank * TURN_MS };
    }
    default:
      return undefined;
  }
}

const delegateOf = ({ self }: Repairing, { key }: SignedAct): NodeAddress | undefined =>
  self.genesis.delegates.find(
    ({ signing }) => signing.suite === key.suite && same(signing.key, key.key),
  )?.node;
