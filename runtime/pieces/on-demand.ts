/**
 * A piece store that is opened when it is first asked for something: most nodes of a process may never
 * hold a piece, and those that do need not all open theirs before the first of them can start.
 *
 *   idle --(first call)--> opening (calls wait, in order) --> open --(close)--> closed
 *                                                      '--> failed: every call says why
 */
import { assert } from '#lib/assert.ts';
import { fail, type Result } from '#lib/result.ts';
import type { Bookmark, PieceEntry, PiecePage, PieceTally } from '#protocols/effect.ts';
import type { Millis } from '#protocols/ids.ts';
import type { Piece, PieceDropped, PieceGot, PiecePut, PieceStore, Scheduler } from '../ports.ts';

export interface ClosablePieces extends PieceStore {
  readonly close: (then: () => void) => void;
}

type Opened = Result<ClosablePieces>;
export type OpenPieces = (then: (opened: Opened) => void) => void;

export class OnDemandPieces implements ClosablePieces {
  readonly #open: OpenPieces;
  readonly #scheduler: Scheduler;
  #opened: Opened | undefined;
  /** `undefined` until somebody asks. */
  #waiting: ((opened: Opened) => void)[] | undefined;

  constructor(open: OpenPieces, scheduler: Scheduler) {
    this.#open = open;
    this.#scheduler = scheduler;
  }

  /** Somebody has asked for it: it is open, or will be, or cannot be. */
  get isWanted(): boolean {
    return this.#waiting !== undefined;
  }

  put(piece: Piece, then: (outcome: PiecePut) => void): void {
    this.#with(
      (store) => store.put(piece, then),
      (error) => then({ ok: false, why: 'failed', error }),
    );
  }

  get(key: string, then: (found: PieceGot) => void): void {
    this.#with(
      (store) => store.get(key, then),
      (error) => then({ found: 'failed', error }),
    );
  }

  peek(key: string, then: (found: PieceGot) => void): void {
    this.#with(
      (store) => store.peek(key, then),
      (error) => then({ found: 'failed', error }),
    );
  }

  nominate(then: (found: Result<readonly PieceEntry[]>) => void): void {
    this.#with(
      (store) => store.nominate(then),
      (error) => then(fail(error)),
    );
  }

  lapse(before: Millis): void {
    this.#with(
      (store) => store.lapse(before),
      () => undefined,
    );
  }

  drop(key: string, then: (outcome: PieceDropped) => void): void {
    this.#with(
      (store) => store.drop(key, then),
      (error) => then({ ok: false, why: 'failed', error }),
    );
  }

  list(after: Bookmark | undefined, then: (found: Result<PiecePage>) => void): void {
    this.#with(
      (store) => store.list(after, then),
      (error) => then(fail(error)),
    );
  }

  tally(then: (found: Result<PieceTally>) => void): void {
    this.#with(
      (store) => store.tally(then),
      (error) => then(fail(error)),
    );
  }

  /** Closes what was opened, when it is open. Whoever closes asks for nothing more. */
  close(then: () => void): void {
    if (!this.isWanted) return this.#scheduler.soon(then);
    this.#whenOpened((opened) => (opened.ok ? opened.value.close(then) : then()));
  }

  #with(use: (store: PieceStore) => void, refuse: (error: string) => void): void {
    if (this.#opened?.ok === true) return use(this.#opened.value);
    this.#whenOpened((opened) => (opened.ok ? use(opened.value) : refuse(opened.error)));
  }

  #whenOpened(then: (opened: Opened) => void): void {
    const opened = this.#opened;
    if (opened !== undefined) return this.#scheduler.soon(() => then(opened));
    if (this.#waiting !== undefined) return void this.#waiting.push(then);
    this.#waiting = [then];
    this.#open((opened) => this.#settle(opened));
  }

  #settle(opened: Opened): void {
    assert(this.#opened === undefined && this.#waiting !== undefined, 'a store is opened once');
    this.#opened = opened;
    for (const then of this.#waiting.splice(0)) then(opened);
  }
}
