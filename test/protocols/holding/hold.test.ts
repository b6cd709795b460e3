/** A holder, step by step: what it refuses and why, when it acknowledges, and what it does not do twice. */
import { describe, expect, it } from 'vitest';
import { readCuckooFilter } from '#algorithms/filter/cuckoo.ts';
import { filterKey } from '#algorithms/filter/filter-key.ts';
import { concat, hex } from '#lib/bytes.ts';
import { millis } from '#protocols/ids.ts';
import {
  add,
  beginInventory,
  describe as describeInventory,
  listed,
  mayHave,
  measured,
  ROOM_WAKE,
  type Inventory,
} from '#protocols/hold/inventory.ts';
import { orderLeaf, type Batch } from '#protocols/holding.ts';
import { ackFault } from '#protocols/certificate.ts';
import { DescribeHolder, type HolderFilter } from '#protocols/holder.messages.ts';
import { MARKS } from '#protocols/hold/partings.ts';
import { pieceKey, readHeld } from '#protocols/hold/held-piece.ts';
import type { Holder } from '#protocols/hold/state.ts';
import type { HeartRoom } from '#protocols/presence.messages.ts';
import {
  HoldPieces,
  type HoldAcks,
  type HoldRefused,
  type SealedPiece,
} from '#protocols/sending.messages.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { HolderPlayer } from './holder-player.ts';
import {
  ANCHORS,
  batchOf,
  DELEGATES,
  LIGHTS,
  pieceFor,
  sealed,
  selfOf,
  STRANGER,
  type Sealed,
} from './kept-city.ts';
import { moment, WALL } from '../moments.ts';

const S4 = address(DELEGATES[0], 'distribute');
const [tx, other] = sealed(2) as [Sealed, Sealed];
const { batch } = tx.ordered;

const light = (node: NodeAddress = LIGHTS[0]!, more: Partial<Holder> = {}): HolderPlayer => {
  const player = new HolderPlayer({ ...selfOf(node), role: 'light', ...more });
  player.settle();
  return player;
};
const anchor = (node: NodeAddress = ANCHORS[0]): HolderPlayer => {
  const player = new HolderPlayer({ ...selfOf(node), role: 'anchor' });
  player.settle();
  return player;
};
const bring = (player: HolderPlayer, pieces: readonly SealedPiece[], by: Batch = batch): void => {
  player.hear(HoldPieces.of({ batch: by, pieces }), S4);
  player.settle();
};
const acks = ({ said }: HolderPlayer): HoldAcks[] =>
  said.flatMap(({ message }) => (message.kind === 'hold.acks' ? [message as HoldAcks] : []));
const refusals = ({ said }: HolderPlayer): HoldRefused[] =>
  said.flatMap(({ message }) => (message.kind === 'hold.refused' ? [message as HoldRefused] : []));
const reasons = (player: HolderPlayer): string[] => refusals(player).map(({ reason }) => reason);

describe('a piece that is its to hold', () => {
  it('is durable before it is acknowledged', () => {
    const player = light();
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 0)] }), S4);
    while (player.pending.some(({ do: what }) => what !== 'stow')) player.answer();
    expect(player.disk.size).toBe(0);
    expect(acks(player)).toEqual([]);
    player.settle();
    const held = readHeld(player.disk.get(pieceKey('light', tx.order.txId, 0))!.value)!;
    expect(hex(held.piece)).toBe(hex(tx.pieces[0]!));
    expect(acks(player)).toHaveLength(1);
  });

  it('is acknowledged by a leaf that stands in a batch of the holder', () => {
    const player = light();
    bring(player, [pieceFor(tx, 0)]);
    const [{ batch: signed, acks: given }] = acks(player) as [HoldAcks];
    expect(ackFault(tx.manifest, given[0]!, signed, 0)).toBeUndefined();
    expect(ackFault(other.manifest, given[0]!, signed, 0)).toBe('not-in-batch');
    expect(signed.head.signer).toBe(LIGHTS[0]);
  });

  it('that comes again is acknowledged again, with no second stow and no second signature', () => {
    const player = light();
    bring(player, [pieceFor(tx, 0)]);
    bring(player, [pieceFor(tx, 0)]);
    expect(player.stows).toHaveLength(1);
    const [first, second] = acks(player) as [HoldAcks, HoldAcks];
    expect(second).toEqual(first);
  });

  it('is acknowledged again after a restart, from what is on the disk', () => {
    const before = light();
    bring(before, [pieceFor(tx, 0)]);
    const after = new HolderPlayer({ ...selfOf(LIGHTS[0]!), role: 'light' });
    for (const [key, value] of before.disk) after.disk.set(key, value);
    after.settle();
    bring(after, [pieceFor(tx, 0)]);
    expect(after.stows).toEqual([]);
    expect(acks(after)).toHaveLength(1);
  });

  it('that comes twice at once is stowed once and acknowledged once', () => {
    const player = light();
    bring(player, [pieceFor(tx, 0), pieceFor(tx, 0)]);
    expect(player.stows).toHaveLength(1);
    expect(acks(player).flatMap((each) => each.acks)).toHaveLength(1);
  });

  it('may come to a spare, for the row of any light', () => {
    const player = light(LIGHTS[5]!);
    bring(player, [pieceFor(tx, 2, 0)]);
    expect(acks(player)[0]!.acks[0]!.row).toBe(2);
  });

  it('may be one of several on an anchor, and they share a signature', () => {
    const player = anchor();
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 5)] }), S4);
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 7), pieceFor(other, 5)] }), S4);
    player.settle();
    expect(player.disk.size).toBe(3);
    expect(acks(player).flatMap((each) => each.acks)).toHaveLength(3);
    expect(acks(player).length).toBeLessThan(3);
  });

  it('waits for the one before it, and then its order is verified already', () => {
    const player = anchor();
    bring(player, [pieceFor(tx, 5), pieceFor(tx, 7), pieceFor(other, 5)]);
    expect(player.disk.size).toBe(3);
    expect(player.openings).toEqual([
      { pieces: 1, orders: 1 },
      { pieces: 2, orders: 0 },
    ]);
  });
});

describe('a piece is refused', () => {
  const forged = (more: Parameters<typeof batchOf>[3]): Batch =>
    batchOf('order', DELEGATES[0], [orderLeaf(tx.order), orderLeaf(other.order)], more).batch;

  it.each([
    ['for another node', 'not-assigned', pieceFor(tx, 1), batch],
    ['for a row that is not its own', 'not-assigned', { ...pieceFor(tx, 0), row: 1 }, batch],
    [
      'under the assignment of a spare',
      'not-assigned',
      { ...pieceFor(tx, 0), assignment: 11 },
      batch,
    ],
    ['until another time', 'not-assigned', { ...pieceFor(tx, 0), until: WALL + 999_999 }, batch],
    ['of no row', 'malformed', { ...pieceFor(tx, 0), row: 11 }, batch],
    ['outside of the batch', 'malformed', { ...pieceFor(tx, 0), leaf: 1 }, batch],
    [
      'sealed for another',
      'bad-seal',
      { ...pieceFor(tx, 0), capsule: pieceFor(tx, 1).capsule },
      batch,
    ],
    [
      'that is not under the root',
      'malformed',
      { ...pieceFor(tx, 0), piecePath: pieceFor(tx, 1).piecePath },
      batch,
    ],
    ['with an order of a stranger', 'not-assigned', pieceFor(tx, 0), forged({ key: STRANGER })],
    ['with an order of another epoch', 'not-assigned', pieceFor(tx, 0), forged({ epoch: 1 })],
    [
      'with an order from the future',
      'not-assigned',
      pieceFor(tx, 0),
      forged({ wallMs: WALL + 3_600_000 }),
    ],
  ] as const)('%s: %s', (_, reason, piece, by) => {
    const player = light();
    bring(player, [piece], by);
    expect(reasons(player)).toEqual([reason]);
    expect(player.disk.size).toBe(0);
    expect(acks(player)).toEqual([]);
  });

  it('counts orders from the future', () => {
    const player = light();
    bring(player, [pieceFor(tx, 0)], forged({ wallMs: WALL + 5_001 }));
    bring(player, [pieceFor(tx, 0)], forged({ wallMs: WALL + 5_000 }));
    expect(player.measured).toEqual(['city_chain_ahead_refused_total order']);
  });

  it('when its time is over: expired', () => {
    const player = light();
    player.now = 600_000;
    bring(player, [pieceFor(tx, 0)]);
    expect(reasons(player)).toEqual(['expired']);
  });

  it('when the store is full: full', () => {
    const player = light();
    player.outcome = 'full';
    bring(player, [pieceFor(tx, 0)]);
    expect(reasons(player)).toEqual(['full']);
    expect(acks(player)).toEqual([]);
  });

  it('and who refused for want of room says that it has none: for longer each time, until something fits', () => {
    const player = light();
    const room = (): number | undefined => {
      player.hear({ kind: 'wake', id: ROOM_WAKE });
      player.settle();
      const words = player.said.filter(({ message }) => message.kind === 'heart.room');
      return (words.at(-1)?.message as HeartRoom | undefined)?.bytesFree;
    };
    const refuses = (outcome: 'full' | 'stored'): void => {
      player.outcome = outcome;
      bring(player, [pieceFor(tx, 0)]);
    };
    refuses('full');
    expect(player.said.at(-1)!.message).toMatchObject({ kind: 'heart.room', bytesFree: 0 });
    player.now = 59_999;
    expect(room()).toBe(0);
    player.now = 60_000;
    expect(room()).toBeGreaterThan(0);
    refuses('full');
    player.now = 60_000 + 119_999;
    expect(room()).toBe(0);
    player.now++;
    expect(room()).toBeGreaterThan(0);
    refuses('stored');
    expect(player.state.inventory.fullMs).toBe(60_000);
  });

  it('when a light has another row of the transaction: not-assigned', () => {
    const player = light(LIGHTS[5]!);
    bring(player, [pieceFor(tx, 2, 0)]);
    bring(player, [pieceFor(tx, 3, 0)]);
    expect(reasons(player)).toEqual(['not-assigned']);
    expect(player.disk.size).toBe(1);
  });

  it('also where it is held, if its order was never signed', () => {
    const player = light();
    bring(player, [pieceFor(tx, 0)]);
    bring(player, [pieceFor(tx, 0)], forged({ key: STRANGER }));
    expect(reasons(player)).toEqual(['not-assigned']);
    expect(acks(player)).toHaveLength(1);
  });
});

const idOf = (i: number): Uint8Array => {
  const id = new Uint8Array(32);
  new DataView(id.buffer).setUint32(0, i);
  return id;
};
const TALLY = { pieces: 0, bytesMax: 1, bytesUsed: 0, bytesFree: 1, damaged: 0 };

/** What whoever locates pieces is told. */
function filterOf(player: HolderPlayer): HolderFilter {
  player.hear(DescribeHolder.of({ version: 0, part: 0 }), S4);
  return player.said.at(-1)!.message as HolderFilter;
}

describe('what there is', () => {
  it('is told by a filter that says yes to all of it, also after a restart', () => {
    const player = anchor();
    bring(player, [pieceFor(tx, 5), pieceFor(tx, 7)]);
    const after = new HolderPlayer({ ...selfOf(ANCHORS[0]), role: 'anchor' });
    for (const [key, value] of player.disk) after.disk.set(key, value);
    after.settle();
    for (const each of [player, after]) {
      const { key, bytes } = filterOf(each);
      const filter = readCuckooFilter(filterKey(key), bytes);
      expect(filter.ok && filter.value.has(tx.order.txId)).toBe(true);
      expect(filter.ok && filter.value.has(other.order.txId)).toBe(false);
    }
  });
});

describe('a large filter', () => {
  const at = moment(0);
  const many = (count: number): Inventory => {
    const [inventory] = beginInventory(MARKS, at);
    measured(inventory, S4, { id: 'inventory', tally: { ...TALLY, pieces: count } }, at);
    const pieces = Array.from({ length: count }, (_, i) => ({
      key: pieceKey('light', idOf(i), 0),
      bytes: 1,
      expiresAt: millis(WALL),
    }));
    listed(inventory, { pieces, next: undefined });
    return inventory;
  };

  it('is told in parts, of one version, and anew when it has changed and is asked for anew', () => {
    const inventory = many(25_000);
    const first = describeInventory(inventory, DescribeHolder.of({ version: 0, part: 0 }), at)!;
    expect(first.parts).toBeGreaterThan(1);
    add(inventory, idOf(70_000), at);
    const parts = Array.from({ length: first.parts }, (_, part) =>
      describeInventory(
        inventory,
        DescribeHolder.of({ version: first.version, part }),
        moment(60_000),
      ),
    );
    expect(new Set(parts.map((each) => each!.version))).toEqual(new Set([first.version]));
    const whole = concat(...parts.map((each) => each!.bytes));
    const filter = readCuckooFilter(filterKey(first.key), whole);
    expect(filter.ok && filter.value.has(idOf(24_999))).toBe(true);
    const later = describeInventory(
      inventory,
      DescribeHolder.of({ version: 0, part: 3 }),
      moment(60_000),
    )!;
    expect([later.version, later.part]).toEqual([first.version + 1, 0]);
  });

  it('says that nothing is surely missing while it is made, and when it is too full to know', () => {
    const [inventory] = beginInventory(MARKS, at);
    expect(mayHave(inventory, idOf(1))).toBe(true);
    const made = many(10);
    expect(mayHave(made, idOf(1))).toBe(true);
    expect(mayHave(made, idOf(11))).toBe(false);
    for (let i = 0; i < 4_000; i++) add(made, idOf(i), at);
    expect(mayHave(made, idOf(5_000))).toBe(true);
    expect(describeInventory(made, DescribeHolder.of({ version: 0, part: 0 }), at)).toBeUndefined();
  });

  it('is made anew when it is crowded, not more than once a minute', () => {
    const made = many(10);
    const lists = (now: number): number => {
      let asked = 0;
      for (let i = 0; i < 2_000; i++) asked += add(made, idOf(now + i), moment(now)).length;
      return asked;
    };
    expect([lists(0), lists(61_000), lists(62_000)]).toEqual([0, 1, 0]);
  });
});

describe('planted: ack-before-fsync', () => {
  it('is seen: an ack is there before the piece', () => {
    const player = light(LIGHTS[0]!, { plant: 'ack-before-fsync' });
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 0)] }), S4);
    for (let i = 0; i < 10; i++) {
      const at = player.pending.findIndex(({ do: what }) => what !== 'stow');
      if (at >= 0) player.answer(at);
    }
    expect(player.disk.size).toBe(0);
    expect(acks(player)).toHaveLength(1);
  });
});
