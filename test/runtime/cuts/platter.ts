/**
 * What a disk may have after the power was cut at a line of a trace: all that was synced before, and of the rest what
 * chance leaves. The method of ALICE (Pillai and others, OSDI 2014), with these rules of a file system:
 *
 *   bytes    a file's writes are durable after a sync of the file that began when they were over; of later ones each
 *            block of 4096 bytes has a state that it once had, or, torn, parts of 512 bytes of two of them
 *   length   as it was at some moment since the last sync; what was not written there reads as zeros
 *   names    creating, renaming and unlinking are durable after a sync of their folder; of later ones each name
 *            has a state that it once had, whatever becomes of others. A folder that has no name is lost with all that is in it
 *
 * That is less than Linux' file systems keep (ext4 makes a file's name durable with its bytes), and what they promise.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Happening } from './trace.ts';

const BLOCK_BYTES = 4_096;
const SECTOR_BYTES = 512;

type Did<D extends Happening['did']> = Extract<Happening, { did: D }>;
/** What a sync takes away from a trace: planted bugs. */
export type Forgets = (
  happening: Did<'sync'> | Did<'sync-names'>,
  pathOf: (file: number) => string,
) => boolean;

/** A change, from when it was asked for until it was answered. */
interface Change<T> {
  readonly from: number;
  readonly to: number;
  readonly what: T;
  /** Of a rename: that what is lost here is found there. */
  readonly beside?: Change<Named>;
  /** The line from which on it is durable. */
  durable: number;
}

type Content = Did<'write'> | Did<'truncate'>;
/** What a name stands for: a file by its number, a folder, or nothing. */
type Named = number | 'folder' | undefined;

export type Below = (bound: number) => number;

export class Platter {
  readonly #files: Change<Content>[][] = [];
  readonly #names = new Map<string, Change<Named>[]>();

  constructor(happenings: readonly Happening[], forgets: Forgets = () => false) {
    const paths: string[] = [];
    for (const each of happenings.toSorted((a, b) => a.to - b.to)) {
      if (each.did === 'make-file') paths[each.file] = each.path;
      if (each.did === 'rename') paths[paths.indexOf(each.path)] = each.onto;
      const isSync = each.did === 'sync' || each.did === 'sync-names';
      if (!isSync || !forgets(each, (file) => paths[file]!)) this.#take(each);
    }
  }

  /** Writes what is left below `into` of what was below `root`, where the power was cut at this line. */
  rebuild(line: number, root: string, into: string, below: Below): void {
    const share = SHARES[below(SHARES.length)]!;
    const left = this.#namesLeft(line, share, below);
    const isThere = (path: string): boolean =>
      path === root || (left.get(path) === 'folder' && isThere(dirname(path)));
    mkdirSync(into, { recursive: true });
    for (const [path, what] of [...left].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const at = join(into, path.slice(root.length));
      if (what === undefined || !isThere(dirname(path))) continue;
      if (what === 'folder') mkdirSync(at);
      else writeFileSync(at, contentOf(this.#files[what]!, line, share, below));
    }
  }

  #take(each: Happening): void {
    switch (each.did) {
      case 'make-file':
        this.#files[each.file] = [];
        return void this.#name(each.path, each.file, each);
      case 'make-folder':
        return void this.#name(each.path, 'folder', each);
      case 'unlink':
        return void this.#name(each.path, undefined, each);
      case 'rename': {
        const there = this.#name(each.onto, this.#names.get(each.path)!.at(-1)!.what, each);
        return void this.#name(each.path, undefined, each, there);
      }
      case 'write':
      case 'truncate':
        this.#files[each.file]!.push({
          from: each.from,
          to: each.to,
          what: each,
          durable: Infinity,
        });
        return;
      case 'sync':
        return settle(this.#files[each.file]!, each);
      case 'sync-names':
        for (const [path, changes] of this.#names)
          if (dirname(path) === each.folder) settle(changes, each);
        return;
      default:
    }
  }

  #name(path: string, what: Named, { from, to }: Happening, beside?: Change<Named>): Change<Named> {
    const changes = this.#names.get(path) ?? [];
    this.#names.set(path, changes);
    const change = {
      from,
      to,
      what,
      durable: Infinity,
      ...(beside === undefined ? {} : { beside }),
    };
    changes.push(change);
    return change;
  }

  #namesLeft(line: number, share: Share, below: Below): Map<string, Named> {
    const left = new Map<string, Change<Named>[]>();
    for (const [path, changes] of this.#names)
      left.set(path, begunBy(changes, line).slice(0, drawn(changes, line, share, below)));
    const kept = new Set([...left.values()].flat());
    const isMade = ({ beside }: Change<Named>): boolean => beside === undefined || kept.has(beside);
    return new Map(
      Array.from(left, ([path, changes]) => [path, changes.findLast(isMade)?.what] as const),
    );
  }
}

/** Of what is not durable nothing is left, all of it, or some: the worst is not always the most mixed. */
const SHARES = ['nothing', 'all', 'some', 'some'] as const;
type Share = (typeof SHARES)[number];

function between(least: number, most: number, share: Share, below: Below): number {
  if (share === 'some') return least + below(most - least + 1);
  return share === 'all' ? most : least;
}

const begunBy = <T>(changes: readonly Change<T>[], line: number): readonly Change<T>[] =>
  changes.filter(({ from }) => from < line);

/** So many of the first are durable, or are left by chance. */
function drawn(
  changes: readonly Change<unknown>[],
  line: number,
  share: Share,
  below: Below,
): number {
  const begun = begunBy(changes, line);
  return between(durableOf(begun, line), begun.length, share, below);
}

const durableOf = (changes: readonly Change<unknown>[], line: number): number =>
  changes.findLastIndex(({ durable }) => durable < line) + 1;

/** What was over when a sync began is durable when that is over. */
function settle(changes: readonly Change<unknown>[], sync: Happening): void {
  for (const change of changes)
    if (change.to < sync.from) change.durable = Math.min(change.durable, sync.to);
}

function contentOf(
  all: readonly Change<Content>[],
  line: number,
  share: Share,
  below: Below,
): Uint8Array {
  const begun = begunBy(all, line);
  const durable = durableOf(begun, line);
  const [kept, rest] = [begun.slice(0, durable), begun.slice(durable)].map((each) =>
    each.map(({ what }) => what),
  ) as [Content[], Content[]];
  const bytes = new Bytes();
  for (const what of kept) bytes.take(what);
  const length = rest
    .slice(0, between(0, rest.length, share, below))
    .reduce((now, what) => lengthAfter(now, what), bytes.length);
  const blocks = Math.ceil(Math.max(0, ...rest.map(reachOf)) / BLOCK_BYTES);
  for (let block = 0; block < blocks; block++) tear(bytes, rest, block, share, below);
  return bytes.first(length);
}

/** One block, as it was after some of the writes; or, of the one that comes next, the first sectors too. */
function tear(
  bytes: Bytes,
  rest: readonly Content[],
  block: number,
  share: Share,
  below: Below,
): void {
  const [from, to] = [block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES];
  const own = rest.filter((what) => what.did === 'write' && what.at < to && reachOf(what) > from);
  const count = between(0, own.length, share, below);
  for (const what of own.slice(0, count)) bytes.take(what, from, to);
  const torn = share === 'some' && below(2) === 0 ? own[count] : undefined;
  const sectors = 1 + below(BLOCK_BYTES / SECTOR_BYTES - 1);
  if (torn !== undefined) bytes.take(torn, from, from + sectors * SECTOR_BYTES);
}

const reachOf = (what: Content): number => (what.did === 'write' ? what.at + what.bytes.length : 0);

const lengthAfter = (length: number, what: Content): number =>
  what.did === 'write' ? Math.max(length, reachOf(what)) : what.length;

/** Bytes that grow; what was cut off, or never written, is zeros. */
class Bytes {
  #all = new Uint8Array(BLOCK_BYTES);
  length = 0;

  /** As much of a change as is between two places. */
  take(what: Content, from = 0, to = Infinity): void {
    this.length = lengthAfter(this.length, what);
    if (what.did === 'truncate') return void this.#all.fill(0, what.length);
    const [first, last] = [Math.max(what.at, from), Math.min(reachOf(what), to)];
    if (last <= first) return;
    this.#grow(last);
    this.#all.set(what.bytes.subarray(first - what.at, last - what.at), first);
  }

  first(length: number): Uint8Array {
    this.#grow(length);
    return this.#all.slice(0, length);
  }

  #grow(length: number): void {
    if (length <= this.#all.length) return;
    const larger = new Uint8Array(Math.max(length, 2 * this.#all.length));
    larger.set(this.#all);
    this.#all = larger;
  }
}
