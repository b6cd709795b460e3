/**
 * A holder that crashes between any two durable steps. Method: a story (a row is brought, the store is short, the row
 * is wished away, delegates say that it is gone, another row of the same transaction is brought) is played again and
 * again, and after each number of things that its store, its jobs and delegates have done for it the holder is
 * gone, and begins anew with the disk as it was then.
 *
 * Claims: what it has acknowledged is on its disk until delegates said that it is gone; whatever the moment, the story
 * ends as it does without a crash.
 */
import { describe, expect, it } from 'vitest';
import { HOLDER } from '#config/holder.ts';
import { sign } from '#algorithms/signature.ts';
import { Leave, type Leaving } from '#protocols/leaving.messages.ts';
import { wishDigest, wordSignJob } from '#protocols/leaving.ts';
import { pieceKey, readHeld } from '#protocols/hold/held-piece.ts';
import { HoldPieces, type HoldAcks } from '#protocols/sending.messages.ts';
import { address } from '#protocols/subjects.ts';
import { HolderPlayer } from './holder-player.ts';
import { DELEGATES, LIGHTS, NETWORK, pieceFor, sealed, selfOf, type Sealed } from './kept-city.ts';
import { WALL, woken } from '../moments.ts';

const [tx] = sealed(1) as [Sealed];
const { batch } = tx.ordered;
const S4 = address(DELEGATES[0], 'distribute');
const KEY = pieceKey('light', tx.order.txId, 0);
/** A spare: any light's row may be brought to it. */
const NODE = LIGHTS[5]!;
/** Of the two rows that are brought, the first is moved to somebody else meanwhile. */
const [FIRST, SECOND] = [1, 2];
const MARKS = { ...HOLDER, roomPermille: 1_000, timeMs: undefined, settledMs: 20_000 };
const ROUND_MS = 5_000;
const ROUNDS = 14;
const MOVED_AFTER = 6;

class Crashed extends Error {}

class Story {
  player: HolderPlayer;
  steps = 0;
  /** The row that it acknowledged last, and was not told to be gone. */
  acked: number | undefined;
  isMoved = false;
  now = 0;
  readonly #crashAt: number;

  constructor(crashAt: number) {
    this.#crashAt = crashAt;
    this.player = this.#born();
  }

  play(): void {
    for (let round = 0; round < ROUNDS; round++) {
      this.isMoved = round >= MOVED_AFTER;
      try {
        this.#round();
      } catch (error) {
        if (!(error instanceof Crashed)) throw error;
        this.player = this.#born(this.player);
      }
      this.now += ROUND_MS;
    }
  }

  #born(before?: HolderPlayer): HolderPlayer {
    const player = new HolderPlayer({ ...selfOf(NODE), role: 'light', marks: MARKS });
    for (const [key, value] of before?.disk ?? []) player.disk.set(key, value);
    return player;
  }

  /** Whoever sends rows does so again and again; time passes; delegates answer. */
  #round(): void {
    const { player } = this;
    player.now = this.now;
    this.#settle();
    const wanted = pieceFor(tx, this.isMoved ? SECOND : FIRST, 0);
    player.hear(HoldPieces.of({ batch, pieces: [wanted] }), S4);
    this.#settle();
    player.hear(woken('room'));
    this.#settle();
  }

  #settle(): void {
    const { player } = this;
    while (player.pending.length > 0) {
      player.answer();
      this.#heed();
      if (++this.steps === this.#crashAt) throw new Crashed();
    }
  }

  /** What it said by now: acks are checked, wishes are answered. */
  #heed(): void {
    for (const { message } of this.player.said.splice(0)) {
      if (message.kind === 'hold.acks') this.#acknowledged(message as HoldAcks);
      if (message.kind === 'repair.leaving') this.#answers(message as Leaving);
    }
  }

  #acknowledged({ acks }: HoldAcks): void {
    for (const { row } of acks) this.acked = row;
    this.holds();
  }

  #answers({ wish }: Leaving): void {
    const isGone = (row: number): boolean => this.isMoved && row === FIRST;
    const stands = wish.rows.map(({ row }) =>
      isGone(row) ? ('gone' as const) : ('yours' as const),
    );
    if (wish.rows.some(({ row }) => isGone(row)) && this.acked === FIRST) this.acked = undefined;
    const [by] = DELEGATES;
    const word = { by, wish: wishDigest(wish), at: WALL + this.now, stands };
    const signature = sign(wordSignJob(NETWORK, word, selfOf(by).secrets.signing));
    this.player.hear(Leave.of({ word, signature }), address(by, 'repair'));
  }

  holds(): void {
    const value = this.player.disk.get(KEY)?.value;
    const row = value === undefined ? undefined : readHeld(value)!.row;
    if (this.acked !== undefined) expect(row).toBe(this.acked);
  }
}

describe('a holder that crashes', () => {
  it('between any two of its steps keeps what it acknowledged, and ends where it would have', () => {
    const calm = new Story(Infinity);
    calm.play();
    expect(calm.acked).toBe(SECOND);
    expect(calm.steps).toBeGreaterThan(30);
    for (let crashAt = 1; crashAt <= calm.steps; crashAt++) {
      const story = new Story(crashAt);
      story.play();
      story.holds();
      expect([crashAt, story.acked]).toEqual([crashAt, SECOND]);
    }
  });
});
