/** A holder that is short of room: what it says, whom it believes, and when a piece goes. */
import { beforeEach, describe, expect, it } from 'vitest';
import { HOLDER } from '#config/holder.ts';
import { sign, verify } from '#algorithms/signature.ts';
import { Leave, type Leaving } from '#protocols/leaving.messages.ts';
import {
  wishDigest,
  wishVerifyJob,
  wordSignJob,
  type Stands,
  type Wish,
} from '#protocols/leaving.ts';
import { pieceKey } from '#protocols/hold/held-piece.ts';
import { HoldPieces, type HoldRefused } from '#protocols/sending.messages.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { HolderPlayer } from './holder-player.ts';
import {
  ANCHORS,
  DELEGATES,
  GENESIS,
  keyOf,
  LIGHTS,
  NETWORK,
  pieceFor,
  sealed,
  selfOf,
  type Sealed,
} from './kept-city.ts';
import { WALL, woken } from '../moments.ts';

const S4 = address(DELEGATES[0], 'distribute');
const [tx] = sealed(1) as [Sealed];
const { batch } = tx.ordered;
const KEY = pieceKey('light', tx.order.txId, 0);
const TICK_MS = 5_000;
/** Until then an ack may be on its way into the order. */
const ORDERED_MS = 600_000;

/** Four delegates, so that two of them are more than a third and one is not. */
const FOUR = [...DELEGATES, LIGHTS[7]!, LIGHTS[8]!];
const genesis = {
  ...GENESIS,
  delegates: FOUR.map((node, i) => ({ ...GENESIS.delegates[0]!, node, signing: keyOf(node)!, i })),
};

let player: HolderPlayer;
const isFull = (): void => void (player.freeBytes = 1_000_000);
const tick = (ms = TICK_MS): void => {
  player.now += ms;
  player.hear(woken('room'));
  player.settle();
};
const wishes = (): Leaving[] =>
  player.said.flatMap(({ message }) =>
    message.kind === 'repair.leaving' ? [message as Leaving] : [],
  );
const lastWish = (): Wish => wishes().at(-1)!.wish;

function says(
  by: NodeAddress,
  stands: Stands,
  at: number,
  { signer = by, wish = lastWish() }: { signer?: NodeAddress; wish?: Wish } = {},
): void {
  const word = { by, wish: wishDigest(wish), at, stands: wish.rows.map(() => stands) };
  const signature = sign(wordSignJob(NETWORK, word, selfOf(signer).secrets.signing));
  player.hear(Leave.of({ word, signature }), address(by, 'repair'));
  player.settle();
}
/** What was brought is in the order by now, if it ever is; and the city says that it is not late. */
function settles(): void {
  player.now += ORDERED_MS;
  player.state.leaving.clock.mark = { at: WALL, heardAt: player.now };
}
/** The first wish of a short holder is for the time. */
const learnsTime = (at = WALL): void => {
  tick();
  tick();
  says(FOUR[0]!, 'yours', at);
  says(FOUR[1]!, 'yours', at);
};

beforeEach(() => {
  player = new HolderPlayer({ ...selfOf(LIGHTS[0]!), genesis, role: 'light' });
  player.settle();
  player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 0)] }), S4);
  player.settle();
  player.now += ORDERED_MS;
});

describe('a holder with room', () => {
  it('says nothing', () => {
    for (let i = 0; i < 10; i++) tick();
    expect(wishes()).toEqual([]);
  });
});

const wished = (): void => {
  isFull();
  learnsTime();
  tick(15_000);
};

describe('a holder that is short of room', () => {
  it('asks for the time first, then wishes away what its store names, by its own signature', () => {
    isFull();
    learnsTime();
    expect(lastWish().rows).toEqual([]);
    tick(15_000);
    const { wish, signature } = wishes().at(-1)!;
    const { pieceRoot, txId } = tx.order;
    expect(wish.rows).toEqual([{ txId, row: 0, pieceRoot, because: 'room' }]);
    expect(wish.holder).toBe(LIGHTS[0]);
    expect(verify(wishVerifyJob(NETWORK, wish, signature, keyOf(LIGHTS[0]!)!))).toBe(true);
    expect(player.said.slice(-4).map(({ to }) => to)).toEqual(
      FOUR.map((node) => address(node, 'repair')),
    );
  });

  it('drops it when more than a third of the stake has it with somebody else, and no sooner', () => {
    wished();
    says(FOUR[0]!, 'gone', WALL);
    says(FOUR[2]!, 'yours', WALL);
    expect(player.disk.has(KEY)).toBe(true);
    says(FOUR[1]!, 'gone', WALL);
    expect(player.disk.has(KEY)).toBe(false);
  });

  it('believes no word twice, of another wish, or by another signature', () => {
    wished();
    const [early] = wishes();
    says(FOUR[0]!, 'gone', WALL);
    says(FOUR[0]!, 'gone', WALL);
    says(FOUR[1]!, 'gone', WALL, { signer: FOUR[0]! });
    says(FOUR[1]!, 'gone', WALL, { wish: early!.wish });
    const word = { by: FOUR[1]!, wish: wishDigest(lastWish()), at: WALL, stands: [] };
    const signature = sign(wordSignJob(NETWORK, word, selfOf(FOUR[1]!).secrets.signing));
    player.hear(Leave.of({ word, signature }), address(FOUR[1]!, 'repair'));
    player.settle();
    expect(player.disk.has(KEY)).toBe(true);
    says(FOUR[1]!, 'gone', WALL);
    expect(player.disk.has(KEY)).toBe(false);
  });

  it('believes no word on a wish of before, of the same rows', () => {
    wished();
    const before = lastWish();
    says(FOUR[0]!, 'yours', WALL);
    tick(15_000);
    expect(lastWish().rows).toEqual(before.rows);
    for (const each of FOUR) says(each, 'gone', WALL, { wish: before });
    expect(player.disk.has(KEY)).toBe(true);
  });

  it('keeps it while it is its own, and wishes again', () => {
    wished();
    for (let i = 0; i < 5; i++) {
      for (const each of FOUR) says(each, 'yours', WALL + 20_000 * i);
      tick(15_000);
    }
    expect(player.disk.has(KEY)).toBe(true);
    expect(wishes().filter(({ wish }) => wish.rows.length === 1).length).toBeGreaterThan(
      3 * FOUR.length,
    );
  });

  it('keeps it when it was brought again since, for longer', () => {
    wished();
    says(FOUR[0]!, 'gone', WALL);
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 0)] }), S4);
    player.settle();
    says(FOUR[1]!, 'gone', WALL);
    expect(player.disk.has(KEY)).toBe(true);
  });

  it('takes nothing under a key that is on its way out, and takes it again when it is gone', () => {
    wished();
    says(FOUR[0]!, 'gone', WALL);
    const wish = lastWish();
    const word = { by: FOUR[1]!, wish: wishDigest(wish), at: WALL, stands: ['gone' as const] };
    const signature = sign(wordSignJob(NETWORK, word, selfOf(FOUR[1]!).secrets.signing));
    player.hear(Leave.of({ word, signature }), address(FOUR[1]!, 'repair'));
    while (player.pending[0]?.do !== 'discard') player.answer();
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 0)] }), S4);
    expect(player.state.takes.size).toBe(0);
    player.settle();
    expect(player.disk.has(KEY)).toBe(false);
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 0)] }), S4);
    player.settle();
    expect(player.disk.has(KEY)).toBe(true);
  });

  it('keeps what nearly nobody knows when it was brought again since: that time counts anew', () => {
    wished();
    for (const each of FOUR) says(each, 'unknown', WALL);
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 0)] }), S4);
    player.settle();
    settles();
    tick(15_000);
    tick(15_000);
    for (const each of FOUR) says(each, 'unknown', WALL + 21 * 60_000);
    expect(lastWish().rows.length).toBe(1);
    expect(player.disk.has(KEY)).toBe(true);
  });

  it('lets go what nearly nobody knows, when it has been so for twenty minutes', () => {
    wished();
    const unknown = (at: number): void => {
      for (const each of FOUR.slice(0, 3)) says(each, 'unknown', at);
    };
    unknown(WALL);
    tick(15_000);
    unknown(WALL + 19 * 60_000);
    expect(player.disk.has(KEY)).toBe(true);
    tick(15_000);
    says(FOUR[0]!, 'unknown', WALL + 21 * 60_000);
    says(FOUR[1]!, 'unknown', WALL + 21 * 60_000);
    expect(player.disk.has(KEY)).toBe(true);
    says(FOUR[2]!, 'unknown', WALL + 21 * 60_000);
    expect(player.disk.has(KEY)).toBe(false);
  });
});

describe('the time of a holder', () => {
  it("is nobody's before the first words: then nothing has expired", () => {
    isFull();
    tick();
    expect(player.lapsedTo).toBe(0);
  });

  it("is the city's, whatever one delegate says", () => {
    isFull();
    tick();
    tick();
    says(FOUR[0]!, 'yours', WALL + 1_000 * 3_600_000);
    expect(player.lapsedTo).toBe(0);
    says(FOUR[1]!, 'yours', WALL + 60_000);
    tick(1_000);
    expect(player.lapsedTo).toBe(WALL + 61_000);
  });

  it('lets a piece in by an order that its own clock calls over, once it has asked', () => {
    const until = pieceFor(tx, 0).until;
    const late = until - WALL + 1_000;
    player.now = late;
    player.disk.clear();
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 0)] }), S4);
    player.settle();
    const refused = player.said.at(-1)!.message as HoldRefused;
    expect(refused).toMatchObject({ kind: 'hold.refused', reason: 'expired' });
    tick();
    says(FOUR[0]!, 'yours', WALL);
    says(FOUR[1]!, 'yours', WALL);
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 0)] }), S4);
    player.settle();
    expect(player.disk.has(KEY)).toBe(true);
  });
});

describe('what is left of a delivery that came to nothing', () => {
  it("makes room for another row when delegates say that it is nobody's", () => {
    const other = pieceFor(tx, 2, 0);
    const spare = new HolderPlayer({ ...selfOf(LIGHTS[5]!), genesis, role: 'light' });
    player = spare;
    spare.settle();
    spare.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 1, 0)] }), S4);
    spare.settle();
    spare.hear(HoldPieces.of({ batch, pieces: [other] }), S4);
    spare.settle();
    expect(wishes()).toEqual([]);
    settles();
    spare.hear(HoldPieces.of({ batch, pieces: [other] }), S4);
    spare.settle();
    expect(spare.said.some(({ message }) => message.kind === 'hold.refused')).toBe(true);
    expect(lastWish().rows).toMatchObject([{ row: 1, because: 'question' }]);
    for (const each of FOUR.slice(0, 2)) says(each, 'gone', WALL);
    spare.hear(HoldPieces.of({ batch, pieces: [other] }), S4);
    spare.settle();
    expect(spare.said.at(-1)!.message.kind).toBe('hold.acks');
  });

  it("stays where it is somebody's, and is not asked about for ever", () => {
    player = new HolderPlayer({ ...selfOf(LIGHTS[5]!), genesis, role: 'light' });
    player.settle();
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 1, 0)] }), S4);
    player.settle();
    settles();
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 2, 0)] }), S4);
    player.settle();
    for (const each of FOUR) says(each, 'yours', WALL);
    const count = wishes().length;
    for (let i = 0; i < 10; i++) tick();
    expect([wishes().length, player.disk.size]).toEqual([count, 1]);
  });
});

const lists = (): void => {
  player.hear(woken('inventory'));
  player.settle();
};

describe('a holder whose promises end soon', () => {
  const MARKS = { ...HOLDER, roomPermille: 0, timeMs: 300_000, settledMs: ORDERED_MS };
  beforeEach(() => {
    player = new HolderPlayer({ ...selfOf(ANCHORS[0]), genesis, role: 'anchor', marks: MARKS });
    player.settle();
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 5), pieceFor(tx, 7)] }), S4);
    player.settle();
  });

  it('says so when its list shows it and it knows the time, and asks for the time before', () => {
    player.now += ORDERED_MS + 1_000;
    lists();
    tick();
    expect(lastWish().rows).toEqual([]);
    says(FOUR[0]!, 'yours', WALL + ORDERED_MS);
    says(FOUR[1]!, 'yours', WALL + ORDERED_MS);
    tick(15_000);
    tick();
    expect(lastWish().rows).toMatchObject([
      { row: 5, because: 'time' },
      { row: 7, because: 'time' },
    ]);
  });

  it('says nothing of what lasts, nor twice within the hour', () => {
    player.now += ORDERED_MS + 1_000;
    player.state.leaving.clock.mark = { at: WALL + ORDERED_MS - 20_000, heardAt: player.now };
    lists();
    tick();
    expect(wishes()).toEqual([]);
    tick(120_000);
    lists();
    tick();
    expect(lastWish().rows).toHaveLength(2);
    for (const each of FOUR.slice(0, 2)) says(each, 'yours', WALL + ORDERED_MS + 100_000);
    for (let i = 0; i < 4; i++) {
      lists();
      tick(15_000);
    }
    // One, to each delegate.
    expect(wishes().filter(({ wish }) => wish.rows.length > 0)).toHaveLength(FOUR.length);
    expect(player.disk.size).toBe(2);
  });
});

describe('planted: drop-before-moved', () => {
  it('is seen: the piece goes by the first word, whatever it says', () => {
    player = new HolderPlayer({
      ...selfOf(LIGHTS[0]!, { plant: 'drop-before-moved' }),
      genesis,
      role: 'light',
    });
    player.settle();
    player.hear(HoldPieces.of({ batch, pieces: [pieceFor(tx, 0)] }), S4);
    player.settle();
    player.now += ORDERED_MS;
    isFull();
    learnsTime();
    tick(15_000);
    says(FOUR[0]!, 'yours', WALL);
    says(FOUR[1]!, 'yours', WALL);
    expect(player.disk.has(KEY)).toBe(false);
  });
});
