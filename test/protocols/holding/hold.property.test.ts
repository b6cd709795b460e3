/**
 * Holders under histories: pieces that come again, at once, wrongly ordered or for others, with the answers
 * of store and pool in any order, and restarts between any two of them. An ack is of a piece that is on the
 * disk; no key is stowed with two values; and what comes once more after all that is acknowledged.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pieceKey } from '#protocols/hold/held-piece.ts';
import { HoldPieces, type HoldAcks } from '#protocols/sending.messages.ts';
import { address } from '#protocols/subjects.ts';
import { offerBackends } from '#runtime/backends.ts';
import { HolderPlayer } from './holder-player.ts';
import { ANCHORS, batchOf, DELEGATES, pieceFor, sealed, selfOf, STRANGER } from './kept-city.ts';
import { orderLeaf } from '#protocols/holding.ts';
import { hex } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';

await offerBackends();
const made = sealed(4);
const S4 = [address(DELEGATES[0], 'distribute'), address(DELEGATES[1], 'distribute')] as const;
const { batch } = made[0]!.ordered;
const forged = batchOf(
  'order',
  DELEGATES[0],
  made.map(({ order }) => orderLeaf(order)),
  {
    key: STRANGER,
  },
).batch;
/** The rows of the first anchor, and one that is another's. */
const pieces = made.flatMap((each) => [5, 7, 6].map((row) => pieceFor(each, row)));
const mine = pieces.filter(({ row }) => row !== 6);

const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('bring' as const),
      which: fc.array(fc.nat(pieces.length - 1), { minLength: 1, maxLength: 5 }),
      by: fc.nat(1),
      isForged: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('answer' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('full' as const), isFull: fc.boolean() }) },
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

class World {
  player = new HolderPlayer({ ...selfOf(ANCHORS[0]), role: 'anchor' });
  #looked = 0;

  /** Every ack that was said since is of a piece that is there. */
  look(): void {
    const said = this.player.said.slice(this.#looked);
    this.#looked = this.player.said.length;
    for (const { message } of said) {
      if (message.kind !== 'hold.acks') continue;
      for (const { txId, row } of (message as HoldAcks).acks) {
        expect(this.player.disk.has(pieceKey('anchor', txId, row))).toBe(true);
      }
    }
  }

  restart(): void {
    const { disk } = this.player;
    this.player = new HolderPlayer({ ...selfOf(ANCHORS[0]), role: 'anchor' });
    for (const [key, value] of disk) this.player.disk.set(key, value);
    this.#looked = 0;
  }

  play(what: Event): void {
    const { player } = this;
    if (what.do === 'restart') return this.restart();
    if (what.do === 'answer') player.answer(what.which);
    else if (what.do === 'full') player.outcome = what.isFull ? 'full' : 'stored';
    else {
      const brought = what.which.map((at) => pieces[at]!);
      const by = what.isForged ? forged : batch;
      player.hear(HoldPieces.of({ batch: by, pieces: brought }), S4[what.by]);
    }
    this.look();
  }
}

it('acknowledges what is on the disk, and in the end all that is its own', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const world = new World();
      for (const each of events) world.play(each);
      world.player.outcome = 'stored';
      world.player.settle();
      const { said } = world.player;
      const before = said.length;
      world.player.hear(HoldPieces.of({ batch, pieces: mine }), S4[0]);
      world.player.settle();
      world.look();
      const acked = said
        .slice(before)
        .flatMap(({ to, message }) =>
          message.kind === 'hold.acks' && to === S4[0] ? (message as HoldAcks).acks : [],
        );
      const names = acked.map(({ txId, row }) => `${hex(txId)} ${row}`);
      expect(new Set(names)).toEqual(
        new Set(mine.map(({ order, row }) => `${hex(order.txId)} ${row}`)),
      );
      expect(world.player.disk.size).toBe(mine.length);
    }),
    { numRuns: cases(60) },
  );
});
