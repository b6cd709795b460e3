/** A holder gives back what it holds: checked by its store, told where it is damaged, `busy` beyond a bound. */
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { READING_MAX } from '#protocols/hold/asked.ts';
import { pieceKey } from '#protocols/hold/held-piece.ts';
import { AskPieces, type GavePieces } from '#protocols/holder.messages.ts';
import { isOfManifest } from '#protocols/piece.ts';
import { HoldPieces } from '#protocols/sending.messages.ts';
import { address, type Address } from '#protocols/subjects.ts';
import { HolderPlayer } from './holder-player.ts';
import {
  ANCHORS,
  DELEGATES,
  LIGHTS,
  pieceFor,
  sealed,
  selfOf,
  STRANGER,
  type Sealed,
} from './kept-city.ts';

const S4 = address(DELEGATES[0], 'distribute');
const READER = address(STRANGER, 'gather');
const COLLEAGUE = address(DELEGATES[0], 'gather');
const [tx, other] = sealed(2) as [Sealed, Sealed];
const { batch } = tx.ordered;
const anchorRows = tx.manifest.placement.holders.flatMap((node, row) =>
  node === ANCHORS[0] ? [row] : [],
);

function holding(role: 'light' | 'anchor', rows: readonly number[]): HolderPlayer {
  const node = role === 'light' ? LIGHTS[0]! : ANCHORS[0];
  const player = new HolderPlayer({ ...selfOf(node), role });
  player.settle();
  player.hear(HoldPieces.of({ batch, pieces: rows.map((row) => pieceFor(tx, row)) }), S4);
  player.settle();
  return player;
}

function ask(player: HolderPlayer, rows: readonly number[], txId = tx.order.txId): GavePieces {
  player.hear(AskPieces.of({ txId, rows }), READER);
  player.settle();
  return player.said.at(-1)!.message as GavePieces;
}

const rowsOf = ({ pieces }: GavePieces): number[] => pieces.map(({ row }) => row);

describe('a holder that is asked for pieces', () => {
  it('gives what it holds', () => {
    const { pieces, lacks, because } = ask(holding('light', [0]), [0]);
    const [shown] = pieces;
    expect(hex(shown!.piece)).toBe(hex(tx.pieces[0]!));
    expect(isOfManifest(tx.manifest, shown!)).toBe(true);
    expect([lacks, because]).toEqual([[], undefined]);
  });

  it('gives all that it holds of a transaction when no rows are named', () => {
    expect(rowsOf(ask(holding('light', [0]), []))).toEqual([0]);
    expect(rowsOf(ask(holding('anchor', anchorRows), []))).toEqual(anchorRows);
  });

  it('says what it lacks', () => {
    const light = holding('light', [0]);
    expect(ask(light, [3])).toMatchObject({ pieces: [], lacks: [3], because: undefined });
    expect(ask(light, [0], other.order.txId)).toMatchObject({ pieces: [], lacks: [0] });
    const anchor = holding('anchor', anchorRows);
    const { pieces, lacks } = ask(anchor, [...anchorRows, 0]);
    expect([pieces.length, lacks]).toEqual([anchorRows.length, [0]]);
  });

  it('tells what is damaged, and shows nothing of it', () => {
    const anchor = holding('anchor', anchorRows);
    const [bad, ...good] = anchorRows;
    anchor.damaged.add(pieceKey('anchor', tx.order.txId, bad!));
    const { pieces, lacks, because } = ask(anchor, anchorRows);
    expect([pieces.map(({ row }) => row), lacks, because]).toEqual([good, [bad], 'damaged']);
  });

  it('is busy at once beyond a bound, and answers again when there is room', () => {
    const light = holding('light', [0]);
    const question = AskPieces.of({ txId: tx.order.txId, rows: [0] });
    for (let i = 0; i < READING_MAX; i++) light.hear(question, COLLEAGUE);
    const before = light.said.length;
    light.hear(question, COLLEAGUE);
    expect(light.said.slice(before).map(({ message }) => message)).toMatchObject([
      { pieces: [], lacks: [0], because: 'busy' },
    ]);
    light.settle();
    expect(ask(light, [0]).pieces).toHaveLength(1);
  });

  it('answers a stranger now and then, strangers together, and a delegate whenever it asks', () => {
    const light = holding('light', [0]);
    const answers = (from: Address, count: number) =>
      Array.from({ length: count }, () => {
        light.hear(AskPieces.of({ txId: tx.order.txId, rows: [0] }), from);
        light.settle();
        return (light.said.at(-1)!.message as GavePieces).because;
      }).filter((because) => because === undefined).length;
    expect(answers(READER, 100)).toBe(32);
    const others = ANCHORS.concat(LIGHTS).map((node) => address(node, 'gather'));
    const all = others.reduce((sum, from) => sum + answers(from, 32), 0);
    expect(all).toBe(128 - 32);
    expect(answers(COLLEAGUE, 500)).toBe(500);
  });
});
