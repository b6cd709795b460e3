/**
 * The real side of the `Disk` port: files of one directory over Node's file calls, which run on its
 * thread pool and never on the loop.
 *
 * Opening a file for each read would cost more than the read, so files stay open, up to a number. The
 * one exception is made for files with appends that are not synced: Linux reports a write-back error
 * to whoever had the file open when it happened, once, so such a file stays open until its sync.
 */
import {
  close,
  constants,
  fdatasync,
  fsync,
  ftruncate,
  open,
  read,
  readdir,
  stat,
  unlink,
  write,
} from 'node:fs';
import { join } from 'node:path';
import { assert } from '#lib/assert.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import { lockDirectory } from './directory-lock.ts';
import type { Disk, DiskDone, DiskFault, FileSize } from './ports.ts';

/** A light's store of 500 MB has 31 segments; a process may host dozens of nodes. */
const FILES_OPEN_MAX = 32;
const FILE_NAME = /^[a-z0-9][a-z0-9._-]*$/;
const APPENDING = constants.O_RDWR | constants.O_APPEND;
const CREATING = APPENDING | constants.O_CREAT | constants.O_EXCL;
const DONE: DiskDone = ok(undefined);

type Then = (outcome: DiskDone) => void;

/** A disk that somebody opened, and closes. */
export interface OwnDisk extends Disk {
  /** Lets go of the directory, once what is under way is over. */
  readonly close: (then: () => void) => void;
}

/** Opens a directory, alone. Throws `UnfitDirectory` where that cannot be. */
export function openDisk(directory: string): OwnDisk {
  return new RealDisk(directory, lockDirectory(directory));
}

interface OpenFile {
  readonly name: string;
  /** Absent while the operating system is opening it; `waiting` is then told. */
  descriptor: number | undefined;
  waiting: ((outcome: Result<number, DiskFault>) => void)[];
  users: number;
  hasUnsynced: boolean;
  isUnwanted: boolean;
}

class RealDisk implements OwnDisk {
  readonly #directory: string;
  readonly #unlock: () => void;
  /** The least recently used first. */
  readonly #files = new Map<string, OpenFile>();
  #underWay = 0;
  #onQuiet: (() => void) | undefined;

  constructor(directory: string, unlock: () => void) {
    this.#directory = directory;
    this.#unlock = unlock;
  }

  list(then: (found: Result<readonly FileSize[], DiskFault>) => void): void {
    const done = this.#begin(then);
    readdir(this.#directory, (error, names) => {
      if (error !== null) return done(fault(error));
      const files = names.filter((name) => FILE_NAME.test(name)).toSorted();
      const sizes: FileSize[] = [];
      const next = (i: number): void => {
        const name = files[i];
        if (name === undefined) return done(ok(sizes));
        stat(this.#path(name), (error, { size } = {} as never) => {
          if (error !== null) return done(fault(error));
          sizes.push({ name, bytes: size });
          next(i + 1);
        });
      };
      next(0);
    });
  }

  create(name: string, then: Then): void {
    assert(FILE_NAME.test(name), 'a file has a plain name');
    const done = this.#begin(then);
    open(this.#path(name), CREATING, 0o600, (error, descriptor) => {
      if (error !== null) return done(fault(error));
      this.#files.set(name, openFile(name, descriptor));
      this.#closeOne();
      done(DONE);
    });
  }

  append(name: string, bytes: Uint8Array, then: Then): void {
    this.#use(name, then, (descriptor, done, file) => {
      file.hasUnsynced = true;
      const rest = (from: number): void => {
        write(descriptor, bytes, from, bytes.length - from, null, (error, written) => {
          if (error !== null) return done(fault(error));
          if (from + written === bytes.length) return done(DONE);
          rest(from + written);
        });
      };
      rest(0);
    });
  }

  read(
    name: string,
    at: number,
    length: number,
    then: (found: Result<Uint8Array, DiskFault>) => void,
  ): void {
    this.#use(name, then, (descriptor, done) => {
      const bytes = new Uint8Array(length);
      const rest = (from: number): void => {
        if (from === length) return done(ok(bytes));
        read(descriptor, bytes, from, length - from, at + from, (error, count) => {
          if (error !== null) return done(fault(error));
          if (count === 0) return done(ok(bytes.subarray(0, from)));
          rest(from + count);
        });
      };
      rest(0);
    });
  }

  datasync(name: string, then: Then): void {
    this.#use(name, then, (descriptor, done, file) =>
      fdatasync(descriptor, (error) => {
        if (error !== null) return done(fault(error));
        file.hasUnsynced = false;
        done(DONE);
      }),
    );
  }

  truncate(name: string, length: number, then: Then): void {
    this.#use(name, then, (descriptor, done, file) => {
      file.hasUnsynced = true;
      ftruncate(descriptor, length, (error) => done(outcomeOf(error)));
    });
  }

  unlink(name: string, then: Then): void {
    assert(FILE_NAME.test(name), 'a file has a plain name');
    const done = this.#begin(then);
    unlink(this.#path(name), (error) => {
      const file = this.#files.get(name);
      if (error === null && file !== undefined) this.#putAway(file);
      done(outcomeOf(error));
    });
  }

  /** Names are the directory's own content: it is synced like a file. */
  syncNames(then: Then): void {
    const done = this.#begin(then);
    open(this.#directory, constants.O_RDONLY, (error, descriptor) => {
      if (error !== null) return done(fault(error));
      fsync(descriptor, (error) => close(descriptor, () => done(outcomeOf(error))));
    });
  }

  close(then: () => void): void {
    assert(this.#onQuiet === undefined, 'a disk is closed once');
    this.#onQuiet = () => {
      for (const file of this.#files.values()) this.#putAway(file);
      this.#unlock();
      then();
    };
    if (this.#underWay === 0) this.#onQuiet();
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }

  /** Counts a call as under way until it is answered. */
  #begin<T>(then: (outcome: T) => void): (outcome: T) => void {
    assert(this.#onQuiet === undefined, 'a disk that is being closed is left alone');
    this.#underWay++;
    return (outcome) => {
      then(outcome);
      if (--this.#underWay === 0) this.#onQuiet?.();
    };
  }

  #use<T>(
    name: string,
    then: (outcome: Result<T, DiskFault>) => void,
    action: (
      descriptor: number,
      done: (outcome: Result<T, DiskFault>) => void,
      file: OpenFile,
    ) => void,
  ): void {
    assert(FILE_NAME.test(name), 'a file has a plain name');
    const answer = this.#begin(then);
    const file = this.#file(name);
    const proceed = (opened: Result<number, DiskFault>): void => {
      if (!opened.ok) return answer(opened);
      const done = (outcome: Result<T, DiskFault>): void => {
        this.#release(file);
        answer(outcome);
      };
      action(opened.value, done, file);
    };
    if (file.descriptor === undefined) file.waiting.push(proceed);
    else proceed(ok(file.descriptor));
  }

  #file(name: string): OpenFile {
    const file = this.#files.get(name) ?? this.#open(name);
    file.users++;
    // Now the most recently used.
    this.#files.delete(name);
    this.#files.set(name, file);
    return file;
  }

  #open(name: string): OpenFile {
    const file = openFile(name, undefined);
    open(this.#path(name), APPENDING, (error, descriptor) => {
      const { waiting } = file;
      file.waiting = [];
      if (error === null) file.descriptor = descriptor;
      else if (this.#files.get(name) === file) this.#files.delete(name);
      for (const proceed of waiting) proceed(error === null ? ok(descriptor) : fault(error));
    });
    return file;
  }

  #release(file: OpenFile): void {
    file.users--;
    if (file.isUnwanted) this.#putAway(file);
    else this.#closeOne();
  }

  #closeOne(): void {
    if (this.#files.size <= FILES_OPEN_MAX) return;
    for (const file of this.#files.values()) {
      const isIdle = file.users === 0 && !file.hasUnsynced && file.descriptor !== undefined;
      if (isIdle) return this.#putAway(file);
    }
  }

  /** Closes a file as soon as nobody uses it; from now on its name means another one. */
  #putAway(file: OpenFile): void {
    file.isUnwanted = true;
    if (this.#files.get(file.name) === file) this.#files.delete(file.name);
    if (file.users > 0 || file.descriptor === undefined) return;
    const { descriptor } = file;
    file.descriptor = undefined;
    // What was promised was synced; a close has nothing left to say.
    close(descriptor, () => undefined);
  }
}

const openFile = (name: string, descriptor: number | undefined): OpenFile => ({
  name,
  descriptor,
  waiting: [],
  users: 0,
  hasUnsynced: false,
  isUnwanted: false,
});

const outcomeOf = (error: NodeJS.ErrnoException | null): DiskDone =>
  error === null ? DONE : fault(error);

const fault = ({ code, message }: NodeJS.ErrnoException): Result<never, DiskFault> =>
  fail({ code: code ?? 'EIO', detail: message });
