/**
 * Wanting a bundle: the delegates of the city are asked in turn, again and again, until what one gives goes as far up as it is
 * wanted, or the time is over; and their ledgers for the hand-overs that go with it, page after page.
 *
 *   begin --proof.ask--> told: a proof -----> kept, as that delegate's -----------------.
 *     ^                   |'-- nothing -----> the next one                              |
 *     '-----(LOOK_MS)-----'                                                             v
 *              ledger.handovers --(job)--> those that stand --> all that it takes: its signatures --(job)--> it stands
 *                 ^                 '-- none: the next ledger --.
 *                 '---------(LOOK_MS)---------------------------'
 *   one that stands goes far enough --> over
 *   its time is over: the one that stands and goes furthest --> over
 *
 * Hand-overs of the municipality (`municipality.handovers`) come from whoever gave the proof, page after page, as what it has of the levels above
 * does.
 *
 * Safety: up to the city each proof is verified before it counts, and each hand-over by itself; what it has of the levels above,
 * whoever wants it verifies (verify.ts), who knows their members. Liveness: who gives what does not stand, or says that it is of an
 * epoch that never was, keeps nobody from what others give; that there is nothing to prove is believed of more than a third of the stake.
 *
 * Bound: one proof of each delegate; as many hand-overs as a bundle may have: of what is older than that there is no proof from
 * this genesis.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { assert } from '#lib/assert.ts';
import { same } from '#lib/bytes.ts';
import {
  ask,
  compute,
  wake,
  type Effect,
  type Moment,
  type Plain,
  type Signal,
  type Step,
} from '../effect.ts';
import { FIRST_EPOCH, hasHonest, stakeOf, type Delegate, type Genesis } from '../genesis.ts';
import type { AskHandovers, HandedOver } from '../ledger.messages.ts';
import { askOn, copyOf, told as toldPage, verified, type LineageCopy } from '../lineage-copy.ts';
import { committeeFor, type Handover } from '../lineage.ts';
import type { Sealed } from '../municipality-batch.ts';
import { AskSealers, type SealersTold } from '../municipality.messages.ts';
import { AskProof, type ProofTold, type Unproved } from '../proof.messages.ts';
import { rankedDelegates } from '../provers.ts';
import { address } from '../subjects.ts';
import {
  handoversOf,
  sealersBefore,
  HANDOVERS_MAX,
  LAYERS,
  topOf,
  VERSION,
  type Bundle,
  type Root,
  type Rooted,
} from './bundle.ts';
import { cityProofJobs } from './city-proof.ts';
import { subjectJobs } from './subject.ts';

const LOOK_MS = 500;
/** Four layers, a few members of each. */
const WITHIN_MS = 15_000;
const VERIFY = 'presence.verify';
const PAGE = 'page';
const PAGE_WITHIN_MS = 3_000;
/** With whose. */
const SEALERS = 'sealers/';

export interface Wish {
  /** Of the city that it is asked of. */
  readonly genesis: Genesis;
  readonly id: Uint8Array;
  readonly upTo: Root;
  readonly withinMs: number;
}

/** Nobody has said why: undefined. */
export type WhyNot = Unproved | 'too-long' | undefined;
/** The best of what stands; or why there is nothing. */
export type Outcome = { readonly bundle: Bundle } | { readonly why: WhyNot };

/** What a delegate gave: looked at when all hand-overs are there that it takes. */
interface Given {
  readonly proof: Rooted;
  is: 'waiting' | 'being-verified' | 'standing';
  /** Hand-overs of the municipality, since genesis without a gap: by the same delegate, as the levels above the city are. */
  readonly sealers: Sealed[];
  isAsked: boolean;
}

export interface Wanting {
  readonly wish: Wish;
  readonly endsAt: number;
  /** Who is asked, in this order and round again; whose turn it is for proofs, and for hand-overs. */
  readonly delegates: readonly Delegate[];
  turn: number;
  pageTurn: number;
  /** By whose it is. */
  readonly given: Map<number, Given>;
  /** Who has nothing to give, and will not have it later. */
  readonly said: Map<number, Unproved>;
  readonly copy: LineageCopy;
  /** Those that the copy has: since genesis, without a gap. */
  readonly handovers: Handover[];
  /** The next page is asked for, verified, or waited for. */
  isPaging: boolean;
  why: WhyNot;
  outcome: Outcome | undefined;
}

export type WantSays = AskProof | AskHandovers | AskSealers;
export type WantHears = ProofTold | HandedOver | SealersTold;
type Effects = readonly Effect<WantSays>[];
type Did = Step<Wanting, WantSays>;

export function begin(wish: Wish, { now }: Moment): Did {
  const { genesis, id, withinMs } = wish;
  const wanting: Wanting = {
    wish,
    endsAt: now + withinMs,
    delegates: rankedDelegates(genesis, id),
    turn: 0,
    pageTurn: 0,
    given: new Map(),
    said: new Map(),
    copy: copyOf(genesis, PAGE),
    handovers: [],
    isPaging: false,
    why: undefined,
    outcome: undefined,
  };
  return [wanting, [question(wanting), wake('over', withinMs)]];
}

const PROOF = 'proof/';
const CHECK = 'check/';
const whose = (id: string): number => Number(id.slice(id.indexOf('/') + 1));

function question({ wish: { id }, delegates, turn }: Wanting): Effect<WantSays> {
  const at = turn % delegates.length;
  return ask(PROOF + at, address(delegates[at]!.node, 'proof'), AskProof.of({ id }), WITHIN_MS);
}

export function step(state: Wanting, input: WantHears | Signal, { now }: Moment): Did {
  if (state.outcome !== undefined) return [state, []];
  const isTime = now < state.endsAt;
  const effects = heard(state, input, isTime);
  const isOver = input.kind === 'wake' && !isTime;
  if (isOver || isFound(state)) state.outcome = outcomeOf(state);
  return [state, state.outcome === undefined ? effects : []];
}

function heard(state: Wanting, input: WantHears | Signal, isTime: boolean): Effects {
  switch (input.kind) {
    case 'answered':
      return answered(state, input.id, input.message as WantHears);
    case 'unanswered':
      if (input.id.startsWith(SEALERS)) return sealersTold(state, whose(input.id), []);
      return input.id === PAGE ? handed(state, undefined) : next(state);
    case 'computed':
      return judged(state, input.id, input.output as readonly boolean[]);
    case 'uncomputed':
      return judged(state, input.id, undefined);
    case 'wake':
      if (!isTime || input.id === 'over') return [];
      return input.id === PAGE ? page(state) : [question(state)];
    default:
      return [];
  }
}

/** Whoever is asked may answer with whatever is heard here at all: what is no answer is as good as none. */
function answered(state: Wanting, id: string, said: WantHears): Effects {
  if (id.startsWith(SEALERS)) {
    const told = said.kind === 'municipality.handed-over' ? said.handovers : [];
    return sealersTold(state, whose(id), told);
  }
  if (id === PAGE) return handed(state, said.kind === 'ledger.handed-over' ? said : undefined);
  return said.kind === 'proof.told' ? told(state, whose(id), said) : next(state);
}

/** The next one, at once: nobody's word is enough. */
function others(state: Wanting): Effects {
  state.turn++;
  return [question(state)];
}

/** The next one, in a while. */
function next(state: Wanting): Effects {
  state.turn++;
  return [wake('look', LOOK_MS)];
}

function told(state: Wanting, by: number, { proof: given, why }: ProofTold): Effects {
  // A proof of something else may well be true: whoever verifies it would believe that of what was asked for.
  const isIts = given !== undefined && same(given.city.entry.txId, state.wish.id);
  const isTooLong = isIts && Math.max(handoversOf(given), sealersBefore(given)) > HANDOVERS_MAX;
  state.why = isTooLong ? 'too-long' : why;
  if (isIts && !isTooLong) take(state, by, given);
  // What is not known there will not be later; what did nothing where it stands never will.
  const isLast = why === 'unknown' || why === 'idle';
  const isNews = isLast && !state.said.has(by);
  if (isLast) state.said.set(by, why);
  else state.said.delete(by);
  return [...(isNews ? others(state) : next(state)), ...looks(state)];
}

/** The best that each has given; not while another one of its own is verified: it gives it again. */
function take({ given }: Wanting, by: number, proof: Rooted): void {
  const had = given.get(by);
  if (had?.is === 'being-verified') return;
  if (had === undefined || heightOf(proof) > heightOf(had.proof))
    given.set(by, { isAsked: false, sealers: [], ...had, proof, is: 'waiting' });
}

const heightOf = (proof: Rooted): number => LAYERS.indexOf(topOf(proof));

/** Those for which all hand-overs are there are verified, for the others the next page is asked for. */
function looks(state: Wanting): Effects {
  const waiting = [...state.given].filter(([, { is }]) => is === 'waiting');
  const lacksAny = waiting.some(([, { proof }]) => handoversOf(proof) > state.handovers.length);
  const checks = waiting.flatMap(([by, each]) =>
    handoversOf(each.proof) > state.handovers.length ? [] : check(state, by, each),
  );
  const asked = [...state.given].flatMap(([by, each]) => askSealers(state, by, each));
  return [...checks, ...asked, ...(lacksAny && !state.isPaging ? page(state) : [])];
}

const lacksSealers = ({ proof, sealers }: Given): boolean => sealers.length < sealersBefore(proof);

/** Of whoever gave the proof: what does not fit is refused with its layer. */
function askSealers({ delegates }: Wanting, by: number, each: Given): Effects {
  if (each.isAsked || !lacksSealers(each)) return [];
  each.isAsked = true;
  const wanted = AskSealers.of({ epoch: FIRST_EPOCH + each.sealers.length + 1 });
  return [ask(SEALERS + by, address(delegates[by]!.node, 'municipality'), wanted, PAGE_WITHIN_MS)];
}

/** Those that follow; where there are none they are asked for when it gives its proof again. */
function sealersTold(state: Wanting, by: number, handovers: readonly Sealed[]): Effects {
  const each = state.given.get(by);
  if (each === undefined) return [];
  each.isAsked = false;
  const before = each.sealers.length;
  for (const one of handovers)
    if (one.batch.epoch === FIRST_EPOCH + each.sealers.length && lacksSealers(each))
      each.sealers.push(one);
  return each.sealers.length > before ? askSealers(state, by, each) : [];
}

/** What costs nothing first; then its signatures. */
function check(state: Wanting, by: number, each: Given): Effects {
  const jobs = jobsOf(state, each.proof);
  if (jobs === undefined) {
    state.given.delete(by);
    return [];
  }
  each.is = 'being-verified';
  return [compute(CHECK + by, VERIFY, jobs as unknown as Plain)];
}

function jobsOf(
  { wish: { genesis }, copy: { lineage } }: Wanting,
  { subject, city }: Rooted,
): readonly VerifyJob[] | undefined {
  const { network, place } = genesis;
  if (city.next.place !== place) return undefined;
  const said = subjectJobs(network, place, city.entry, subject);
  const ordered = cityProofJobs(network, (head) => committeeFor(lineage, head), city);
  return said.ok && ordered.ok ? [...said.value, ...ordered.value.jobs] : undefined;
}

function judged(state: Wanting, id: string, verdicts: readonly boolean[] | undefined): Effects {
  if (id === PAGE) return taken(state, verified(state.copy, verdicts));
  const each = state.given.get(whose(id));
  assert(each?.is === 'being-verified', 'what is verified was given');
  if (verdicts?.every(Boolean) === true) each.is = 'standing';
  else state.given.delete(whose(id));
  return [];
}

function page(state: Wanting): Effects {
  state.isPaging = true;
  const { delegates, pageTurn, copy } = state;
  return askOn(copy, address(delegates[pageTurn % delegates.length]!.node, 'ledger'));
}

/** A ledger has answered, or has not. */
function handed(state: Wanting, answer: HandedOver | undefined): Effects {
  const job = toldPage(state.copy, answer, VERIFY);
  return job.length > 0 ? job : taken(state, []);
}

/** Those that follow; where there are none the next ledger is asked. */
function taken(state: Wanting, handovers: readonly Handover[]): Effects {
  state.handovers.push(...handovers);
  if (handovers.length === 0) {
    state.pageTurn++;
    return [wake(PAGE, LOOK_MS)];
  }
  state.isPaging = false;
  return looks(state);
}

function best({ given }: Wanting): Given | undefined {
  const standing = [...given.values()].filter((one) => one.is === 'standing' && !lacksSealers(one));
  return standing.toSorted((a, b) => heightOf(b.proof) - heightOf(a.proof))[0];
}

/** Whoever gave something that waits for its hand-overs may know better than those who know nothing. */
function isFound(state: Wanting): boolean {
  const found = best(state);
  if (found !== undefined) return heightOf(found.proof) >= LAYERS.indexOf(state.wish.upTo);
  return state.given.size === 0 && isDenied(state);
}

/** One at least who says that there is nothing is honest. */
function isDenied({ wish, delegates, said }: Wanting): boolean {
  const stake = [...said.keys()].reduce((sum, by) => sum + delegates[by]!.stake, 0n);
  return hasHonest(stake, stakeOf(wish.genesis));
}

function outcomeOf(state: Wanting): Outcome {
  const { given, handovers, said, why } = state;
  const found = best(state);
  if (found === undefined && isDenied(state)) return { why: [...said.values()].at(-1) };
  if (found === undefined) return { why: given.size > 0 ? 'busy' : why };
  const { subject, ...rest } = found.proof;
  const own = handovers.slice(0, handoversOf(found.proof));
  const sealers = found.sealers.slice(0, sealersBefore(found.proof));
  return { bundle: { version: VERSION, subject, handovers: own, sealers, ...rest } };
}
