/** A transaction comes back: R1 to R5 of a delegate, with real holders over disks. */
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { bodyHashOf } from '#protocols/transaction.ts';
import { ANCHORS, LIGHTS, sealed, type Sealed } from '../protocols/holding/kept-city.ts';
import { ReadingYard, type Lie } from './reading-yard.ts';

const [one] = sealed(1) as [Sealed];
const HOLDERS = [...LIGHTS.slice(0, 5), ...ANCHORS];

const kept = (plant?: ConstructorParameters<typeof ReadingYard>[0]): ReadingYard => {
  const yard = new ReadingYard(plant);
  yard.keep(one);
  return yard;
};
const isGiven = (yard: ReadingYard, number: number): boolean => {
  const last = yard.last(number);
  if (last?.kind !== 'receive.given') return false;
  expect(hex(bodyHashOf(last.body))).toBe(hex(one.cover.header.bodyHash));
  return true;
};
const WRONG_BYTES: Lie = (shown) => ({ ...shown, piece: shown.piece.map((byte) => byte ^ 1) });
const WRONG_LENGTH: Lie = (shown) => ({ ...shown, piece: shown.piece.subarray(1) });

describe('a read', () => {
  it('gives the body, and tells how far it is', () => {
    const yard = kept();
    const number = yard.read(one);
    yard.pass(1_000);
    expect(isGiven(yard, number)).toBe(true);
    expect(yard.heard.some(({ kind }) => kind === 'receive.progress')).toBe(true);
    expect([yard.wrong, yard.doubts]).toEqual([[], []]);
  });

  it('succeeds while k pieces are to be had, and each liar is told to whoever audits', () => {
    const yard = kept();
    yard.lie(LIGHTS[0]!, WRONG_BYTES);
    for (const node of LIGHTS.slice(1, 5)) yard.lie(node, WRONG_LENGTH);
    for (const node of ANCHORS.slice(1)) yard.lie(node, WRONG_BYTES);
    yard.kill(LIGHTS[4]!);
    const number = yard.read(one);
    yard.pass(10_000);
    // Of the first anchor there are two rows: one too few, and nothing wrong is given.
    expect(yard.last(number)).toMatchObject({ kind: 'receive.unavailable', have: 2, need: 3 });
    const liars = new Set(
      yard.doubts.filter(({ why }) => why === 'wrong').map(({ holder }) => holder),
    );
    expect([...liars].toSorted()).toEqual([...LIGHTS.slice(0, 4), ...ANCHORS.slice(1)].toSorted());
    yard.lie(LIGHTS[0]!, (shown) => shown);
    const again = yard.read(one);
    yard.pass(1_000);
    expect(isGiven(yard, again)).toBe(true);
  });

  it('waits for holders that are away, and goes on by itself when they return', () => {
    const yard = kept();
    for (const node of HOLDERS.slice(0, 7)) yard.kill(node);
    const number = yard.read(one, 60_000);
    yard.pass(20_000);
    expect(yard.last(number)).toMatchObject({
      kind: 'receive.progress',
      phase: 'waiting',
      have: 2,
    });
    yard.revive(LIGHTS[2]!);
    yard.pass(5_000);
    expect(isGiven(yard, number)).toBe(true);
  });

  it('is unavailable when its time is over, with a hint when to try again', () => {
    const yard = kept();
    for (const node of HOLDERS) yard.kill(node);
    const number = yard.read(one, 3_000);
    yard.pass(4_000);
    const last = yard.last(number);
    expect(last).toMatchObject({ kind: 'receive.unavailable', have: 0, need: 3 });
    expect(last?.kind === 'receive.unavailable' && last.retryMs > 0).toBe(true);
  });
});
