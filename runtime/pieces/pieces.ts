/**
 * The piece store: values of some kilobytes under a key, an expiry and a capacity, in append-only
 * segments on a `Disk`. The same code runs on the real disk and on the simulated one.
 *
 *   put, drop --> queue --> group --(one append, one datasync)--> index --> answered
 *                   |                                              |
 *                   '-- no room: a segment is given up             '-- get: one read, verified
 *   nominate --> room that costs nothing is made; is there none, what would have to go is named
 *
 * Nothing that is alive is given up here, and what is alive is not for this store to say: it has no time of
 * day. `lapse` tells it until when expiries have passed, and that never goes back.
 *
 * Safety: a put is answered when its piece is durable, a drop when the piece cannot come back; what is
 * returned is what was put, or is reported as damaged; the files together never exceed `bytesMax`, or what
 * there was when it was opened with less room than before, and two segments. A
 * sync that fails is final: nothing is written after it, and the next opening writes the segment in
 * question anew instead of trusting a second sync of the same file. Liveness: callers that come while
 * a group is on its way share the next one, so that a sync is paid by many; nothing waits for a timer.
 */
import { assert } from '#lib/assert.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import type { Bookmark, PieceEntry, PieceFound, PiecePage, PieceTally } from '#protocols/effect.ts';
import type { Millis } from '#protocols/ids.ts';
import { halfSipHash } from '#algorithms/half-siphash.ts';
import type {
  Clock,
  Disk,
  Piece,
  PieceDropped,
  PiecePut,
  PieceStore,
  Scheduler,
} from '../ports.ts';
import { HINT_ENTRY_BYTES, HINT_HEAD_BYTES } from './hint.ts';
import { Listing } from './listing.ts';
import type { Losses } from './losses.ts';
import { Nominees } from './nominees.ts';
import { packed, type PieceIndex } from './piece-index.ts';
import { NOTHING, Reading } from './reading.ts';
import { Reclaim, type PieceReport } from './reclaim.ts';
import { KEY_BYTES_MAX, recordBytes, SHADOWS, tombstone, type Draft } from './record.ts';
import {
  GROUP_BYTES_MAX,
  LOGGED,
  secondsOf,
  type Logged,
  type Segment,
  type SegmentLog,
} from './segment-log.ts';
import { chooseVictim, spareBytesMax } from './victim.ts';

export interface PiecePorts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

export interface PieceLimits {
  /** Of all files together. */
  readonly bytesMax: number;
  readonly segmentBytes: number;
}

/** What callers may have waiting for the disk before they are refused. */
const QUEUE_BYTES_MAX = 32 * 1024 * 1024;
/** A store that is full of live pieces looks for room again after so long, or after so much is dropped. */
const FULL_MS = 10_000;

const encoder = new TextEncoder();

/** Segments are given up two at most at a time: one for room, one that a crash left half moved. */
export const reserveBytes = (segmentBytes: number): number => 2 * segmentBytes;
/** A piece is small beside a segment. */
export const pieceBytesMax = (segmentBytes: number): number =>
  Math.min(1024 * 1024, segmentBytes / 4);

/** A put or a drop, waiting. */
interface Waiting {
  readonly key: Uint8Array;
  readonly lo: number;
  readonly hi: number;
  /** Absent for a drop. */
  readonly piece: Piece | undefined;
  readonly cost: number;
  readonly answer: (outcome: Logged) => void;
}

export class Pieces implements PieceStore {
  readonly #ports: PiecePorts;
  readonly #limits: PieceLimits;
  readonly #index: PieceIndex;
  readonly #log: SegmentLog;
  readonly #reclaim: Reclaim;
  readonly #reading: Reading;
  readonly #listing: Listing;
  readonly #nominees: Nominees;
  readonly #losses: Losses;
  readonly #report: (event: PieceReport) => void;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #isBusy = false;
  /** Those who want to know what would have to go. */
  #asking: ((found: Result<readonly PieceEntry[]>) => void)[] = [];
  /** Until then expiries have passed. */
  #lapsedSec = 0;
  /** What the files took when it was opened, where that was too much; less, as it grows less. */
  #overBytes: number;
  #failure: string | undefined;
  #onClosed: (() => void) | undefined;
  /** When looking for room found none, and what was dropped or replaced since. */
  #fullUntil = 0;
  #freedBytes = 0;
  readonly #keyScratch = new Uint8Array(3 * KEY_BYTES_MAX);
  readonly #hash = new Uint32Array(2);

  constructor(
    ports: PiecePorts,
    limits: PieceLimits,
    index: PieceIndex,
    log: SegmentLog,
    losses: Losses,
  ) {
    const report = (event: PieceReport): void => losses.report(event);
    this.#ports = ports;
    this.#limits = limits;
    this.#index = index;
    this.#log = log;
    this.#report = report;
    this.#losses = losses;
    this.#reclaim = new Reclaim(ports.disk, index, log, report);
    this.#reading = new Reading(ports.disk, index, log, report);
    this.#listing = new Listing(ports, index, log);
    this.#nominees = new Nominees(ports.disk, index, log, limits.segmentBytes);
    this.#overBytes = log.cost;
  }

  put(piece: Piece, then: (outcome: PiecePut) => void): void {
    const key = this.#hashed(piece.key).slice();
    const [lo, hi] = [this.#hash[0]!, this.#hash[1]!];
    if (piece.value.length > pieceBytesMax(this.#limits.segmentBytes)) {
      const error = `a piece of ${piece.value.length} bytes`;
      return this.#ports.scheduler.soon(() => then({ ok: false, why: 'too-large', error }));
    }
    const cost = recordBytes(key.length, piece.value.length) + HINT_ENTRY_BYTES;
    this.#enqueue({ key, lo, hi, piece, cost, answer: then });
  }

  drop(key: string, then: (outcome: PieceDropped) => void): void {
    const bytes = this.#hashed(key).slice();
    const [lo, hi] = [this.#hash[0]!, this.#hash[1]!];
    const cost = recordBytes(bytes.length, 0) + HINT_ENTRY_BYTES;
    this.#enqueue({ key: bytes, lo, hi, piece: undefined, cost, answer: then });
  }

  get(key: string, then: (found: PieceFound) => void): void {
    this.#find(key, true, then);
  }

  peek(key: string, then: (found: PieceFound) => void): void {
    this.#find(key, false, then);
  }

  #find(key: string, heats: boolean, then: (found: PieceFound) => void): void {
    const bytes = this.#hashed(key);
    const [lo, hi] = [this.#hash[0]!, this.#hash[1]!];
    const slot = this.#reading.slot(lo, hi);
    if (slot < 0) return this.#ports.scheduler.soon(() => then(NOTHING));
    if (heats) this.#index.heat(slot);
    this.#reading.read(bytes.slice(), lo, hi, slot, then);
  }

  lapse(before: Millis): void {
    const lapsedSec = Math.floor(before / 1_000);
    if (lapsedSec <= this.#lapsedSec) return;
    this.#lapsedSec = lapsedSec;
    this.#fullUntil = 0;
  }

  nominate(then: (found: Result<readonly PieceEntry[]>) => void): void {
    assert(this.#onClosed === undefined, 'a store that is being closed is left alone');
    this.#asking.push(then);
    this.#next();
  }

  has(key: string): boolean {
    this.#hashed(key);
    return this.#reading.slot(this.#hash[0]!, this.#hash[1]!) >= 0;
  }

  list(after: Bookmark | undefined, then: (found: Result<PiecePage>) => void): void {
    this.#listing.page(after, then);
  }

  /** A store that has failed has no room: whoever begins with it hears so, and its process is replaced. */
  tally(then: (found: Result<PieceTally>) => void): void {
    const error = this.#failure;
    if (error !== undefined) return this.#ports.scheduler.soon(() => then(fail(error)));
    const tally = {
      pieces: this.#index.pieces,
      bytesMax: this.#limits.bytesMax,
      bytesUsed: this.bytesUsed(),
      bytesFree: this.bytesFree(),
      damaged: this.#losses.damaged,
    };
    this.#ports.scheduler.soon(() => then(ok(tally)));
  }

  bytesFree(): number {
    return Math.max(0, this.#room - this.#queuedBytes);
  }

  /** What the files take together: never more than `bytesMax`. */
  bytesUsed(): number {
    return this.#log.cost;
  }

  /** Answers what is waiting, seals what grows, and leaves the disk alone from then on. */
  close(then: () => void): void {
    assert(this.#onClosed === undefined, 'a store is closed once');
    this.#onClosed = then;
    this.#next();
  }

  /** Writes segments anew, and gives up others until the store keeps to its size: when it opens. */
  settle(unsealed: readonly Segment[], then: (outcome: Result<undefined>) => void): void {
    this.#isBusy = true;
    const [segment, ...rest] = unsealed;
    const goOn = (outcome: Logged): void => {
      if (!outcome.ok) return then(fail(outcome.error));
      this.settle(rest, then);
    };
    if (segment !== undefined) return this.#giveUp(segment, goOn);
    const victim = this.#room < 0 ? this.#victim() : undefined;
    if (victim !== undefined) return this.#giveUp(victim, goOn);
    this.#isBusy = false;
    then({ ok: true, value: undefined });
  }

  get #room(): number {
    const { bytesMax, segmentBytes } = this.#limits;
    return bytesMax - reserveBytes(segmentBytes) - this.#log.cost;
  }

  /** What a drop may use: of a store that has more than it should, too, or it could never have less. */
  get #slack(): number {
    this.#overBytes = Math.min(this.#overBytes, this.#log.cost);
    return Math.max(this.#room, this.#overBytes - this.#log.cost) + this.#limits.segmentBytes / 2;
  }

  /** The bytes of a key in scratch memory; its hash is in `#hash`. */
  #hashed(key: string): Uint8Array {
    const { read, written } = encoder.encodeInto(key, this.#keyScratch);
    assert(
      read === key.length && written > 0 && written <= KEY_BYTES_MAX,
      'a key has 1 to 255 bytes',
    );
    halfSipHash(this.#log.seal.hashKey, this.#keyScratch, written, this.#hash);
    return this.#keyScratch.subarray(0, written);
  }

  #enqueue(waiting: Waiting): void {
    assert(this.#onClosed === undefined, 'a store that is being closed is left alone');
    const refusal = this.#refusal(waiting.cost);
    if (refusal !== undefined) return this.#ports.scheduler.soon(() => waiting.answer(refusal));
    this.#queue.push(waiting);
    this.#queuedBytes += waiting.cost;
    this.#next();
  }

  #refusal(cost: number): Logged | undefined {
    if (this.#failure !== undefined) return { ok: false, why: 'failed', error: this.#failure };
    if (this.#queuedBytes + cost <= QUEUE_BYTES_MAX) return undefined;
    return { ok: false, why: 'full', error: 'too much is waiting for the disk' };
  }

  #next(): void {
    if (this.#isBusy) return;
    if (this.#asking.length > 0) return this.#nominate(this.#asking.splice(0));
    const first = this.#queue[0];
    if (first === undefined) return this.#idle();
    this.#isBusy = true;
    if (this.#failure !== undefined) {
      const error = this.#failure;
      return this.#answer(this.#take(this.#queue.length), { ok: false, why: 'failed', error });
    }
    if (first.cost + HINT_HEAD_BYTES > this.#room && !this.#mayPass(first)) return this.#makeRoom();
    if (first.cost > this.#log.room) return this.#log.roll((outcome) => this.#goOn(outcome));
    this.#commit();
  }

  #idle(): void {
    const closed = this.#onClosed;
    if (closed === undefined) return;
    this.#isBusy = true;
    // A segment that cannot be sealed is written anew when the store opens: nothing to say.
    if (this.#failure !== undefined) closed();
    else this.#log.rest(() => closed());
  }

  /** What costs nothing first: as long as there is any, nobody is named. */
  #nominate(asking: readonly ((found: Result<readonly PieceEntry[]>) => void)[]): void {
    this.#isBusy = true;
    const tell = (found: Result<readonly PieceEntry[]>): void => {
      for (const then of asking) then(found);
      this.#isBusy = false;
      this.#next();
    };
    this.#ports.scheduler.soon(() => {
      if (this.#failure !== undefined) return tell(fail(this.#failure));
      // Of a store with one segment it is that one.
      if (this.#log.resting.length === 0)
        return this.#log.rest((outcome) => this.#named(outcome, tell));
      this.#named(LOGGED, tell);
    });
  }

  #named(rested: Logged, tell: (found: Result<readonly PieceEntry[]>) => void): void {
    this.#note(rested);
    if (!rested.ok && rested.why === 'failed') return tell(fail(rested.error));
    const victim = chooseVictim(this.#index, this.#log.resting, this.#lapsedSec);
    if (victim === undefined) {
      return this.#nominees.name(this.#lapsedSec, (pieces) => tell(ok(pieces)));
    }
    this.#giveUp(victim, (outcome) => {
      this.#fullUntil = 0;
      tell(outcome.ok || outcome.why === 'full' ? ok([]) : fail(outcome.error));
    });
  }

  /** A drop makes room in the end, and may use some of the reserve to do so. */
  #mayPass({ piece, cost }: Waiting): boolean {
    if (piece !== undefined || this.#fullUntil === 0) return false;
    return cost + HINT_HEAD_BYTES <= this.#slack;
  }

  #goOn(outcome: Logged): void {
    this.#isBusy = false;
    if (!outcome.ok) {
      this.#isBusy = true;
      return this.#answer(this.#take(1), outcome);
    }
    this.#next();
  }

  #makeRoom(): void {
    const victim = this.#victim();
    if (victim !== undefined) {
      return this.#giveUp(victim, (outcome) => this.#goOn(outcome));
    }
    const first = this.#queue[0]!;
    if (this.#mayPass(first)) return this.#goOn({ ok: true });
    this.#goOn({ ok: false, why: 'full', error: 'full of pieces that have not expired' });
  }

  #victim(): Segment | undefined {
    const { clock } = this.#ports;
    const isWorthAnotherLook =
      clock.now() >= this.#fullUntil || this.#freedBytes > spareBytesMax(this.#limits.segmentBytes);
    if (!isWorthAnotherLook) return undefined;
    this.#freedBytes = 0;
    const victim = chooseVictim(this.#index, this.#log.resting, this.#lapsedSec);
    this.#fullUntil = victim === undefined ? clock.now() + FULL_MS : 0;
    return victim;
  }

  #giveUp(segment: Segment, then: (outcome: Logged) => void): void {
    this.#reclaim.run(segment, this.#lapsedSec, (outcome) => {
      this.#note(outcome);
      then(outcome);
    });
  }

  /** Writes as many of the first in the queue as go together. */
  #commit(): void {
    const drafts: Draft[] = [];
    const inGroup = new Set<number>();
    let [count, cost, bytes] = [0, 0, 0];
    for (const waiting of this.#queue) {
      const { lo, hi } = waiting;
      const isKnown = inGroup.has(lo) || this.#index.find(lo, hi) >= 0;
      const isNothing = waiting.piece === undefined && !isKnown;
      if (!isNothing) {
        cost += waiting.cost;
        bytes += waiting.cost - HINT_ENTRY_BYTES;
        const fits = cost <= this.#log.room && cost + HINT_HEAD_BYTES <= this.#room;
        if (count > 0 && (!fits || bytes > GROUP_BYTES_MAX)) break;
        drafts.push(draftOf(waiting, isKnown));
        inGroup.add(lo);
      }
      count++;
    }
    const group = this.#take(count);
    // Dropping what is not there is done.
    if (drafts.length === 0) {
      return this.#ports.scheduler.soon(() => this.#answer(group, { ok: true }));
    }
    this.#log.append(drafts, (outcome, places) => {
      if (outcome.ok) for (const [i, draft] of drafts.entries()) this.#written(draft, places[i]!);
      this.#answer(group, outcome);
    });
  }

  #written({ lo, hi, key, value, flags, expiresAt }: Draft, place: number): void {
    const length = recordBytes(key.length, value.length);
    const old = (flags & SHADOWS) === 0 ? -1 : this.#index.find(lo, hi);
    if (old >= 0) this.#freedBytes += this.#index.length(old);
    const row = this.#log.active!.row;
    this.#index.set(lo, hi, row, place, packed(flags, length), secondsOf(expiresAt));
  }

  #take(count: number): Waiting[] {
    const taken = this.#queue.splice(0, count);
    for (const { cost } of taken) this.#queuedBytes -= cost;
    return taken;
  }

  #answer(group: readonly Waiting[], outcome: Logged): void {
    this.#note(outcome);
    for (const { answer } of group) answer(outcome);
    this.#isBusy = false;
    this.#next();
  }

  #note(outcome: Logged): void {
    if (outcome.ok || outcome.why !== 'failed' || this.#failure !== undefined) return;
    this.#failure = outcome.error;
    this.#report({ kind: 'failed', error: outcome.error });
  }
}

function draftOf({ key, lo, hi, piece }: Waiting, isKnown: boolean): Draft {
  if (piece === undefined) return tombstone(key, lo, hi);
  const { value, expiresAt } = piece;
  return { key, lo, hi, value, expiresAt, flags: isKnown ? SHADOWS : 0 };
}
