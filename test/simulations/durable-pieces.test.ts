/** The oracle of durable pieces: right about an honest disk, and not deceived by one that lies. */
import { describe, expect, it } from 'vitest';
import { millis } from '#protocols/ids.ts';
import { durablePieces } from '#simulations/durable-pieces.ts';
import { NOW, SMALL, valueOf } from '#test/contract/piece-values.ts';
import { opened, pieceWorld } from '#test/runtime/pieces/world.ts';

const EXPIRES_AT = millis(NOW + 1e9);

/** Puts keys, some of them again and some dropped, and asks the oracle at each answer. */
function unfounded(plant?: 'acknowledge-before-sync'): string[] {
  const it = pieceWorld({ syncMs: [5, 50] }, SMALL, 1, plant);
  const pieces = opened(it.open());
  const wrong: string[] = [];
  for (let i = 0; i < 60; i++) {
    const key = `tx${i % 40}`;
    pieces.put({ key, value: valueOf(key), expiresAt: EXPIRES_AT }, () => {
      if (!durablePieces(it.device).has(key)) wrong.push(`${key} is held`);
    });
    it.world.pass(7);
  }
  it.world.pass(1_000);
  for (const key of ['tx0', 'tx7']) {
    pieces.drop(key, () => {
      if (durablePieces(it.device).has(key)) wrong.push(`${key} is gone`);
    });
    it.world.pass(200);
  }
  return wrong;
}

describe('the oracle of durable pieces', () => {
  it('finds every piece that an honest store answered, and none that it dropped', () => {
    expect(unfounded()).toEqual([]);
  });

  it('convicts a disk that acknowledges before it syncs', () => {
    expect(unfounded('acknowledge-before-sync').length).toBeGreaterThan(20);
  });

  it('reads the values themselves', () => {
    const it = pieceWorld();
    const pieces = opened(it.open());
    it.put(pieces, 'a');
    expect(durablePieces(it.device)).toEqual(new Map([['a', valueOf('a')]]));
  });
});
