/**
 * Pace: when a delegate speaks in the next round. Rounds go fast while something is to be ordered, and not at all when
 * nothing is.
 *
 *   more than two thirds have spoken in this round, we among them
 *     '--> others are further ------------------------------------------------> speak
 *     '--> something waits or is undecided, or others speak --(the round's leader is here and fit, or its time is
 *          over; `MIN_ROUND_MS` since we spoke; what comes together goes together)--> speak
 *     '--> the last batch had entries, and it is quiet since then (seal.ts) --(as above)--> speak, until it is closed
 *
 * No round is jumped: who is behind fetches what it lacks and speaks in each round that it can, with nothing to
 * name; honest delegates that jumped to the newest round could miss votes in each round for ever (Qiu, Xiao, Shao,
 * IEEE S&P 2026). Only who was away for longer than `BEHIND_MAX` rounds, or may not say what it may have said, counts
 * as absent and goes on at the top. `nextRound` is that rule, and nothing else is.
 *
 * The leader's time is so many times what rounds have taken of late, and grows while turns fail, so that it comes to
 * exceed whatever the network takes.
 */
import { areQuorum, haveHonest, leaderIn, verticesOf, type Named } from './graph.ts';
import { judge } from './judge.ts';
import { isWanted } from './rest.ts';
import { openVertices, owes, quietAt } from './seal.ts';
import { memberNode, type City } from './state.ts';
import { untilTimeOf } from './when.ts';
import type { Millis } from '../ids.ts';
import type { NodeAddress } from '../subjects.ts';

/** Between two vertices of ours. */
export const MIN_ROUND_MS = 20;
/** Certificates that come within this time of each other are named together. */
const GATHER_MS = 10;
/** A leader that others have woken waits so long for what they have woken for. */
const LINGER_MS = 20;
/** One alone is followed after this: it cannot make everybody run. */
const FOLLOW_MS = 100;
/** The batch that the ledger is about to apply is waited for so long: then the next one can be sealed. */
const APPLYING_MS = 25;
const LEADER_MS = 80;
const LEADER_MS_MAX = 2_000;
const LEADER_PACES = 3;
const FAILURES_GROWING = 8;
/** Who is further behind does not speak in what it has missed. */
export const BEHIND_MAX = 24;

export interface Pace {
  /** When our last vertex left. */
  spokeAt: number;
  /** Since when there is a reason to go on; not while there is none. */
  wokenAt: number | undefined;
  /** When the batch that is being applied was handed over. */
  handedAt: number;
  /** Whether the round that we spoke in has become whole since. */
  isWhole: boolean;
  /** What rounds have taken of late, until more than two thirds had spoken. */
  roundMs: number;
  /** Turns that were not voted for, one after another. */
  failures: number;
}

export const noPace = (): Pace => ({
  spokeAt: -LEADER_MS_MAX,
  wokenAt: undefined,
  handedAt: -LEADER_MS_MAX,
  isWhole: true,
  roundMs: 0,
  failures: 0,
});

/** The round that comes next for us; none as long as ours is not whole, or its vertices are not here. */
export function nextRound({ graph, spoken, muteUntil, self }: City): number | undefined {
  const { top, floor, since } = graph;
  if (top < spoken || (top === floor && floor > since)) return undefined;
  // What the floor's successor would stand on is gone.
  const isCut = floor > since && spoken <= floor;
  const isAway = isCut || top > spoken + BEHIND_MAX || spoken < muteUntil;
  const round = isAway || self.plant === 'round-jumping' ? top + 1 : spoken + 1;
  return round > muteUntil ? round : undefined;
}

/** Whether to speak in that round: now, after so many milliseconds, or not for any reason known. */
export function pace(city: City, round: number, time: Millis): 'now' | 'asleep' | number {
  const { graph, pace: own, now } = city;
  measure(city);
  if (round <= graph.top) return 'now';
  const why = reason(city, round);
  if (why === undefined || why === 'owes') own.wokenAt = undefined;
  if (why === undefined) return 'asleep';
  const at = Math.max(
    own.spokeAt + MIN_ROUND_MS,
    why === 'owes' ? quietAt(city) : wokenUntil(city, round, why),
    city.handed === undefined ? 0 : own.handedAt + APPLYING_MS,
    leaderAt(city, round - 1, time),
  );
  return at <= now ? 'now' : at - now;
}

/** Nobody is woken by what is only owed: what comes meanwhile is gathered as ever. */
function wokenUntil(city: City, round: number, why: 'own' | 'many' | 'lone'): number {
  const { pace: own, now } = city;
  own.wokenAt ??= now;
  const gathered = own.wokenAt + (why === 'lone' ? FOLLOW_MS : GATHER_MS);
  return isEmptyTurn(city, round) ? Math.max(gathered, own.wokenAt + LINGER_MS) : gathered;
}

function measure({ graph, spoken, pace: own, now }: City): void {
  if (own.isWhole || graph.top < spoken) return;
  own.isWhole = true;
  const tookMs = Math.min(LEADER_MS_MAX, now - own.spokeAt);
  own.roundMs = Math.ceil((own.roundMs + tookMs) / 2);
}

/** Something of ours, more than a third of the stake that has spoken already, somebody; or a batch is to be closed. */
function reason(city: City, round: number): 'own' | 'many' | 'lone' | 'owes' | undefined {
  if (isWanted(city) || openVertices(city).length > 0) return 'own';
  const authors = [...(city.graph.rounds.get(round)?.keys() ?? [])];
  if (authors.length === 0) return owes(city) ? 'owes' : undefined;
  return haveHonest(city.graph, authors) ? 'many' : 'lone';
}

/** When the leader of a round is waited for no more: it is here and fit, its time has come, or ours for it is over. */
function leaderAt(city: City, round: number, time: Millis): number {
  if (round === city.graph.since) return 0;
  const leader = leaderIn(city.graph, round);
  if (convicted(city).has(memberNode(city, leader))) return 0;
  const found = verticesOf(city.graph, round, leader).map((vertex) => ({
    vertex,
    verdict: judge(city, vertex, time),
  }));
  if (found.some(({ verdict }) => verdict === 'fit' || verdict === 'unfit')) return 0;
  const early = found.filter(({ verdict }) => verdict === 'early');
  const soonest = Math.min(...early.map(({ vertex }) => city.now + untilTimeOf(vertex, time)));
  return Math.min(soonest, city.pace.spokeAt + leaderMs(city.pace));
}

/** In whole milliseconds, so that it is the same everywhere. */
export function leaderMs({ roundMs, failures }: Pick<Pace, 'roundMs' | 'failures'>): number {
  let ms = Math.max(LEADER_MS, LEADER_PACES * roundMs);
  for (let i = 0; i < Math.min(failures, FAILURES_GROWING); i++) ms += ms >> 1;
  return Math.min(ms, LEADER_MS_MAX);
}

/** It is our turn, and we have nothing to name while somebody may have. */
const isEmptyTurn = (city: City, round: number): boolean =>
  leaderIn(city.graph, round) === city.own && !isWanted(city);

/**
 * On whom a vertex of a round stands: one of each author, of the leader one that may be voted for. Nobody stands on
 * whoever was seen to say two, or waits for it, as long as the others are enough: so what it says costs nobody anything.
 */
export function parentsFor(
  city: City,
  round: number,
  time: Millis,
): {
  readonly parents: readonly Named[];
  readonly turn: number | undefined;
  readonly rejects: boolean;
} {
  const { graph } = city;
  if (round - 1 === graph.since) return { parents: [], turn: undefined, rejects: false };
  const leader = leaderIn(graph, round - 1);
  const authors = trusted(city, [...(graph.rounds.get(round - 1)?.keys() ?? [])]);
  let rejects = false;
  const parents = authors.map((author) => {
    const all = verticesOf(graph, round - 1, author);
    if (author !== leader) return all[0]!;
    const fit = all.find((vertex) => judge(city, vertex, time) === 'fit');
    rejects = fit === undefined;
    return fit ?? all[0]!;
  });
  return { parents, turn: leader, rejects };
}

function trusted(city: City, authors: readonly number[]): readonly number[] {
  const { graph, own } = city;
  const inOrder = authors.toSorted((a, b) => a - b);
  const liars = convicted(city);
  if (liars.size === 0) return inOrder;
  const others = inOrder.filter((each) => each === own || !liars.has(memberNode(city, each)));
  return areQuorum(graph, others) ? others : inOrder;
}

/** Who was seen to say two vertices in a round of this epoch. */
const convicted = ({ accused, committee }: City): ReadonlySet<NodeAddress> =>
  new Set(
    accused.flatMap(({ delegate, head }) => (head.epoch === committee.epoch ? [delegate] : [])),
  );

/** Whether a round has enough to stand on. */
export const isWhole = ({ graph }: City, round: number): boolean =>
  round === graph.since || areQuorum(graph, graph.rounds.get(round)?.keys() ?? []);
