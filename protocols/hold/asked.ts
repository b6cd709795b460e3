/**
 * Giving pieces back: a holder answers whoever asks with what is on its disk.
 *
 *   holder.ask --> fetch of each row --> holder.gave { pieces, lacks, because }
 *        '-- too many under way: `busy`, at once
 *
 * The store verifies each value as it is read; what is damaged is told as such and never shown. Whoever asks checks
 * the pieces against the manifest all the same. A light has one row of a transaction, and its key does not say
 * which; so a light looks once, whatever rows it is asked for.
 *
 * Bounds: so many rows are read at once, and so many bytes are shown in one answer; and who is no delegate may ask now
 * and then, as a node and all of them together, since a question of sixty bytes has an answer of many thousand. What is
 * over is `busy`, and is asked for again.
 */
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { assert } from '#lib/assert.ts';
import { buckets, takeOne, type Allowance, type Buckets } from '../allowance.ts';
import {
  fetch,
  NOTHING,
  reply,
  type Effect,
  type Moment,
  type PieceFound,
  type Signal,
} from '../effect.ts';
import type { Genesis } from '../genesis.ts';
import { GavePieces, type AskPieces, type GavePieces as Gave } from '../holder.messages.ts';
import type { ShownPiece } from '../piece.ts';
import { nodeOf } from '../subjects.ts';
import { pieceKey, readHeld } from './held-piece.ts';
import { mayHave, type Inventory } from './inventory.ts';
import type { Holder } from './state.ts';

/** Rows that are read from the disk at once, for everybody. */
export const READING_MAX = 1_024;
/** Of pieces in one answer; an envelope takes 512 KB. */
const ANSWER_BYTES = 256 * 1024;

/** Of a delegate, of a node that is none, and of all that are none. */
const OF_DELEGATE: Allowance = { perSecond: 1_024, burst: 4_096 };
const OF_ONE: Allowance = { perSecond: 8, burst: 32 };
const OF_OTHERS: Allowance = { perSecond: 32, burst: 128 };
const ASKERS_MAX = 1_024;
const OTHERS = 'others';

/** One question, until each of its rows was looked at. */
interface Asking {
  readonly ask: AskPieces;
  readonly asker: Pick<Moment, 'from' | 'ticket'>;
  readonly pieces: ShownPiece[];
  readonly damaged: Set<number>;
  left: number;
}

export interface Asked {
  readonly allowed: Buckets;
  begun: number;
  reading: number;
  readonly underWay: Map<string, Asking>;
}

export const noneAsked = (): Asked => ({
  allowed: buckets(ASKERS_MAX),
  begun: 0,
  reading: 0,
  underWay: new Map(),
});

type Did = readonly Effect<Gave>[];
const ID = 'ask:';

export const isAsked = ({ id }: Pick<Extract<Signal, { kind: 'fetched' }>, 'id'>): boolean =>
  id.startsWith(ID);

export function invariants({ reading, underWay }: Asked): void {
  const left = [...underWay.values()].reduce((sum, each) => sum + each.left, 0);
  assert(reading === left && reading <= READING_MAX, 'few enough rows are read at once');
}

function mayAsk({ allowed }: Asked, { delegates }: Genesis, at: Moment): boolean {
  const from = at.from ?? at.ticket?.asker;
  if (from === undefined) return true;
  const node = nodeOf(from);
  const isDelegate = delegates.some((each) => each.node === node);
  if (isDelegate) return takeOne(allowed, node, at.now, OF_DELEGATE);
  return takeOne(allowed, node, at.now, OF_ONE) && takeOne(allowed, OTHERS, at.now, OF_OTHERS);
}

export function answerPieces(
  asked: Asked,
  { role, genesis }: Pick<Holder, 'role' | 'genesis'>,
  inventory: Inventory,
  ask: AskPieces,
  at: Moment,
): Did {
  const rows = ask.rows.length > 0 ? [...new Set(ask.rows)] : ALL_ROWS;
  const asking: Asking = {
    ask,
    asker: { from: at.from, ticket: at.ticket },
    pieces: [],
    damaged: new Set(),
    left: 0,
  };
  if (!mayHave(inventory, ask.txId)) return say(asking, undefined);
  if (!mayAsk(asked, genesis, at)) return say(asking, 'busy');
  const looks = role === 'light' ? rows.slice(0, 1) : rows;
  if (asked.reading + looks.length > READING_MAX) return say(asking, 'busy');
  asking.left = looks.length;
  asked.reading += looks.length;
  const id = `${ID}${++asked.begun}`;
  asked.underWay.set(id, asking);
  return looks.map((row) => fetch(`${id}/${row}`, pieceKey(role, ask.txId, row)));
}

const ALL_ROWS: readonly number[] = Array.from({ length: PIECES_MAX }, (_, row) => row);

/** One row was looked at; the last one makes the answer. */
export function fetched(asked: Asked, { id, ...there }: { readonly id: string } & PieceFound): Did {
  const [question, row] = id.split('/') as [string, string];
  const asking = asked.underWay.get(question);
  assert(asking !== undefined, 'what is read was asked for');
  asked.reading--;
  look(asking, Number(row), there);
  if (--asking.left > 0) return NOTHING;
  asked.underWay.delete(question);
  return say(asking, undefined);
}

function look({ ask, pieces, damaged }: Asking, asked: number, there: PieceFound): void {
  if (there.found === 'damaged') return void damaged.add(asked);
  const held = there.found === 'piece' ? readHeld(there.value) : undefined;
  if (held === undefined) return;
  const { row, piece } = held;
  if (ask.rows.length === 0 || ask.rows.includes(row)) pieces.push({ row, piece });
}

function say(
  { ask: { txId, rows }, asker, pieces, damaged }: Asking,
  busy: 'busy' | undefined,
): Did {
  const shown = within(pieces);
  const because = shown.length < pieces.length ? 'busy' : (busy ?? damage(damaged));
  const lacks = rows.filter((row) => !shown.some((piece) => piece.row === row));
  return reply(asker, GavePieces.of({ txId, pieces: shown, lacks, because }));
}

const damage = (damaged: ReadonlySet<number>): 'damaged' | undefined =>
  damaged.size > 0 ? 'damaged' : undefined;

/** As many as one answer takes, at least one. */
function within(pieces: readonly ShownPiece[]): readonly ShownPiece[] {
  let bytes = 0;
  const first = pieces.findIndex(({ piece }, i) => {
    bytes += piece.length;
    return i > 0 && bytes > ANSWER_BYTES;
  });
  return first < 0 ? pieces : pieces.slice(0, first);
}
