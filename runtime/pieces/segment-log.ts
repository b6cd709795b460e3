/**
 * The segments of a store on its disk: which there are, what they cost, and the one that grows.
 *
 *   roll --> [grows: append + datasync ...] --> sealed by its hint --> remove (unlinked)
 *
 * A segment is named by its number, the store's salt and the version of the format, so that nothing in
 * it needs to be readable to know how to read it. It never grows again once sealed, or once its sync
 * failed, or in another life of the process. Costs count a record and its line in the hint from the
 * moment it is written, so that the bytes on the disk never exceed `cost`.
 *
 * One operation at a time: the caller waits for each answer.
 */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import type { Disk, DiskFault } from '../ports.ts';
import { Contents, HINT_ENTRY_BYTES, HINT_HEAD_BYTES } from './hint.ts';
import { packed } from './piece-index.ts';
import { FIRST, recordBytes, viewOf, writeRecord, type Draft, type Seal } from './record.ts';

/** More makes a sync no cheaper for each. */
export const GROUP_BYTES_MAX = 1024 * 1024;
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export interface Segment {
  readonly id: number;
  /** Where it stands in `rows`: small numbers, used again. */
  readonly row: number;
  /** Of its records. */
  bytes: number;
  /** Of its records and its hint. */
  cost: number;
}

export type Logged =
  | { readonly ok: true }
  /** `failed` is final; after `full` the log is as it was before. */
  | { readonly ok: false; readonly why: 'full' | 'failed'; readonly error: string };

export const LOGGED: Logged = { ok: true };
const failed = ({ detail }: DiskFault): Logged => ({ ok: false, why: 'failed', error: detail });
const refused = (fault: DiskFault): Logged =>
  NO_ROOM.has(fault.code) ? { ok: false, why: 'full', error: fault.detail } : failed(fault);

export const draftCost = (draft: Draft): number =>
  recordBytes(draft.key.length, draft.value.length) + HINT_ENTRY_BYTES;

/** Seconds, so that an index entry needs one word; rounded up, so that nothing ends too early. */
export const secondsOf = (millis: number): number =>
  Math.min(Math.ceil(millis / 1_000), 0xffff_ffff);

export const segmentName = (id: number, seal: Uint8Array): string =>
  `${String(id).padStart(10, '0')}-${hex(seal)}.v1.seg`;
export const hintName = (id: number, seal: Uint8Array): string =>
  `${String(id).padStart(10, '0')}-${hex(seal)}.v1.hint`;

export class SegmentLog {
  readonly #disk: Disk;
  readonly #salt: Uint8Array;
  readonly #segmentBytes: number;
  readonly seal: Seal;
  readonly rows: (Segment | undefined)[] = [];
  #nextId = 1;
  #cost = 0;
  #active: { readonly segment: Segment; readonly contents: Contents } | undefined;
  /** Grows to what the store is given at once; a node that holds little keeps little. */
  #group = new Uint8Array(4 * 1024);
  #view = viewOf(this.#group);

  constructor(disk: Disk, salt: Uint8Array, seal: Seal, segmentBytes: number) {
    this.#disk = disk;
    this.#salt = salt;
    this.#segmentBytes = segmentBytes;
    this.seal = seal;
  }

  /** Of all files together, with the hint that the growing segment will have. */
  get cost(): number {
    return this.#cost;
  }

  get active(): Segment | undefined {
    return this.#active?.segment;
  }

  /** What the growing segment has room for. */
  get room(): number {
    return this.#active === undefined ? 0 : this.#segmentBytes - this.#active.segment.cost;
  }

  /** Every segment but the one that grows. */
  get resting(): readonly Segment[] {
    return this.rows.filter(
      (each): each is Segment => each !== undefined && each !== this.#active?.segment,
    );
  }

  nameOf(segment: Segment): string {
    return segmentName(segment.id, this.#salt);
  }

  isOldest(segment: Segment): boolean {
    return this.rows.every((each) => each === undefined || each.id >= segment.id);
  }

  /** A segment that was found on the disk. */
  found(id: number, bytes: number, hintBytes: number): Segment {
    const segment = this.#row(id, bytes, bytes + hintBytes);
    this.#nextId = Math.max(this.#nextId, id + 1);
    return segment;
  }

  /** Writes all of these and syncs them: the caller has seen to it that there is room. */
  append(
    drafts: readonly Draft[],
    then: (outcome: Logged, places: readonly number[]) => void,
  ): void {
    const active = this.#active;
    assert(active !== undefined && drafts.length > 0, 'records are appended to a growing segment');
    const { segment, contents } = active;
    const { places, bytes } = this.#encode(drafts, segment);
    const name = this.nameOf(segment);
    this.#disk.append(name, this.#group.subarray(0, bytes), (appended) => {
      if (!appended.ok) return this.#undo(segment, appended.error, (outcome) => then(outcome, []));
      this.#disk.datasync(name, (synced) => {
        if (!synced.ok) return then(failed(synced.error), []);
        segment.bytes += bytes;
        segment.cost += bytes + drafts.length * HINT_ENTRY_BYTES;
        this.#cost += bytes + drafts.length * HINT_ENTRY_BYTES;
        assert(segment.cost <= this.#segmentBytes, 'a segment and its hint keep to their size');
        for (const { lo, hi, flags, key, value, expiresAt } of drafts) {
          const length = recordBytes(key.length, value.length);
          contents.add(lo, hi, packed(flags, length), secondsOf(expiresAt));
        }
        then(LOGGED, places);
      });
    });
  }

  /** Seals the growing segment, if there is one, and begins the next. */
  roll(then: (outcome: Logged) => void): void {
    this.rest((outcome) => {
      if (!outcome.ok) return then(outcome);
      const id = this.#nextId;
      this.#disk.create(segmentName(id, this.#salt), (created) => {
        if (!created.ok) return then(refused(created.error));
        this.#disk.syncNames((synced) => {
          if (!synced.ok) return then(failed(synced.error));
          this.#nextId = id + 1;
          const segment = this.#row(id, 0, HINT_HEAD_BYTES);
          this.#active = { segment, contents: new Contents() };
          then(LOGGED);
        });
      });
    });
  }

  /** Seals the growing segment, if there is one: from then on none grows. */
  rest(then: (outcome: Logged) => void): void {
    const active = this.#active;
    if (active === undefined) return then(LOGGED);
    const { id, bytes } = active.segment;
    const name = hintName(id, this.#salt);
    const hint = active.contents.hint(this.seal, id, bytes);
    this.#disk.create(name, (created) => {
      if (!created.ok) return then(refused(created.error));
      this.#disk.append(name, hint, (appended) => {
        if (!appended.ok) return this.#withdraw(name, appended.error, then);
        this.#disk.datasync(name, (synced) => {
          if (!synced.ok) return then(failed(synced.error));
          this.#active = undefined;
          this.#disk.syncNames((synced) => then(synced.ok ? LOGGED : failed(synced.error)));
        });
      });
    });
  }

  /** Unlinks a segment, for good. */
  remove(segment: Segment, then: (outcome: Logged) => void): void {
    assert(segment !== this.active, 'a growing segment stays');
    this.#disk.unlink(this.nameOf(segment), (unlinked) => {
      if (!unlinked.ok) return then(failed(unlinked.error));
      this.#disk.unlink(hintName(segment.id, this.#salt), (unlinked) => {
        const isGone = unlinked.ok || unlinked.error.code === 'ENOENT';
        if (!isGone) return then(failed(unlinked.error));
        this.rows[segment.row] = undefined;
        this.#cost -= segment.cost;
        this.#disk.syncNames((synced) => then(synced.ok ? LOGGED : failed(synced.error)));
      });
    });
  }

  #row(id: number, bytes: number, cost: number): Segment {
    const free = this.rows.indexOf(undefined);
    const row = free < 0 ? this.rows.length : free;
    const segment = { id, row, bytes, cost };
    this.rows[row] = segment;
    this.#cost += cost;
    return segment;
  }

  #encode(
    drafts: readonly Draft[],
    { id, bytes: from }: Segment,
  ): { readonly places: readonly number[]; readonly bytes: number } {
    let needed = 0;
    for (const { key, value } of drafts) needed += recordBytes(key.length, value.length);
    if (needed > this.#group.length) {
      this.#group = new Uint8Array(Math.max(needed, 2 * this.#group.length));
      this.#view = viewOf(this.#group);
    }
    const seed = this.seal.seed(id);
    const places: number[] = [];
    let at = 0;
    for (const draft of drafts) {
      places.push(from + at);
      const first = at === 0 ? FIRST : 0;
      at += writeRecord(this.#group, this.#view, at, draft, first, this.seal, seed, from + at);
    }
    return { places, bytes: needed };
  }

  /** Nothing was promised of what may be behind the end: it is cut off, or nothing is written again. */
  #undo(segment: Segment, fault: DiskFault, then: (outcome: Logged) => void): void {
    const outcome = refused(fault);
    if (!outcome.ok && outcome.why === 'failed') return then(outcome);
    this.#disk.truncate(this.nameOf(segment), segment.bytes, (cut) =>
      then(cut.ok ? outcome : failed(cut.error)),
    );
  }

  #withdraw(hint: string, fault: DiskFault, then: (outcome: Logged) => void): void {
    this.#disk.unlink(hint, (unlinked) =>
      then(unlinked.ok ? refused(fault) : failed(unlinked.error)),
    );
  }
}
