/**
 * From a holder to the rows that it is asked for: what the own ledger lists for it, and knows of each transaction.
 *
 *   doubts of readers, or a page of what it holds --> transactions --> facts, known of late or asked for --> rows
 *
 * Pages are drawn, and one that has nothing of this holder is drawn again the next time; how many transactions a
 * drawn page has is also how many it holds in all, reckoned.
 */
import { hex } from '#lib/bytes.ts';
import { AskHeldBy, AskTx, PAGES_MAX, type Listed, type Told } from '../ledger.messages.ts';
import { CHALLENGED_MAX } from '../proof-of-holding.ts';
import type { Moment } from '../effect.ts';
import { figure } from '../figures.ts';
import { weightsIn } from '../presence/present.ts';
import { newest } from '../presence/replica.ts';
import { below, some } from './draws.ts';
import { factsOf, placedOn, wantedOf, type Facts, type Wanted } from './facts.ts';
import { own, ROWS_PER_SPAN, type Auditing, type Known, type Round } from './state.ts';
import { asks, type Effects } from './waits.ts';

const LEDGER_MS = 2_000;
/** A row is owed until then, and an answer takes a moment. */
const SOON_MS = 60_000;
/** Rows move to other holders; what was told is believed for so long. */
const FRESH_MS = 20_000;
/** New samples count so much in what is reckoned. */
const SMOOTHING = 8;

/** Its number only the ledger knows. */
const NEWEST: readonly number[] = [];

type Then = (wanted: readonly Wanted[], at: Moment) => Effects;

export function rowsFor(
  state: Auditing,
  round: Round,
  holder: Known,
  at: Moment,
  then: Then,
): Effects {
  const doubts = state.doubts.get(holder.node);
  if (doubts === undefined) return listed(state, round, holder, then);
  state.doubts.delete(holder.node);
  const rows = new Map(doubts.map(({ txId, row }) => [hex(txId), row]));
  return factsOfAll(
    state,
    doubts.map(({ txId }) => txId),
    at,
    (facts, now) => {
      const wanted = facts.flatMap((each) => {
        const row = rows.get(hex(each.txId))!;
        return placedOn(each, holder.node, now.wall + SOON_MS)
          .filter((placed) => placed.row === row)
          .map((placed) => wantedOf(each, placed));
      });
      return then(wanted, now);
    },
  );
}

function listed(state: Auditing, round: Round, holder: Known, then: Then): Effects {
  const all: Uint8Array[] = [];
  const questions = drawnQuestions(round, holder);
  let left = questions.length;
  return questions.map((pages) => {
    const question = AskHeldBy.of({ holder: holder.node, pages });
    return asks(state.waits, own(state, 'ledger'), question, LEDGER_MS, (answer, at) => {
      if (answer?.kind === 'ledger.listed') all.push(...onPages(holder, pages, answer as Listed));
      return --left > 0 ? [] : listedRows(state, round, holder, all, at, then);
    });
  });
}

/** The drawn pages in one question, and the newest in one of its own: its answer says how many there are. */
function drawnQuestions(round: Round, holder: Known): readonly (readonly number[])[] {
  const drawn = drawnPages(round, holder);
  const older = drawn.filter((page) => page > 0);
  const newest = older.length < drawn.length ? [NEWEST] : [];
  return older.length > 0 ? [...newest, older] : newest;
}

/** One more than make a challenge, as far as was seen and one question can say, or all there are; 0: the newest, whose number only the ledger knows. */
function drawnPages(round: Round, { pages, perPage }: Known): readonly number[] {
  const enough = 1 + Math.ceil(CHALLENGED_MAX / Math.max(1, perPage ?? CHALLENGED_MAX));
  const count = Math.min(PAGES_MAX, enough);
  if (pages < count) return Array.from({ length: pages + 1 }, (_, page) => page);
  return [...new Set(Array.from({ length: count }, () => below(round, pages + 1)))];
}

function onPages(holder: Known, pages: readonly number[], { txs, next }: Listed): Listed['txs'] {
  if (pages === NEWEST) holder.pages = next ?? 0;
  holder.perPage = smooth(holder.perPage, txs.length / Math.max(1, pages.length));
  return txs;
}

function listedRows(
  state: Auditing,
  round: Round,
  holder: Known,
  txs: readonly Uint8Array[],
  at: Moment,
  then: Then,
): Effects {
  const asked = round.asked.get(holder.node) ?? new Set();
  const chosen = freshFirst(
    round,
    txs,
    asked,
    Math.min(CHALLENGED_MAX, ROWS_PER_SPAN - asked.size),
  );
  return factsOfAll(state, chosen, at, (facts, now) =>
    then(drawn(round, holder, facts, chosen.length, now), now),
  );
}

/** Those of which nothing was asked in this span come first: of the others a light has nothing else. */
function freshFirst(
  round: Round,
  txs: readonly Uint8Array[],
  asked: ReadonlySet<string>,
  count: number,
): Uint8Array[] {
  const touched = new Set(Array.from(asked, (name) => name.slice(0, name.indexOf(' '))));
  const { fresh = [], rest = [] } = Object.groupBy(txs, (txId) =>
    touched.has(hex(txId)) ? 'rest' : 'fresh',
  );
  const first = some(round, fresh, count);
  return [...first, ...some(round, rest, count - first.length)];
}

/** Of each transaction one row that was not asked for in this span. */
function drawn(
  round: Round,
  holder: Known,
  facts: readonly Facts[],
  looked: number,
  { wall }: Moment,
): Wanted[] {
  const { node } = holder;
  const asked = round.asked.get(node) ?? new Set();
  round.asked.set(node, asked);
  let bytes = 0;
  const wanted = facts.flatMap((each): Wanted[] => {
    const rows = placedOn(each, node, wall + SOON_MS);
    bytes += rows.filter(({ isOwed }) => isOwed).length * each.pieceBytes;
    const fresh = rows.filter(({ row }) => !asked.has(nameOf(each, row)));
    if (fresh.length === 0) return [];
    const chosen = fresh[below(round, fresh.length)]!;
    asked.add(nameOf(each, chosen.row));
    return [wantedOf(each, chosen)];
  });
  if (looked > 0) holder.bytesPerTx = smooth(holder.bytesPerTx, bytes / looked);
  return wanted;
}

/** They were drawn and are not asked for now. */
export function giveBack({ asked }: Round, { node }: Known, wanted: readonly Wanted[]): void {
  for (const { asked: of } of wanted) asked.get(node)?.delete(nameOf(of, of.row));
}

const nameOf = ({ txId }: Pick<Facts, 'txId'>, row: number): string => `${hex(txId)} ${row}`;
const smooth = (had: number | undefined, sample: number): number =>
  had === undefined ? sample : had + (sample - had) / SMOOTHING;

/** What a holder is to have, as far as was seen. */
export const reckonedBytes = ({ pages, perPage, bytesPerTx }: Known): number =>
  Math.round((pages + 1) * (perPage ?? 0) * (bytesPerTx ?? 0));

function onlineOf({ copy }: Auditing, { placed }: Facts): Effects {
  const list = newest(copy);
  if (list === undefined) return [];
  const present = weightsIn(list);
  return [figure('online_pieces', placed.filter(({ holder }) => present.has(holder)).length)];
}

/** Those transactions of which somebody is to have something. */
function factsOfAll(
  state: Auditing,
  txs: readonly Uint8Array[],
  at: Moment,
  then: (facts: readonly Facts[], at: Moment) => Effects,
): Effects {
  const found: (Facts | undefined)[] = [];
  let left = txs.length;
  const take = (i: number, facts: Facts | undefined, now: Moment): Effects => {
    found[i] = facts;
    return --left > 0
      ? []
      : then(
          found.filter((each) => each !== undefined),
          now,
        );
  };
  if (left === 0) return then([], at);
  return txs.flatMap((txId, i) => {
    const known = state.facts.get(hex(txId));
    if (known !== undefined && at.now - known.at < FRESH_MS) return take(i, known.facts, at);
    const ledger = own(state, 'ledger');
    const question = AskTx.of({ txId, without: 'order' });
    return asks(state.waits, ledger, question, LEDGER_MS, (answer, now) => {
      const facts = answer?.kind === 'ledger.told' ? factsOf(answer as Told) : undefined;
      if (facts === undefined) return take(i, facts, now);
      state.facts.put(hex(txId), { facts, at: now.now });
      return [...onlineOf(state, facts), ...take(i, facts, now)];
    });
  });
}
