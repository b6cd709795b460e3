/** What is kept, by a manifest, the order and disks: who counts, and whose ack is hollow. */
import { beforeAll, describe, expect, it } from 'vitest';
import { nameText } from '#algorithms/identity.ts';
import { hex } from '#lib/bytes.ts';
import { toBytes } from '#protocols/codec.ts';
import { SOUND, type Fate } from '#protocols/fate.ts';
import type { HeldPiece } from '#protocols/hold/held-piece.ts';
import { Batch } from '#protocols/holding.ts';
import { acksKey, type Certified } from '#protocols/ledger/records.ts';
import { isLightRow } from '#protocols/manifest.ts';
import { nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import { hollowAcks, keepingOf, rowsOn, type Disks } from '#simulations/judge/kept.ts';
import { batchOf, sealed, type Sealed } from '../../protocols/holding/kept-city.ts';

const STRANGER = nodeAddress(place('asia.ishikawa.komatsu'), 'stranger');
let made: Sealed;
let holders: readonly NodeAddress[];
beforeAll(() => {
  [made] = sealed(1) as [Sealed];
  ({ holders } = made.manifest.placement);
});

/** Rows by whoever has them, as their stores have them. */
function disksOf(has: readonly (readonly [row: number, node: NodeAddress])[], flip = -1): Disks {
  const all = new Map<NodeAddress, Map<string, HeldPiece>>();
  const name = nameText(made.manifest.txId);
  for (const [row, node] of has) {
    const piece = made.pieces[row]!.slice();
    if (row === flip) piece[0]! ^= 1;
    const key = isLightRow(made.manifest, row) ? name : `${name}.${row}`;
    const held = all.get(node) ?? new Map<string, HeldPiece>();
    const value = { version: 1, row, rows: holders.length, pieceRoot: piece, path: [], piece };
    all.set(node, held.set(key, value as unknown as HeldPiece));
  }
  return new Map([...all].map(([node, held]) => [node, { held, damaged: 0 }]));
}

const own = () => holders.map((node, row) => [row, node] as const);
const renewed = (row: number, holder: NodeAddress): Fate => ({
  ...SOUND,
  places: [{ row, holder, until: 1 }],
});

describe('rows', () => {
  it('count where the manifest wants them, if they are intact, and bring back the body', () => {
    const all = keepingOf(made.manifest, disksOf(own()));
    expect(all.rows).toBe(holders.length);
    expect(all.body?.length).toBe(made.manifest.payloadBytes);
    expect(rowsOn(made.manifest, disksOf(own(), 2)).has(2)).toBe(false);
    expect(keepingOf(made.manifest, disksOf(own().slice(0, all.k - 1))).body).toBeUndefined();
  });

  it('count where a repair has placed them, and with a stranger they do not', () => {
    const moved = disksOf([[0, STRANGER]]);
    expect(rowsOn(made.manifest, moved).size).toBe(0);
    expect(rowsOn(made.manifest, moved, renewed(0, STRANGER)).get(0)?.nodes).toEqual([STRANGER]);
    expect(rowsOn(made.manifest, moved, renewed(1, STRANGER)).size).toBe(0);
  });
});

describe('an ack', () => {
  const ROW = 0;
  const hollow = (disks: Disks, fate?: Fate) => {
    const { batch } = batchOf('ack', holders[ROW]!, [new Uint8Array(32)]);
    const id = new Uint8Array(32).fill(7);
    const acks = [{ row: ROW, batch: id }];
    const certified = { manifest: made.manifest, cert: { acks } } as unknown as Certified;
    const rows = new Map([[acksKey(hex(id)), toBytes(Batch, batch)]]);
    return hollowAcks(certified, rows, disks, fate);
  };

  it('is hollow where its signer has not the piece', () => {
    expect(hollow(disksOf(own()))).toEqual([]);
    expect(hollow(disksOf([]))).toEqual([{ row: ROW, signer: holders[ROW] }]);
    expect(hollow(disksOf(own(), ROW))).toEqual([{ row: ROW, signer: holders[ROW] }]);
  });

  it('has to be kept by its successor, once a repair has relieved who signed it', () => {
    const fate = renewed(ROW, STRANGER);
    expect(hollow(disksOf([[ROW, STRANGER]]), fate)).toEqual([]);
    expect(hollow(disksOf(own()), fate)).toEqual([{ row: ROW, signer: STRANGER }]);
  });
});
