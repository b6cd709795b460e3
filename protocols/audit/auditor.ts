/**
 * The auditor of a delegate: asks holders for what they say they hold, while they do not expect it.
 *
 *   frozen list --(span)--> whom this delegate audits --(VRF over the newest batch)--> rows
 *   own ledger: who holds what --------------------------------------------------'     |
 *                                                             holder.prove <-----------'
 *   holder.proved --(a job checks)--> sound, lacking, silent, false
 *        '--> repair.suspect to the own repair, evidence to the order, and when the span is over an act of findings
 *   acts, as they were ordered --> accounts: scores to the own presence, Harmony, suspensions; what is to be paid (payday.ts)
 *
 * Safety: a finding is of an answer that the holder signed for this very challenge; accounts follow from the order
 * alone, and are kept with where to go on. What this delegate found and has not told yet is lost with it, and found
 * again. Liveness: every question has a deadline, whoever owes is asked again, the ledger is read each second.
 * Cost: as many pieces a second as the policy says; bench/audit.bench.ts has what a piece costs.
 */
import { EMPTY } from '#lib/bytes.ts';
import { lru } from '#lib/lru.ts';
import { assert } from '#lib/assert.ts';
import type { AuditHears, AuditSays } from '../audit.messages.ts';
import {
  keep,
  NOTHING,
  reply,
  send,
  wake,
  type Moment,
  type Signal,
  type Step,
} from '../effect.ts';
import { AskActs, AskChain, type Acted, type Chained } from '../ledger.messages.ts';
import { Score } from '../presence.messages.ts';
import * as replica from '../presence/replica.ts';
import type { Doubt } from '../receiving.messages.ts';
import { address, type NodeAddress } from '../subjects.ts';
import { catchUp } from './catch-up.ts';
import * as following from './follow.ts';
import { pace } from './pace.ts';
import { notPaying, pay } from './payday.ts';
import { standings } from './standings.ts';
import { shown } from './sums.ts';
import { scoreOf } from './standing.ts';
import {
  CHALLENGES_MAX,
  DOUBTED_MAX,
  DOUBTS_MAX,
  FACTS_MAX,
  own,
  type Auditing,
  type Options,
} from './state.ts';
import { turn } from './turn.ts';
import { asks, cameOf, noWaits, type Effects } from './waits.ts';

export type { Auditing } from './state.ts';

const TURN = 'turn';
const TURN_MS = 200;
const FOLLOW = 'follow';
const FOLLOW_MS = 1_000;
const LEDGER_MS = 3_000;
const CHAIN_PAGE = 16;

type Did = Step<Auditing, AuditSays>;

export function begin(of: Options, at: Moment, kept: ReadonlyMap<string, Uint8Array>): Did {
  const { genesis, node } = of.self;
  const [copy, follows] = replica.begin({ genesis, presence: address(node, 'presence') });
  const state: Auditing = {
    of,
    copy,
    following: following.begin(genesis, of.policy, kept),
    paying: notPaying(),
    waits: noWaits(),
    known: new Map(),
    facts: lru(FACTS_MAX),
    pace: pace(),
    round: undefined,
    listed: EMPTY,
    underWay: 0,
    allowance: 0,
    allowedAt: at.now,
    doubts: new Map(),
    isCatchingUp: false,
    accused: new Set(),
  };
  const { holders } = state.following.accounts;
  const scores = scoresOf(state, holders.keys());
  return [state, [...follows, ...scores, wake(TURN, TURN_MS), wake(FOLLOW, 1)]];
}

export function step(state: Auditing, input: AuditHears | Signal, at: Moment): Did {
  return [state, effectsOf(state, input, at)];
}

function effectsOf(state: Auditing, input: AuditHears | Signal, at: Moment): Effects {
  if (replica.isForReplica(input))
    return replica.step(state.copy, input, at, state.of.self.probe)[1];
  switch (input.kind) {
    case 'audit.ask':
      return reply(at, standings(state.of.self.genesis, state.following, input));
    case 'audit.ask-sums':
      return isColleague(state, at) ? reply(at, shown(state.following.frozen, input)) : NOTHING;
    case 'audit.doubt':
      return at.from === own(state, 'gather') ? doubted(state, input) : NOTHING;
    case 'answered':
      return cameOf(state.waits, input.id, input.message, at);
    case 'computed':
      return cameOf(state.waits, input.id, input.output, at);
    case 'unanswered':
    case 'uncomputed':
      return cameOf(state.waits, input.id, undefined, at);
    case 'wake':
      return input.id === TURN
        ? [...turn(state, at), wake(TURN, TURN_MS)]
        : [
            ...readChain(state),
            ...pay(state),
            ...catchUp(state, (nodes) => scoresOf(state, nodes)),
            wake(FOLLOW, FOLLOW_MS),
          ];
    default:
      return NOTHING;
  }
}

/** Another delegate's auditor. */
function isColleague({ of }: Auditing, at: Moment): boolean {
  const from = at.from ?? at.ticket?.asker;
  return of.self.genesis.delegates.some(({ node }) => from === address(node, 'audit'));
}

/** What must be true between any two steps. */
export function invariants({ underWay, known, doubts, round }: Auditing): void {
  const busy = [...known.values()].filter(({ isBusy }) => isBusy).length;
  assert(underWay === busy && underWay <= CHALLENGES_MAX, 'one challenge of a holder, few in all');
  assert(doubts.size <= DOUBTED_MAX, 'few doubts wait');
  assert(round === undefined || round.queue.length <= known.size, 'who waits is known');
}

/** A reader had trouble with a holder: it is asked for that row at its next turn. */
function doubted(state: Auditing, { holder, txId, row }: Doubt): Effects {
  const { doubts, round } = state;
  const had = doubts.get(holder) ?? [];
  if (had.length === 0 && doubts.size === DOUBTED_MAX) return NOTHING;
  if (had.length < DOUBTS_MAX) doubts.set(holder, [...had, { txId, row }]);
  if (round !== undefined && !round.queue.includes(holder)) {
    // It is another's to audit in this span, and waits here for this one challenge.
    round.isQueued.delete(holder);
    state.listed = undefined;
  }
  return NOTHING;
}

/** One after another: batches first, then the acts up to them. */
function readChain(state: Auditing): Effects {
  const question = AskChain.of({ from: following.nextHeight(state.following), count: CHAIN_PAGE });
  return [
    asks(state.waits, own(state, 'ledger'), question, LEDGER_MS, (answer) => {
      if (answer?.kind !== 'ledger.chained') return NOTHING;
      const isMore = following.chained(state.following, answer as Chained);
      return readActs(state, isMore);
    }),
  ];
}

function readActs(state: Auditing, isMoreChain: boolean): Effects {
  if (state.following.lost !== undefined) return isMoreChain ? readChain(state) : NOTHING;
  const question = AskActs.of({ from: state.following.next });
  return [
    asks(state.waits, own(state, 'ledger'), question, LEDGER_MS, (answer) => {
      if (answer?.kind !== 'ledger.acted') return NOTHING;
      const { changed, writes, isMore } = following.acted(state.following, answer as Acted);
      const kept = writes.length === 0 ? NOTHING : [keep('accounts', ...writes)];
      const more = isMore ? readActs(state, isMoreChain) : isMoreChain ? readChain(state) : NOTHING;
      return [...kept, ...scoresOf(state, changed), ...more];
    }),
  ];
}

/** Presence weighs a holder by what all delegates found. */
function scoresOf(state: Auditing, nodes: Iterable<NodeAddress>): Effects {
  const { following: followed, of } = state;
  const { holders } = followed.accounts;
  const presence = own(state, 'presence');
  return [...nodes].flatMap((node) => {
    const standing = holders.get(node);
    if (standing === undefined) return [];
    return [send(presence, Score.of({ node, permille: scoreOf(of.self.genesis, standing) }))];
  });
}
