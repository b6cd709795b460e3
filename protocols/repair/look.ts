/**
 * Looking: the ledger's word, then the holders' on rows that somebody doubts, then the judgement.
 *
 *   waiting --(due)--> ledger.ask --> holder.ask, of doubted rows --> judge
 *                                                                      |
 *      closed <-- sound: nothing is to be done ------------------------+--> queued, by how long it would last
 *      waiting <-- settling, lost for now, leased by another ----------'
 *
 * Asked for are rows that are doubted, and those that were never acknowledged: the ledger knows the acks of the
 * certificate alone, while S4 may have placed all rows since. Only when one of them is gone all are asked for.
 * So a word about a piece costs one question, and moves nothing by itself.
 *
 * Who cannot be asked because he is away has a row without an ack if he was there for a while after the certificate: S4
 * reports what it could not place, and audits what they miss. Who was away before that has nothing, as far as is known.
 */
import type { Moment } from '../effect.ts';
import type { EligibleList } from '../eligibility.ts';
import { leaseFrom } from '../fate.ts';
import { AskPieces, Erase, type Erased, type GavePieces } from '../holder.messages.ts';
import { AskTx, type Told } from '../ledger.messages.ts';
import { isLightRow, placedRows } from '../manifest.ts';
import { isOfManifest } from '../piece.ts';
import { address, continentOf, type NodeAddress } from '../subjects.ts';
import { noticeAbsent } from './absent.ts';
import { close, later, TURN_MS } from './cases.ts';
import { judge, survivalDays, wantedAt, type Judging, type Verdict } from './judge.ts';
import { knownOf, type Known } from './known.ts';
import { forgetWishes, rowsThatLeave } from './leaving.ts';
import { longestOf, type Held } from './placing.ts';
import type { Resolved } from '../policy.ts';
import { runOf } from './running.ts';
import { isTakenAsHeld, rowsToRenew, statesOf, tallyOf, type SeenRow } from './sight.ts';
import {
  askFor,
  cityTime,
  isHere,
  newestList,
  type Case,
  type Effects,
  type Repairing,
} from './state.ts';

const LEDGER_MS = 3_000;
const HOLDER_MS = 2_000;
const ERASE_MS = 5_000;
/** S4 tries six times within eight seconds; who goes is off the list some ten seconds later. */
const SENT_MS = 20_000;
/** The time of batches is behind ours by so much at most, as a rule: a lease that comes too early is none. */
const BEHIND_MS = 1_000;
/** What stays unknown or undone after so many looks is let go: whoever minds says so again. */
const FRUITLESS_MAX = 12;
/** What is to be had at most grows with the time: less than so much is not worth an order. */
const LONGER_MS = 3_600_000;

/** How a row did when it was asked for; absent where it was not. */
type Shown = 'shown' | 'lacking' | 'silent';

interface Looking {
  readonly its: Case;
  readonly known: Known;
  readonly list: EligibleList;
  readonly doubted: ReadonlySet<number>;
  readonly shown: Map<number, Shown>;
  /** Spares that have a row: the ledger knows who was drawn, not which of them it was. */
  readonly spared: Map<number, NodeAddress>;
  asked: number;
}

export function look(state: Repairing, its: Case, at: Moment): Effects {
  its.stage = 'looking';
  forgetWishes(its, at);
  const ledger = address(state.self.node, 'ledger');
  return [
    askFor<Told>(state, ledger, AskTx.of({ txId: its.txId }), LEDGER_MS, (told, at) =>
      state.cases.get(its.name) === its ? heard(state, its, told, at) : [],
    ),
  ];
}

function heard(state: Repairing, its: Case, told: Told | undefined, at: Moment): Effects {
  const [now, list] = [cityTime(state, at), newestList(state)];
  if (told === undefined || now === undefined || list === undefined) return later(its, at);
  const known = knownOf(told);
  if (known === undefined) return wait(state, its, at);
  const { fate, expiresAt } = known;
  if (its.erase !== undefined && fate.isErased) return erased(state, its, known, at);
  const isOver = told.state === 'REJECTED' || told.state === 'EXPIRED' || expiresAt <= now;
  if (isOver || fate.isErased || fate.isFalse) return close(state, its);
  if (its.isWatched && fate.health === 'sound') return close(state, its);
  const { turns } = state.rules;
  const from = leaseFrom(fate, state.self.node, now + turns.leaseMs, turns);
  if (from > now) {
    const isOthers = fate.lease !== undefined && fate.lease.by !== state.self.node;
    state.self.probe.sometimes(
      `repair: ${isOthers ? 'another one repairs it' : 'it is not our turn'}`,
    );
    return later(its, at, from - now + BEHIND_MS + (isOthers ? its.rank * TURN_MS : 0));
  }
  // What the one before us knew of losses it did not say: so everybody is asked.
  its.isWhole ||= its.isWatched;
  its.isWatched = false;
  const looking = {
    its,
    known,
    list,
    // Whoever wants to be rid of a row shows that it has it.
    doubted: new Set([...its.doubted, ...its.leaving.keys()]),
    shown: new Map(),
    spared: new Map(),
    asked: 0,
  };

  return ask(state, looking, at);
}

/** Unknown, or not ordered yet. */
const wait = (state: Repairing, its: Case, at: Moment): Effects =>
  its.fruitless >= FRUITLESS_MAX ? close(state, its) : later(its, at);

/** Asks the holders of rows that are in doubt, each once for all of its rows; and the spares of lights. */
function ask(state: Repairing, looking: Looking, at: Moment): Effects {
  const { its, known, list, doubted } = looking;
  const { manifest, places, acked } = known;
  const rows = places.flatMap((_, row) => {
    const isPlaced = row < placedRows(manifest) || acked.has(row);
    const isWanted = its.isWhole || doubted.has(row) || !acked.has(row);
    return isPlaced && isWanted && !looking.shown.has(row) ? [row] : [];
  });
  const isListed = (node: NodeAddress): boolean => isHere(state, list, node);
  const byHolder = Map.groupBy(rows, (row) => places[row]!.holder);
  const isInDoubt = places.some(
    ({ holder }, row) => isLightRow(manifest, row) && (rows.includes(row) || !isListed(holder)),
  );
  const spares = isInDoubt ? manifest.placement.spares : [];
  const asked = [...byHolder, ...spares.map((node) => [node, []] as const)].filter(([node]) =>
    isListed(node),
  );
  looking.asked = asked.length;
  if (asked.length === 0) return judged(state, looking, at);
  return asked.map(([holder, of]) => {
    const question = AskPieces.of({ txId: its.txId, rows: of });
    const to = address(holder, 'holder');
    return askFor<GavePieces>(state, to, question, HOLDER_MS, (gave, then) =>
      answered(state, looking, holder, of, gave, then),
    );
  });
}

function answered(
  state: Repairing,
  looking: Looking,
  holder: NodeAddress,
  rows: readonly number[],
  gave: GavePieces | undefined,
  at: Moment,
): Effects {
  const { its, shown, spared, known } = looking;
  const good = (gave?.pieces ?? []).filter((piece) => isOfManifest(known.manifest, piece));
  if (rows.length === 0) for (const { row } of good) spared.set(row, holder);
  const isSilent = gave === undefined || gave.because === 'busy';
  for (const row of rows) {
    const isShown = good.some((piece) => piece.row === row);
    shown.set(row, isShown ? 'shown' : isSilent ? 'silent' : 'lacking');
  }
  const isLast = --looking.asked === 0 && state.cases.get(its.name) === its;
  if (!isLast) return [];
  // Where one row is gone others may be, and nobody keeps count: so all are asked for.
  if (its.isWhole || ![...shown.values()].includes('lacking')) return judged(state, looking, at);
  its.isWhole = true;
  return ask(state, looking, at);
}

function judged(state: Repairing, looking: Looking, at: Moment): Effects {
  const { known, list } = looking;
  const now = cityTime(state, at)!;
  const holders = known.places.map(
    ({ holder }, row) => [holder, isLightRow(known.manifest, row) ? 'light' : 'anchor'] as const,
  );
  return [...noticeAbsent(state, list, holders, now), ...verdictOn(state, looking, now, at)];
}

function verdictOn(state: Repairing, looking: Looking, now: number, at: Moment): Effects {
  const { its, known, list, doubted } = looking;
  const rows = seenRows(state, looking, now);
  const present = new Set(
    known.manifest.terms.continents
      .map(({ continent }) => continent)
      .filter((continent) => hasAnchors(list, continent)),
  );
  const judging = judgingOf(state, its, known, present);
  const tally = tallyOf(known.manifest, rows, now);
  const verdict = judge(judging, tally, now);
  // Whoever was silent may have it or not: that is asked again.
  const isOpen = (row: number): boolean => looking.shown.get(row) === 'silent';
  for (const row of doubted) if (!isOpen(row)) its.doubted.delete(row);
  if (verdict.is === 'due' || verdict.is === 'urgent') {
    for (const row of looking.shown.keys()) if (isOpen(row)) its.doubted.add(row);
  }
  its.isWhole = false;
  state.self.probe.sometimes(`repair: a transaction was found ${verdict.is}`);
  if (verdict.is === 'settling')
    return later(its, at, known.ackedAt + judging.repair.settleMs - now);
  const lost =
    verdict.is === 'sound'
      ? []
      : rowsToRenew(known.manifest, rows, wantedAt(judging, now), present, now);
  const left =
    verdict.is === 'lost' ? [] : rowsThatLeave(its, rows, known.manifest.terms.repairAt, now);
  const anew = [...new Set([...lost, ...left])].toSorted((a, b) => a - b);
  const late = lateRows(its, known, list, rows, verdict, now).filter((row) => !anew.includes(row));
  const longer = late.filter((row) => rows[row]!.isOnline);
  const isIdle = anew.length === 0 && longer.length === 0;
  if (isIdle && !isToBeCleared(known, verdict)) {
    return nothingToDo(state, its, known, verdict, late.length > 0, at);
  }
  if (verdict.is === 'lost' && known.fate.health === 'LOST') return later(its, at);
  const days = verdict.is === 'lost' ? Infinity : survivalDays(tally, known.manifest.terms.k);
  const isWished = lost.length === 0 && longer.length === 0;
  const isAgain = its.isUnderway || known.fate.lease !== undefined;
  its.run = runOf(known, {
    anew,
    longer,
    days,
    isWished,
    isUrgent: verdict.is === 'urgent',
    isAgain,
  });
  its.stage = 'queued';
  return [];
}

const latest = (of: readonly Held[]): number => Math.max(0, ...of.map(({ until }) => until));

function judgingOf(
  { rules, self: { plant } }: Repairing,
  its: Case,
  { manifest, places, fate, ackedAt, expiresAt }: Known,
  present: ReadonlySet<string>,
): Judging {
  const { terms } = manifest;
  return {
    terms,
    lightUntil: latest(places.slice(0, terms.lights)),
    anchorUntil: latest(places.slice(terms.lights)),
    expiresAt,
    repair: rules,
    ackedAt,
    // Whoever asked for a repair gets all of one. Planted: each loss is made good as if it belonged to a repair that has begun.
    isUnderway: its.isUnderway || fate.health !== 'sound' || plant === 'repair-without-hysteresis',
    present,
  };
}

function seenRows(state: Repairing, looking: Looking, now: number): readonly SeenRow[] {
  const { known, list, shown, spared } = looking;
  const { missedMs } = state.rules;
  const trustsIndex = state.self.plant === 'repair-trusts-index';
  const placed = placedRows(known.manifest);
  const sentUntil = known.ackedAt + SENT_MS;
  return known.places.map(({ holder: drawn, until }, row) => {
    const was = shown.get(row);
    const spare = was === 'shown' ? undefined : spared.get(row);
    const holder = spare ?? drawn;
    const isListed = isHere(state, list, holder);
    const isLacking = was === 'lacking' && spare === undefined && !trustsIndex;
    const seenAt = isListed ? now : (state.absent.get(holder)?.since ?? now);
    const hasWord = known.acked.has(row) || was === 'shown';
    return {
      missedMs: missedMs[isLightRow(known.manifest, row) ? 'light' : 'anchor'],
      holder,
      until,
      isAcked: hasWord || (row < placed && isTakenAsHeld({ isListed, seenAt, sentUntil })),
      isDisproved: isLacking,
      isOnline: isListed && (was !== 'silent' || spare !== undefined),
      seenAt,
    };
  });
}

const hasAnchors = ({ nodes }: EligibleList, continent: string): boolean =>
  nodes.some(
    ({ node, role, weight }) => role === 'anchor' && weight > 0 && continentOf(node) === continent,
  );

/** Sound rows that are to be held for longer than was promised. */
function lateRows(
  its: Case,
  { manifest, places, expiresAt }: Known,
  list: EligibleList,
  rows: readonly SeenRow[],
  verdict: Verdict,
  now: number,
): readonly number[] {
  const isTime = (verdict.is === 'due' || verdict.is === 'urgent') && verdict.why === 'time';
  if (!its.isLonger && !isTime) return [];
  const states = statesOf(rows, now);
  const lasting = { manifest, list, places, expiresAt };
  return rows.flatMap(({ until, holder }, row) => {
    const isMeant = its.isLonger || !isLightRow(manifest, row);
    // A spare's row is not renewed where it is: nobody was told who has it.
    if (holder !== places[row]!.holder) return [];
    const isLess =
      until + worthAnOrder(manifest.terms, isLightRow(manifest, row)) < longestOf(lasting, row);
    return isMeant && isLess && states[row] === 'sound' ? [row] : [];
  });
}

/** So much longer, at least; of a short promise a part of it. */
const worthAnOrder = ({ lightTtlMs, anchorTtlMs }: Resolved, isLight: boolean): number => {
  const ttl = isLight ? lightTtlMs : anchorTtlMs;
  return ttl === 0 ? LONGER_MS : Math.min(LONGER_MS, ttl / 4);
};

/** Somebody asked for repair, and nothing is wrong (any more): that is said by a repair of nothing. */
const isToBeCleared = ({ fate }: Known, verdict: Verdict): boolean =>
  fate.health !== 'sound' && verdict.is === 'sound' && !verdict.alarm;

function nothingToDo(
  state: Repairing,
  its: Case,
  { fate }: Known,
  verdict: Verdict,
  isLate: boolean,
  at: Moment,
): Effects {
  its.leaving.clear();
  // Merely away: it is asked about again, and nothing is moved.
  if (fate.health !== 'sound' || verdict.is === 'lost') return later(its, at);
  const isOpen = isLate || its.doubted.size > 0;
  return isOpen && its.fruitless < FRUITLESS_MAX ? later(its, at) : close(state, its);
}

/** Everybody who holds something of it is shown its sender's word, until all have heard it. */
function erased(
  state: Repairing,
  its: Case,
  { cover, manifest, places }: Known,
  at: Moment,
): Effects {
  const { holders: drawn, spares } = manifest.placement;
  const holders = new Set([...places.map(({ holder }) => holder), ...drawn, ...spares]);
  const left = [...holders].filter((holder) => !its.erasedBy.has(holder));
  if (left.length === 0 || its.fruitless >= FRUITLESS_MAX) return close(state, its);
  later(its, at);
  return left.map((holder) => {
    const rows = places.flatMap((place, row) => (place.holder === holder ? [row] : []));
    const message = Erase.of({ header: cover.header, erase: its.erase!, rows });
    return askFor<Erased>(state, address(holder, 'holder'), message, ERASE_MS, (said) => {
      if (said !== undefined) its.erasedBy.add(holder);
      return [];
    });
  });
}
