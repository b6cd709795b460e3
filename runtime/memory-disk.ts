/**
 * A disk that lasts as long as its process: for tests, and for one process on its own. It keeps every
 * promise of the port but durability.
 */
import { fail, ok, type Result } from '#lib/result.ts';
import type { Disk, DiskDone, DiskFault, Scheduler } from './ports.ts';
import { eventLoop } from './wall-clock.ts';

const DONE: DiskDone = ok(undefined);
const BYTES_MIN = 4_096;

export function memoryDisk(scheduler: Scheduler = eventLoop): Disk {
  const files = new Map<string, MemoryFile>();
  const later = <T>(then: (outcome: T) => void, act: () => T): void =>
    scheduler.soon(() => then(act()));
  const withFile = <T>(
    name: string,
    act: (file: MemoryFile) => T,
  ): T | Result<never, DiskFault> => {
    const file = files.get(name);
    return file === undefined ? fault('ENOENT', name) : act(file);
  };
  const create = (name: string): DiskDone => {
    if (files.has(name)) return fault('EEXIST', name);
    files.set(name, new MemoryFile());
    return DONE;
  };
  return {
    list: (then) => later(then, () => ok(listed(files))),
    create: (name, then) => later(then, () => create(name)),
    append: (name, bytes, then) => later(then, () => withFile(name, (file) => file.append(bytes))),
    read: (name, at, length, then) =>
      later(then, () => withFile(name, (file) => ok(file.read(at, length)))),
    datasync: (name, then) => later(then, () => withFile(name, () => DONE)),
    truncate: (name, length, then) =>
      later(then, () => withFile(name, (file) => file.truncate(length))),
    unlink: (name, then) => later(then, () => (files.delete(name) ? DONE : fault('ENOENT', name))),
    syncNames: (then) => later(then, () => DONE),
  };
}

/** Grows by doubling, as a log does that is written in small pieces. */
class MemoryFile {
  #bytes = new Uint8Array(BYTES_MIN);
  length = 0;

  append(bytes: Uint8Array): DiskDone {
    const needed = this.length + bytes.length;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.length);
    this.length = needed;
    return DONE;
  }

  read(at: number, length: number): Uint8Array {
    return this.#bytes.slice(at, Math.min(at + length, this.length));
  }

  truncate(length: number): DiskDone {
    this.length = Math.min(this.length, length);
    return DONE;
  }
}

const listed = (files: ReadonlyMap<string, MemoryFile>) =>
  [...files]
    .map(([name, { length }]) => ({ name, bytes: length }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));

const fault = (code: string, name: string): Result<never, DiskFault> =>
  fail({ code, detail: `${code}: ${name}` });
