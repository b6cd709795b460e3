/**
 * R3, gather: as many pieces as it takes, from whoever has them.
 *
 *   gather.take --> ask k + 4 rows ----------------> holders
 *                     |    ^  '-- more, for each that lies, lacks it, or is late
 *                     |    |                            |
 *                     |    '--(waiting: all once more)  |
 *                     v                                 v
 *                    k pieces of the manifest <--(checked)-- holder.gave
 *                     '--> restore.take
 *
 * Safety: only pieces of the manifest reach the decoder; a holder that shows another one is told to whoever audits.
 * Liveness: below k it goes on asking everybody who may have returned, once a second, until its deadline;
 * then it is `reading.unavailable`. So it succeeds within four seconds of the moment
 * at which k holders can be reached: when whoever was asked before it is given up, and asked again.
 *
 * How long an answer may take is learned, for each continent by itself. What was asked for and is not needed any
 * more is let go: its answer finds nobody. Bounds: `GATHERINGS_MAX` at once, beyond them `busy`; the more of them wait,
 * the longer each pauses.
 *
 * Changes its tables in place.
 */
import { assert } from '#lib/assert.ts';
import {
  ask,
  NOTHING,
  send,
  sleep,
  wake,
  type Effect,
  type Moment,
  type Signal,
  type Step,
} from '../effect.ts';
import { AskPieces, type GavePieces } from '../holder.messages.ts';
import {
  Mapped,
  Moving,
  TakeRestore,
  Wanting,
  type Errand,
  type GatherHears,
  type GatherSays,
  type LeaveReading,
  type Phase,
  type TakeGather,
} from '../receiving.messages.ts';
import { isOwn, type Self } from '../self.ts';
import { address, nodeOf } from '../subjects.ts';
import { doubtsOf, learned, rowsFound } from './findings.ts';
import {
  addCandidates,
  asked,
  chosen,
  forgive,
  gatheringOf,
  isAnswered,
  isEnough,
  isExhausted,
  need,
  nextToAsk,
  takeIn,
  type Gathering,
  type Target,
} from './gathering.ts';
import { latenessFor, learnFrom, markLate, untilLate, type Lateness } from './lateness.ts';

export const GATHERINGS_MAX = 512;
/** Whoever has not answered by then is gone. */
const ASK_MS = 2_000;
/** Between two rounds of a gathering that waits; for each so many that wait at once. */
export const AGAIN_MS = 1_000;
const WAITING_AT_ONCE = 64;
/** Pieces that come together are told together. */
const MOVE_MS = 50;

export interface Gathers {
  readonly self: Self;
  readonly underWay: Map<number, Gathering>;
  /** By whom it is for, and its number there. */
  readonly byErrand: Map<string, Gathering>;
  readonly lateness: Lateness;
  begun: number;
  waiting: number;
}

type Effects = readonly Effect<GatherSays>[];

export const begin = (self: Self): Step<Gathers, GatherSays> => [
  {
    self,
    underWay: new Map(),
    byErrand: new Map(),
    lateness: latenessFor(self.node),
    begun: 0,
    waiting: 0,
  },
  NOTHING,
];

export const step = (
  state: Gathers,
  input: GatherHears | Signal,
  at: Moment,
): Step<Gathers, GatherSays> => [state, effectsOf(state, input, at)];

function effectsOf(state: Gathers, input: GatherHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'gather.take':
      return isOwn(state.self, 'locate', at) ? take(state, input, at) : NOTHING;
    case 'reading.leave':
      return left(state, input, at);
    case 'answered':
      return answered(state, input.id, input.message as GavePieces, at);
    case 'unanswered':
      return unanswered(state, input.id, at);
    case 'wake':
      return woken(state, input.id, at);
    default:
      return NOTHING;
  }
}

/** What must be true between any two steps. */
export function invariants({ underWay, byErrand, waiting }: Gathers): void {
  assert(underWay.size === byErrand.size, 'each gathering is for one errand');
  assert(underWay.size <= GATHERINGS_MAX, 'few enough are gathered at once');
  const all = [...underWay.values()];
  assert(
    waiting === all.filter(({ isWaiting }) => isWaiting).length,
    'those that wait are counted',
  );
  for (const each of all) {
    assert(each.errand.want === 'map' || !isEnough(each), 'what is enough goes on');
  }
}

const nameOf = ({ for: whom, number }: Errand): string => `${whom} ${number}`;

function take(state: Gathers, { errand, manifest, candidates }: TakeGather, at: Moment): Effects {
  const known = state.byErrand.get(nameOf(errand));
  if (known !== undefined) {
    // Whoever waits has heard of other places.
    addCandidates(known, candidates);
    return goOn(state, known, at);
  }
  if (state.underWay.size >= GATHERINGS_MAX) {
    const short = { have: 0, need: manifest.terms.k, retryMs: AGAIN_MS };
    const { number } = errand;
    return [send(errand.for, Wanting.of({ number, txId: manifest.txId, why: 'busy', ...short }))];
  }
  const gathering = gatheringOf(++state.begun, errand, manifest);
  state.underWay.set(gathering.number, gathering);
  state.byErrand.set(nameOf(errand), gathering);
  addCandidates(gathering, candidates);
  const end = wake(`end/${gathering.number}`, errand.withinMs);
  return [end, ...moved(gathering, 'gathering', at), ...goOn(state, gathering, at)];
}

function moved(gathering: Gathering, phase: Phase, { now }: Moment): Effects {
  const { errand, pieces } = gathering;
  gathering.movedAt = now;
  const { number } = errand;
  const found = { have: pieces.size, need: need(gathering), asked: asked(gathering) };
  return errand.want === 'map'
    ? NOTHING
    : [send(errand.for, Moving.of({ number, phase, ...found }))];
}

/** Asks whoever is to be asked now, and sees whether that is all that can be done. */
function goOn(state: Gathers, gathering: Gathering, at: Moment): Effects {
  const { number, errand } = gathering;
  if (errand.want === 'map' && isAnswered(gathering)) return mapped(state, gathering);
  const asks = Array.from(nextToAsk(gathering), (target) => question(gathering, target, at));
  if (asks.length > 0)
    return [...asks, wake(`late/${number}`, untilLate(state.lateness, gathering, at.now))];
  if (errand.want === 'map' || !isExhausted(gathering) || gathering.isWaiting) return NOTHING;
  return waits(state, gathering, at);
}

function question({ number, manifest, targets }: Gathering, target: Target, { now }: Moment) {
  target.did = 'asked';
  target.askedAt = now;
  const { txId } = manifest;
  const { holder, rows } = target;
  const id = `${number}/${targets.indexOf(target)}`;
  return ask<GatherSays>(id, address(holder, 'holder'), AskPieces.of({ txId, rows }), ASK_MS);
}

function waits(state: Gathers, gathering: Gathering, at: Moment): Effects {
  gathering.isWaiting = true;
  state.waiting++;
  state.self.probe.sometimes('gather: fewer pieces than it takes are to be had');
  const again = wake(`again/${gathering.number}`, againMs(state));
  return [again, ...moved(gathering, 'waiting', at), learned(state.self, gathering, ASK_MS)];
}

const againMs = ({ waiting }: Gathers): number =>
  AGAIN_MS * Math.max(1, Math.ceil(waiting / WAITING_AT_ONCE));

/** All that may have returned are asked once more. */
function again(state: Gathers, gathering: Gathering, at: Moment): Effects {
  gathering.isWaiting = false;
  state.waiting--;
  forgive(gathering);
  return goOn(state, gathering, at);
}

function woken(state: Gathers, id: string, at: Moment): Effects {
  const [what, number] = id.split('/') as [string, string];
  const gathering = state.underWay.get(Number(number));
  if (gathering === undefined) return NOTHING;
  if (what === 'end') return ended(state, gathering);
  return what === 'again' ? again(state, gathering, at) : late(state, gathering, at);
}

/** Whoever was asked long enough ago is not waited for. */
function late(state: Gathers, gathering: Gathering, at: Moment): Effects {
  markLate(state.lateness, gathering, at.now);
  const { targets, number } = gathering;
  const goes = goOn(state, gathering, at);
  const isWoken = goes.some((effect) => effect.do === 'wake');
  if (isWoken || !targets.some(({ did }) => did === 'asked')) return goes;
  return [...goes, wake(`late/${number}`, untilLate(state.lateness, gathering, at.now))];
}

function targetOf(state: Gathers, id: string): readonly [Gathering, Target] | undefined {
  const [number, which] = id.split('/').map(Number) as [number, number];
  const gathering = state.underWay.get(number);
  return gathering === undefined ? undefined : [gathering, gathering.targets[which]!];
}

function answered(state: Gathers, id: string, gave: GavePieces, at: Moment): Effects {
  const found = targetOf(state, id);
  if (found === undefined) return NOTHING;
  const [gathering, target] = found;
  target.tookMs = at.now - target.askedAt;
  learnFrom(state.lateness, target);
  const had = gathering.pieces.size;
  takeIn(gathering, target, gave, state.self.plant);
  const doubts = doubtsOf(state.self, gathering, target);
  if (gathering.errand.want !== 'map' && isEnough(gathering))
    return [...doubts, ...enough(state, gathering, at)];
  const isTold = gathering.pieces.size > had && at.now - gathering.movedAt >= MOVE_MS;
  const moves = isTold ? moved(gathering, 'gathering', at) : NOTHING;
  return [...doubts, ...moves, ...goOn(state, gathering, at)];
}

function unanswered(state: Gathers, id: string, at: Moment): Effects {
  const found = targetOf(state, id);
  if (found === undefined) return NOTHING;
  const [gathering, target] = found;
  target.tookMs = at.now - target.askedAt;
  target.did = 'silent';
  return [...doubtsOf(state.self, gathering, target), ...goOn(state, gathering, at)];
}

/** R4 goes on with it; what is still on its way finds nobody. */
function enough(state: Gathers, gathering: Gathering, at: Moment): Effects {
  const { errand, manifest } = gathering;
  const pieces = chosen(gathering);
  const restore = address(state.self.node, 'restore');
  return [
    ...over(state, gathering),
    ...moved(gathering, 'restoring', at),
    send(restore, TakeRestore.of({ errand, manifest, pieces })),
    learned(state.self, gathering, ASK_MS),
  ];
}

function ended(state: Gathers, gathering: Gathering): Effects {
  const { errand, manifest, pieces } = gathering;
  if (errand.want === 'map') return mapped(state, gathering);
  const { txId } = manifest;
  const { number } = errand;
  const short = { have: pieces.size, need: need(gathering), retryMs: againMs(state) };
  return [
    ...over(state, gathering),
    learned(state.self, gathering, ASK_MS),
    send(errand.for, Wanting.of({ number, txId, why: 'pieces', ...short })),
  ];
}

function mapped(state: Gathers, gathering: Gathering): Effects {
  const { errand, manifest } = gathering;
  const { number } = errand;
  const rows = rowsFound(gathering);
  return [
    ...over(state, gathering),
    learned(state.self, gathering, ASK_MS),
    send(errand.for, Mapped.of({ number, txId: manifest.txId, rows })),
  ];
}

function left(state: Gathers, { number }: LeaveReading, { from }: Moment): Effects {
  if (from === undefined || nodeOf(from) !== state.self.node) return NOTHING;
  const gathering = state.byErrand.get(`${from} ${number}`);
  return gathering === undefined ? NOTHING : over(state, gathering);
}

function over(state: Gathers, gathering: Gathering): Effects {
  const { number, errand } = gathering;
  if (gathering.isWaiting) state.waiting--;
  state.underWay.delete(number);
  state.byErrand.delete(nameOf(errand));
  return [sleep(`end/${number}`), sleep(`late/${number}`), sleep(`again/${number}`)];
}
