/**
 * Asynchronous binary agreement: each member proposes 0 or 1, and all decide the same, which somebody honest
 * proposed. After Mostefaoui, Moumen, Raynal, "Signature-free asynchronous Byzantine consensus" (PODC 2014), with the
 * CONF step of HoneyBadger and Cobalt (MacBrough 2018). docs/protocols/abba.md goes through it line by line.
 *
 *   est --> BVAL --(> 1/3: support it too; > 2/3: accept)--> bin --> AUX (the first one accepted)
 *             AUX of > 2/3 for values in bin --> CONF (these values)
 *                    CONF of > 2/3 within bin --> vals, and only now a share of the coin
 *                           coin s --> vals = {v}: est = v, and decided if v = s;  else est = s --> next round
 *   decided --> TERM, which stands for all words of later rounds;  TERM of > 1/3 decides too
 *
 * Safety, with less than a third of the weight faulty; it rests on no coin, no clock and no signature. (1) Honest
 * members say one AUX a round, so {0} and {1} are never both CONFed or left by honest members: the two sets of more
 * than two thirds would share one. (2) So if one decides v = s, all others are left {v}, or both and take s = v: all
 * begin the next round with v, nobody supports the other value, and it is never accepted again. Validity: what is
 * accepted was supported by more than a third, so by somebody honest who did not merely follow.
 *
 * Liveness, when what is said arrives in the end. A round always ends: `bin` of all becomes the same, so AUX and CONF
 * of all honest members fit into it at last. What a round leaves is *bound* before the coin is known: of more than
 * two thirds of CONFs, either some are singletons (of one value, by 1), or those who have said both are so many that
 * nobody is left a singleton. The coin is v with one half then, whoever orders the messages; without CONF a scheduler
 * that sees the coin first can split the members for ever (Tholoniat, Gramoli 2019). Whoever has decided says TERM,
 * which counts for it in every later round, and gives its shares of the coin to those who still need one.
 *
 * Nothing here sends, keeps or computes: `Act`s say what is to be done. The state changes in place.
 */
import { assert, unreachable } from '#lib/assert.ts';
import type { AbbaPlant } from './plants.ts';
import { emptyRound, openCoin, type Round } from './rounds.ts';
import type { Seats } from './seats.ts';
import {
  behind,
  countFirst,
  emptyTally,
  isMost,
  isSomebodyHonest,
  type Tally,
  type Weights,
} from './tally.ts';
import { isWithin, only, VALUES, type Value, type Values, type Word } from './words.ts';

/** Words of so many rounds ahead are counted, and so many rounds behind are remembered. */
export const ROUNDS_NEAR = 50;

export interface Setup {
  readonly weights: Weights;
  readonly seats: Seats;
  /** Its own place; not there for one that only watches. */
  readonly own: number | undefined;
  /** Where nobody has keys of a coin: what stands in for it, known to all from the beginning. */
  readonly open?: ((round: number) => Value) | undefined;
  readonly plant?: AbbaPlant | undefined;
}

/** What is kept before a word leaves: a restart goes on from here. */
export interface Standing {
  readonly round: number;
  readonly est: Value;
  readonly said: readonly Word[];
}

export interface Abba extends Setup {
  round: number;
  /** Nothing was proposed here yet. */
  est: Value | undefined;
  decided: Value | undefined;
  readonly rounds: Map<number, Round>;
  readonly terms: Tally<Value>;
  /** From which round on the TERM of a member stands for all its words. */
  readonly since: Map<number, number>;
  /** Its own words, for saying them again: of the rounds that are remembered. */
  said: Word[];
}

export type Event =
  | { readonly is: 'propose'; readonly value: Value }
  | { readonly is: 'heard'; readonly from: number; readonly word: Word }
  /** Our shares of the coin of a round. */
  | { readonly is: 'tossed'; readonly round: number; readonly shares: readonly Uint8Array[] }
  /** What came of the shares that were there: the coin, if enough of them were good. */
  | {
      readonly is: 'combined';
      readonly round: number;
      readonly coin: Value | undefined;
      readonly liars: readonly number[];
    };

export type Refusal = 'no-member' | 'far-ahead' | 'long-ago' | 'wrong-seats';
export type Act =
  /** To everybody, once it is kept. */
  | { readonly act: 'say'; readonly word: Word }
  /** Compute our shares of this round's coin: `tossed`. */
  | { readonly act: 'toss'; readonly round: number }
  /** Compute the coin of these shares, by seat: `combined`. */
  | {
      readonly act: 'combine';
      readonly round: number;
      readonly shares: ReadonlyMap<number, Uint8Array>;
    }
  | { readonly act: 'decided'; readonly value: Value; readonly round: number }
  /** To one member, which has not heard that it is decided. */
  | { readonly act: 'remind'; readonly member: number; readonly word: Word }
  /** This member has said two different things where it may say one. */
  | { readonly act: 'accuse'; readonly member: number; readonly word: Word }
  | { readonly act: 'refused'; readonly member: number; readonly why: Refusal };

export type Step = readonly [state: Abba, acts: readonly Act[]];

export function begin(setup: Setup, kept?: Standing): Abba {
  const abba: Abba = {
    ...setup,
    round: kept?.round ?? 0,
    est: kept?.est,
    decided: undefined,
    rounds: new Map(),
    terms: emptyTally(),
    since: new Map(),
    said: [],
  };
  for (const word of kept?.said ?? []) {
    if (abba.plant === 'abba-forgets-aux' && word.say === 'aux') continue;
    remember(abba, word);
  }
  return abba;
}

export const standingOf = ({ round, est, said }: Abba): Standing | undefined =>
  est === undefined ? undefined : { round, est, said };

export function step(abba: Abba, event: Event): Step {
  const acts: Act[] = [];
  if (abba.decided === undefined) happen(abba, event, acts);
  else afterwards(abba, event, acts);
  return [abba, acts];
}

function happen(abba: Abba, event: Event, acts: Act[]): void {
  switch (event.is) {
    case 'propose':
      if (abba.est !== undefined || abba.own === undefined) return;
      abba.est = event.value;
      say(abba, { say: 'bval', round: 0, value: event.value }, acts);
      break;
    case 'heard':
      hear(abba, event.from, event.word, acts);
      break;
    case 'tossed':
      say(abba, { say: 'share', round: event.round, shares: event.shares }, acts);
      break;
    case 'combined':
      combined(abba, event);
      break;
    default:
      unreachable(event);
  }
  progress(abba, acts);
}

/**
 * Once it is decided, whoever still asks is told. Two things go on for those who are slower. We support values in the
 * rounds that we took part in: what one of the others has accepted there, all must come to accept. And we give our
 * shares of coins: all that is honest begins every later round with what is decided, so none is known too early now.
 */
function afterwards(abba: Abba, event: Event, acts: Act[]): void {
  if (event.is === 'tossed')
    say(abba, { say: 'share', round: event.round, shares: event.shares }, acts);
  if (event.is !== 'heard' || event.word.say === 'term' || event.from === abba.own) return;
  const { from, word } = event;
  if (refusal(abba, from, word) !== undefined) return;
  const term = abba.said.find(({ say: what }) => what === 'term');
  if (term !== undefined) acts.push({ act: 'remind', member: from, word: term });
  const of = roundOf(abba, word.round);
  if (word.say === 'share') tossFor(abba, word.round, acts);
  if (word.say !== 'bval' || word.round > abba.round || abba.plant === 'abba-decided-rests') return;
  count(abba, from, word);
  support(abba, word.round, of, acts);
}

/** In a round whose outcome is bound. */
function tossFor(abba: Abba, round: number, acts: Act[]): void {
  if (openCoin(abba, round) === undefined) toss(abba, round, roundOf(abba, round), acts);
}

function toss(abba: Abba, round: number, of: Round, acts: Act[]): void {
  if (of.hasTossed || abba.own === undefined) return;
  of.hasTossed = true;
  acts.push({ act: 'toss', round });
}

// --- hearing -------------------------------------------------------------------------------------------

function hear(abba: Abba, from: number, word: Word, acts: Act[]): void {
  const why = refusal(abba, from, word);
  if (why !== undefined) return void acts.push({ act: 'refused', member: from, why });
  if (!count(abba, from, word)) acts.push({ act: 'accuse', member: from, word });
  // We went on with the shares of others, and somebody may still need ours.
  if (word.say === 'share' && word.round < abba.round) tossFor(abba, word.round, acts);
}

function refusal({ weights, round, seats }: Abba, from: number, word: Word): Refusal | undefined {
  if (weights.of[from] === undefined) return 'no-member';
  if (word.say === 'term') return undefined;
  if (word.round > round + ROUNDS_NEAR) return 'far-ahead';
  if (word.round < round - ROUNDS_NEAR) return 'long-ago';
  const isWhole = word.say !== 'share' || word.shares.length === seats.of[from]!.length;
  return isWhole ? undefined : 'wrong-seats';
}

/** False: this contradicts what the member said before. Whoever has decided may be heard in any order. */
function count(abba: Abba, from: number, word: Word): boolean {
  const { weights } = abba;
  if (word.say === 'term') return countTerm(abba, from, word.round, word.value);
  const of = roundOf(abba, word.round);
  const isStoodFor = (abba.since.get(from) ?? Infinity) <= word.round;
  switch (word.say) {
    case 'bval':
      countFirst(of.bval[word.value], weights, from, word.value);
      return true;
    case 'aux':
      return countFirst(of.aux, weights, from, word.value) === undefined || isStoodFor;
    case 'conf':
      return countFirst(of.conf, weights, from, word.values) === undefined || isStoodFor;
    case 'share':
      if (!of.shares.has(from) && !of.liars.has(from)) of.shares.set(from, word.shares);
      return true;
    default:
      return unreachable(word);
  }
}

function countTerm(abba: Abba, from: number, round: number, value: Value): boolean {
  const other = countFirst(abba.terms, abba.weights, from, value);
  if (other !== undefined) return false;
  if (abba.since.has(from)) return true;
  abba.since.set(from, round);
  for (const [at, of] of abba.rounds) if (at >= round) standFor(abba, of, from, value);
  return true;
}

/** A TERM counts as all words of a round that its member has not said. */
function standFor({ weights }: Abba, of: Round, from: number, value: Value): void {
  countFirst(of.bval[value], weights, from, value);
  countFirst(of.aux, weights, from, value);
  countFirst(of.conf, weights, from, only(value));
}

function roundOf(abba: Abba, at: number): Round {
  const known = abba.rounds.get(at);
  if (known !== undefined) return known;
  const made = emptyRound();
  abba.rounds.set(at, made);
  for (const [member, round] of abba.since) {
    if (round <= at) standFor(abba, made, member, abba.terms.first.get(member)!);
  }
  return made;
}

function combined(abba: Abba, { round, coin, liars }: Event & { is: 'combined' }): void {
  const of = abba.rounds.get(round);
  if (of === undefined) return;
  of.isCombining = false;
  of.coin ??= coin;
  for (const seat of liars) {
    const member = abba.seats.of.findIndex((seats) => seats.includes(seat));
    of.shares.delete(member);
    of.liars.add(member);
  }
}

// --- saying --------------------------------------------------------------------------------------------

function say(abba: Abba, word: Word, acts: Act[]): void {
  remember(abba, word);
  acts.push({ act: 'say', word });
}

/** What we say, we have said, and have heard from ourselves. */
function remember(abba: Abba, word: Word): void {
  assert(abba.own !== undefined, 'whoever only watches says nothing');
  abba.said.push(word);
  count(abba, abba.own, word);
  if (word.say === 'term') {
    abba.decided = word.value;
    return;
  }
  const of = roundOf(abba, word.round);
  if (word.say === 'bval') of.bvalSaid[word.value] = true;
  if (word.say === 'aux') of.auxSaid = word.value;
  if (word.say === 'conf') of.confSaid = word.values;
  if (word.say === 'share') of.hasTossed = true;
}

/**
 * All that others may have missed. A TERM stands for later rounds only: who comes back to one before still needs
 * what was said there.
 */
export const again = ({ said }: Abba): readonly Word[] => said;

// --- the rules -----------------------------------------------------------------------------------------

/** Whatever follows from what is known by now. */
function progress(abba: Abba, acts: Act[]): void {
  if (decideWithOthers(abba, acts)) return;
  for (const [at, of] of abba.rounds) if (at <= abba.round) support(abba, at, of, acts);
  while (abba.est !== undefined && abba.decided === undefined) {
    const of = roundOf(abba, abba.round);
    support(abba, abba.round, of, acts);
    sayAux(abba, of, acts);
    if (!leave(abba, of, acts)) return;
    const coin = tossed(abba, of, acts);
    if (coin === undefined) return;
    end(abba, of.vals!, coin, acts);
  }
}

/** So many have decided that somebody honest has. */
function decideWithOthers(abba: Abba, acts: Act[]): boolean {
  for (const value of VALUES) {
    const weight = behind(abba.terms, value);
    const isEnough =
      abba.plant === 'abba-term-believed' ? weight > 0n : isSomebodyHonest(abba.weights, weight);
    if (isEnough) {
      decide(abba, value, acts);
      return true;
    }
  }
  return false;
}

/** BVAL, of this round and of those before: whoever is slower needs our support. */
function support(abba: Abba, at: number, of: Round, acts: Act[]): void {
  const { weights, plant } = abba;
  for (const value of VALUES) {
    const weight = (): bigint => behind(of.bval[value], value);
    const follows = isSomebodyHonest(weights, weight()) && plant !== 'abba-no-amplification';
    const isOurs = abba.own !== undefined && abba.est !== undefined;
    if (isOurs && follows && !of.bvalSaid[value])
      say(abba, { say: 'bval', round: at, value }, acts);
    if (isMost(weights, weight()) && !of.bin.includes(value)) of.bin.push(value);
  }
}

/** Exactly one AUX. */
function sayAux(abba: Abba, of: Round, acts: Act[]): void {
  const { round, plant } = abba;
  const [first, second] = of.bin;
  if (first === undefined) return;
  if (of.auxSaid === undefined) say(abba, { say: 'aux', round, value: first }, acts);
  else if (plant === 'abba-two-aux' && second !== undefined && of.auxSaid !== second)
    say(abba, { say: 'aux', round, value: second }, acts);
}

/** Whether it is clear what this round leaves: `vals`. */
function leave(abba: Abba, of: Round, acts: Act[]): boolean {
  if (of.vals !== undefined) return true;
  const accepted = auxed(abba, of);
  if (accepted === undefined) return false;
  if (openCoin(abba, abba.round) !== undefined || abba.plant === 'abba-without-conf') {
    of.vals = accepted;
    return true;
  }
  if (of.confSaid === undefined)
    say(abba, { say: 'conf', round: abba.round, values: accepted }, acts);
  of.vals = confirmed(abba, of);
  return of.vals !== undefined;
}

const sumOf = (values: readonly Value[]): number =>
  values.reduce<number>((sum, each) => sum + only(each), 0);

/** The values in `bin` that AUX of more than two thirds are for. */
function auxed(abba: Abba, of: Round): Values | undefined {
  const { weights, plant } = abba;
  const from = plant === 'abba-aux-unchecked' ? VALUES : of.bin;
  const accepted = from.filter((value) => behind(of.aux, value) > 0n);
  const weight = accepted.reduce((sum, value) => sum + behind(of.aux, value), 0n);
  const isEnough = plant === 'abba-quorum-short' ? isSomebodyHonest : isMost;
  return isEnough(weights, weight) ? (sumOf(accepted) as Values) : undefined;
}

/** The union of CONFs within `bin`, once more than two thirds have said such. */
function confirmed({ weights }: Abba, of: Round): Values | undefined {
  const bin = sumOf(of.bin);
  const sets = ([1, 2, 3] as const).filter(
    (set) => isWithin(set, bin) && behind(of.conf, set) > 0n,
  );
  const weight = sets.reduce((sum, set) => sum + behind<Values>(of.conf, set), 0n);
  return isMost(weights, weight)
    ? (sets.reduce((all: number, set) => all | set, 0) as Values)
    : undefined;
}

/** The coin of this round, when it is known; if not, what is needed for it is begun. */
function tossed(abba: Abba, of: Round, acts: Act[]): Value | undefined {
  const { round, seats } = abba;
  const known = openCoin(abba, round) ?? of.coin;
  if (known !== undefined) return known;
  toss(abba, round, of, acts);
  const shares = new Map<number, Uint8Array>();
  for (const [member, own] of of.shares)
    for (const [i, seat] of seats.of[member]!.entries()) shares.set(seat, own[i]!);
  if (!of.isCombining && shares.size >= seats.threshold) {
    of.isCombining = true;
    acts.push({ act: 'combine', round, shares });
  }
  return undefined;
}

function end(abba: Abba, vals: Values, coin: Value, acts: Act[]): void {
  if (vals === only(coin)) return decide(abba, coin, acts);
  if (vals === 3) abba.est = coin;
  else abba.est = vals === only(0) ? 0 : 1;
  abba.round++;
  forget(abba);
  const { round, est: value } = abba;
  if (!roundOf(abba, round).bvalSaid[value]) say(abba, { say: 'bval', round, value }, acts);
}

function decide(abba: Abba, value: Value, acts: Act[]): void {
  assert(abba.decided === undefined, 'it is decided once');
  const { round } = abba;
  abba.decided = value;
  if (abba.own !== undefined) say(abba, { say: 'term', round, value }, acts);
  acts.push({ act: 'decided', value, round });
}

/** Whoever is further behind than this is decided for by TERM. */
function forget(abba: Abba): void {
  const oldest = abba.round - ROUNDS_NEAR;
  for (const at of abba.rounds.keys()) if (at < oldest) abba.rounds.delete(at);
  if (oldest > 0) abba.said = abba.said.filter((word) => word.round >= oldest);
}

/** What must be true between any two steps. */
export function invariants(abba: Abba): void {
  const { rounds, round, said } = abba;
  assert(rounds.size <= 2 * ROUNDS_NEAR + 1, 'what is remembered of rounds is bounded');
  for (const [at, { bin, vals }] of rounds) {
    assert(at <= round + ROUNDS_NEAR, 'no round is remembered that is far ahead');
    assert(vals === undefined || isWithin(vals, sumOf(bin)), 'what a round leaves was accepted');
  }
  const once = said.filter(({ say: what }) => what === 'aux' || what === 'conf');
  const keys = new Set(once.map(({ say: what, round: at }) => `${what} ${at}`));
  assert(keys.size === once.length, 'one AUX and one CONF a round');
}
