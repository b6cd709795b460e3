/**
 * What a process asked the kernel to change below a folder, as witness.c has written it down.
 *
 *   7 write 21 4096 x616263      begins here
 *   7 = 3                        and is over here
 *
 * Threads share their files, so calls overlap: each has the line where it begins and the line where it is over.
 * Whatever changes a file in a way that is not known here is an error: nothing is left out in silence.
 */
import { constants } from 'node:fs';
import { assert } from '#lib/assert.ts';

const { O_CREAT, O_TRUNC } = constants;

interface When {
  readonly from: number;
  readonly to: number;
}

export type Happening = When &
  (
    | { readonly did: 'make-file'; readonly path: string; readonly file: number }
    | { readonly did: 'write'; readonly file: number; readonly at: number; readonly bytes: Buffer }
    | { readonly did: 'truncate'; readonly file: number; readonly length: number }
    | { readonly did: 'sync'; readonly file: number }
    | { readonly did: 'sync-names'; readonly folder: string }
    | { readonly did: 'make-folder' | 'unlink'; readonly path: string }
    | { readonly did: 'rename'; readonly path: string; readonly onto: string }
    | { readonly did: 'say'; readonly text: string }
  );

const LINE = /^(\d+) (\S+)(.*)$/;
const OUT = 1;

/** What a descriptor stands for: a file by its number, or a folder. */
interface Open {
  readonly path: string;
  readonly file: number | 'folder';
}

/** A call that is not over. What it is about was so when it began: at its end a descriptor may be another's. */
interface Begun {
  readonly call: string;
  readonly words: readonly string[];
  readonly open: Open | undefined;
  readonly from: number;
}

/** The happenings below a folder in several lives, in the order in which they were over; lines count from 1. */
export class Trace {
  readonly happenings: Happening[] = [];
  lines = 0;
  readonly #root: string;
  readonly #begun = new Map<string, Begun>();
  readonly #open = new Map<number, Open>();
  /** What there is now, by its path. */
  readonly #there = new Map<string, Open>();
  #files = 0;

  constructor(root: string) {
    this.#root = root;
  }

  /** Another life: descriptors are new, files are those of before. */
  add(text: string): void {
    this.#open.clear();
    const lines = text.split('\n');
    assert(lines.pop() === '', 'the last line is whole');
    for (const line of lines) this.#line(line, ++this.lines);
    assert(this.#begun.size === 0, 'every call is over when a life ends');
  }

  #line(line: string, number: number): void {
    const parts = LINE.exec(line);
    assert(parts !== null, `a witness writes lines like "${line}"`);
    const [, id, call, rest] = parts as unknown as [string, string, string, string];
    const words = rest.split(' ').slice(1);
    if (call === '=') {
      const begun = this.#begun.get(id);
      assert(begun !== undefined, 'what is over has begun');
      this.#begun.delete(id);
      const answer = Number(words[0]);
      if (answer >= 0) this.#over(begun, answer, { from: begun.from, to: number });
      return;
    }
    const descriptor = Number(words[0]);
    this.#begun.set(id, { call, words, open: this.#open.get(descriptor), from: number });
    // From now on it may be another's.
    if (call === 'close') this.#open.delete(descriptor);
  }

  #over({ call, words, open }: Begun, answer: number, when: When): void {
    switch (call) {
      case 'open':
        return this.#opened(answer, textIn(words[0]!), Number(words[1]), when);
      case 'close':
        return;
      case 'write': {
        const bytes = bytesIn(words[2]!).subarray(0, answer);
        if (Number(words[0]) === OUT)
          return this.#push({ did: 'say', text: String(bytes), ...when });
        if (open === undefined) return;
        return this.#push({
          did: 'write',
          file: fileOf(open),
          at: Number(words[1]),
          bytes,
          ...when,
        });
      }
      case 'ftruncate':
        if (open === undefined) return;
        return this.#push({
          did: 'truncate',
          file: fileOf(open),
          length: Number(words[1]),
          ...when,
        });
      case 'fsync':
      case 'fdatasync':
        if (open === undefined) return;
        return this.#push(
          open.file === 'folder'
            ? { did: 'sync-names', folder: open.path, ...when }
            : { did: 'sync', file: open.file, ...when },
        );
      case 'mkdir':
        return this.#made(textIn(words[0]!), when);
      case 'unlink':
      case 'remove':
        return this.#unlinked(textIn(words[0]!), when);
      case 'rename':
        return this.#renamed(textIn(words[0]!), textIn(words[1]!), when);
      default:
        // What is not below the folder is of no interest.
        for (const word of words)
          assert(
            word.startsWith('x') ? !this.#isBelow(textIn(word)) : !this.#open.has(Number(word)),
            `${call} is understood`,
          );
    }
  }

  #isBelow(path: string): boolean {
    return path === this.#root || path.startsWith(`${this.#root}/`);
  }

  #opened(descriptor: number, path: string, flags: number, when: When): void {
    this.#open.delete(descriptor);
    if (!this.#isBelow(path)) return;
    const known = this.#there.get(path);
    assert(known !== undefined || (flags & O_CREAT) !== 0, `${path} was seen when it was made`);
    const open = known ?? { path, file: this.#files++ };
    this.#there.set(path, open);
    this.#open.set(descriptor, open);
    if (known === undefined) this.#push({ did: 'make-file', path, file: fileOf(open), ...when });
    else if ((flags & O_TRUNC) !== 0)
      this.#push({ did: 'truncate', file: fileOf(open), length: 0, ...when });
  }

  #made(path: string, when: When): void {
    if (!this.#isBelow(path)) return;
    this.#there.set(path, { path, file: 'folder' });
    this.#push({ did: 'make-folder', path, ...when });
  }

  #unlinked(path: string, when: When): void {
    if (!this.#isBelow(path)) return;
    this.#there.delete(path);
    this.#push({ did: 'unlink', path, ...when });
  }

  #renamed(path: string, onto: string, when: When): void {
    if (!this.#isBelow(path) && !this.#isBelow(onto)) return;
    const there = this.#there.get(path);
    assert(there !== undefined, 'what is renamed was made here');
    this.#there.delete(path);
    this.#there.set(onto, { path: onto, file: fileOf(there) });
    this.#push({ did: 'rename', path, onto, ...when });
  }

  #push(happening: Happening): void {
    this.happenings.push(happening);
  }
}

function fileOf({ path, file }: Open): number {
  assert(file !== 'folder', `${path} is a file`);
  return file;
}

const bytesIn = (word: string): Buffer => Buffer.from(word.slice(1), 'hex');
const textIn = (word: string): string => bytesIn(word).toString();
