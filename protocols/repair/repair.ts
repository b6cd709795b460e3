/**
 * Repair: what a city lost of a transaction is made again, once, by one of its delegates.
 *
 *   audits, readers, S4,       cases --(look.ts)--> ledger, holders --> judge --> queue --(run.ts)--> lease
 *   acts, missed nodes, --->     ^                                        |                             |
 *   holders in want of room      '------------ again, later <-------------+        rows: R2 to R4 <-----'
 *                                                                         |                |
 *                                                                         |   delivered: S3's seals, orders, acks
 *                                                                         |                |
 *                                                         nothing to do <-'     repair-ack, ordered by the city
 *
 * Safety: one repairer at a time: the city's order decides whose lease stands, and by whose clock it ends. Nobody's
 * word moves a piece: holders are asked first. What is placed is drawn as verifiably as the first placement
 * (placing.ts), and no reader's key is needed or had. A piece is called missing only after its class's window, or
 * when its holder itself has it not: who is merely away costs nothing.
 * Liveness: whatever is handed on is durable before it is confirmed; what has begun and does not end, ends by
 * its deadline and begins again with a look; the next in rank takes over what one that is gone has left.
 * Cost: a byte budget of the policy for what is moved; a few questions a second beside it.
 */
import * as batches from '../batching.ts';
import { catalogue, union, type Infer } from '../codec.ts';
import { NOTHING, reply, wake, type Moment, type Signal, type Step } from '../effect.ts';
import { AskPieces, Erase, Erased, GavePieces } from '../holder.messages.ts';
import { AskActs, AskHeldBy, AskTx, LEDGER_ANSWERS, OfferAct } from '../ledger.messages.ts';
import { PolicyInForce } from '../policy.messages.ts';
import { inForce, readPolicyBytes } from '../policy.ts';
import { FOLLOWER_HEARS, FOLLOWER_SAYS, Parted } from '../presence.messages.ts';
import * as replica from '../presence/replica.ts';
import { ERRAND_ANSWERS, LeaveReading, TakeLocate } from '../receiving.messages.ts';
import { Looking, REPAIR_ANSWERS, REPAIR_ASKED, type Look } from '../repair.messages.ts';
import { HoldAcks, HoldPieces, HoldRefused } from '../sending.messages.ts';
import { address, nameOf, nodeOf, type NodeAddress } from '../subjects.ts';
import { AWAY, followList, gone, HERE, restoreAbsent, restoreHere, sweep } from './absent.ts';
import { admit, CASE, handOn, restore } from './cases.ts';
import { acked, deliverAgain, refused, signed } from './deliver.ts';
import { catchUp, FEED, poll, restoreFeed } from './feed.ts';
import { leaving } from './leaving.ts';
import { look } from './look.ts';
import { beginQueued, refuted, restored, unrestored } from './run.ts';
import { giveUp, type Leased } from './running.ts';
import {
  emptyRepairing,
  goOn,
  invariants as stateInvariants,
  keepFor,
  LOOKING_MAX,
  type Effects,
  type Repairer,
  type Repairing,
  type RepairSays,
} from './state.ts';

export const HEARS = union(
  union(union(REPAIR_ASKED, REPAIR_ANSWERS), union(LEDGER_ANSWERS, ERRAND_ANSWERS)),
  union(FOLLOWER_HEARS, catalogue(HoldAcks, HoldRefused, GavePieces, Erased, PolicyInForce)),
);
export const SAYS = union(
  union(REPAIR_ASKED, REPAIR_ANSWERS),
  union(
    FOLLOWER_SAYS,
    catalogue(
      AskTx,
      AskActs,
      AskHeldBy,
      OfferAct,
      AskPieces,
      TakeLocate,
      LeaveReading,
      HoldPieces,
      Erase,
      Parted,
    ),
  ),
);
export type RepairHears = Infer<typeof HEARS>;

type Did = Step<Repairing, RepairSays>;

const TICK = 'tick';
/** While something is at work, and while nothing is. */
const BUSY_MS = 250;
const IDLE_MS = 1_000;

export function begin(of: Repairer, at: Moment, kept: ReadonlyMap<string, Uint8Array>): Did {
  const { genesis, node } = of.self;
  const [copy, effects] = replica.begin({ genesis, presence: address(node, 'presence') });
  const state = emptyRepairing(of, copy, at);
  for (const [key, value] of kept) {
    if (key === FEED) restoreFeed(state, value);
    else if (key.startsWith(CASE)) restore(state, value, at);
    else if (key.startsWith(HERE)) {
      restoreHere(state, key.slice(HERE.length) as NodeAddress, value);
    } else if (key.startsWith(AWAY)) {
      restoreAbsent(state, key.slice(AWAY.length) as NodeAddress, value);
    }
  }
  return [state, [...effects, wake(TICK, IDLE_MS)]];
}

export function step(state: Repairing, input: RepairHears | Signal, at: Moment): Did {
  if (replica.isForReplica(input)) {
    const [, effects] = replica.step(state.replica, input, at, state.self.probe);
    return [state, [...effects, ...followList(state, at)]];
  }
  return [state, effectsOf(state, input, at)];
}

function effectsOf(state: Repairing, input: RepairHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'wake':
      return tick(state, at);
    case 'answered':
      return goOn(state, input.id, input.message, at);
    case 'computed':
      return batches.isBatch(state.orders, input.id)
        ? ordersSigned(state, input.id, input.output, at)
        : goOn(state, input.id, input.output, at);
    case 'uncomputed':
      return batches.isBatch(state.orders, input.id)
        ? batches.unsigned(state.orders, input.id)[1]
        : goOn(state, input.id, undefined, at);
    case 'turn':
      return batches.turned(state.orders, at);
    case 'unanswered':
    case 'kept':
      return goOn(state, input.id, undefined, at);
    case 'hold.acks':
      return acked(state, input, at);
    case 'hold.refused':
      return refused(state, input, at);
    default:
      return heard(state, input, at);
  }
}

function heard(state: Repairing, input: RepairHears | Signal, at: Moment): Effects {
  const { node } = state.self;
  const isOwnNode = at.from === undefined || nodeOf(at.from) === node;
  if (input.kind === 'repair.look') return wanted(state, input, at);
  if (input.kind === 'repair.leaving') return leaving(state, input, at);
  if (!isOwnNode) return NOTHING;
  switch (input.kind) {
    case 'repair.suspect':
      return handOn(state, input.txId, [input.row], at);
    case 'repair.gone':
      return gone(state, input, at);
    case 'policy.in-force':
      return ruled(state, input);
    case 'reading.restored':
      return restored(state, input.number, input.bytes, at);
    case 'reading.unavailable':
      return unrestored(state, input.number, input.have, at);
    case 'reading.refuted':
      return refuted(state, input.number);
    default:
      return NOTHING;
  }
}

/** Time passes: whatever is due. */
function tick(state: Repairing, at: Moment): Effects {
  const effects = [
    ...poll(state),
    ...catchUp(state),
    ...sweep(state, at),
    ...runsDue(state, at),
    ...looksDue(state, at),
    ...beginQueued(state, at),
  ];
  const isBusy = [...state.cases.values()].some(({ stage }) => stage !== 'waiting');
  return [...effects, wake(TICK, isBusy ? BUSY_MS : IDLE_MS)];
}

function looksDue(state: Repairing, at: Moment): Effects {
  const all = [...state.cases.values()];
  let room = LOOKING_MAX - all.filter(({ stage }) => stage === 'looking').length;
  return all.flatMap((its) => {
    if (its.stage !== 'waiting' || its.dueAt > at.now || room <= 0) return NOTHING;
    room--;
    return look(state, its, at);
  });
}

function runsDue(state: Repairing, at: Moment): Effects {
  return [...state.cases.values()].flatMap((its) => {
    const { run } = its;
    if (its.stage !== 'running' || run === undefined) return NOTHING;
    if (run.phase === 'delivering') return deliverAgain(state, its, run as Leased, at);
    return at.now >= run.deadline ? giveUp(state, its, run, at) : NOTHING;
  });
}

function ordersSigned(
  state: Repairing,
  id: string,
  output: Parameters<typeof batches.signed>[2],
  at: Moment,
): Effects {
  const [batch, effects] = batches.signed(state.orders, id, output);
  return [...effects, ...signed(batch, at)];
}

/** Handed on by another delegate, once it is durable here; or what the own S4 could not place. */
function wanted(state: Repairing, { txId, rows }: Look, at: Moment): Effects {
  const { genesis, node } = state.self;
  const from = at.from ?? at.ticket?.asker;
  if (from === undefined || from === address(node, 'distribute')) {
    return handOn(state, txId, rows, at);
  }
  const isColleague =
    nameOf(from) === 'repair' && genesis.delegates.some((each) => each.node === nodeOf(from));
  if (!isColleague) return NOTHING;
  const by = { node: nodeOf(from), as: 'delegate' } as const;
  const kept = admit(state, txId, { rows, inMs: 0, by }, at);
  if (kept === undefined) return reply(at, Looking.of({ is: 'no' }));
  const asked = { from: at.from, ticket: at.ticket };
  return [keepFor(state, [kept], () => reply(asked, Looking.of({ is: 'yes' })))];
}

function ruled(state: Repairing, { version, bytes }: Infer<typeof PolicyInForce>): Effects {
  if (state.version !== undefined && version <= state.version) return NOTHING;
  state.version = version;
  state.rules = inForce(version, readPolicyBytes(bytes)).policy.repair;
  return NOTHING;
}

export function invariants(state: Repairing): void {
  stateInvariants(state);
  batches.invariants(state.orders);
}
