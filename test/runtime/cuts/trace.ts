/**
 * What a process asked of the kernel about files, as strace has written it down. Strings are in hexadecimal (`-xx`),
 * so that no comma or bracket of a line is in one of them.
 *
 *   15430 pwrite64(21, "\x2f...", 32, 0 <unfinished ...>      begins here
 *   15431 <... pwrite64 resumed>) = 32                        and is over here
 *
 * Threads share their files, so calls overlap: each has the line where it begins and the line where it is over.
 * Whatever changes a file in a way that is not known here is an error: nothing is left out in silence.
 */
import { assert } from '#lib/assert.ts';

interface When {
  readonly from: number;
  readonly to: number;
}

export type Happening = When &
  (
    | {
        readonly did: 'open';
        readonly path: string;
        readonly isNew: boolean;
        readonly file: number;
      }
    | { readonly did: 'write'; readonly file: number; readonly at: number; readonly bytes: Buffer }
    | { readonly did: 'truncate'; readonly file: number; readonly length: number }
    | { readonly did: 'sync'; readonly file: number }
    | { readonly did: 'sync-names'; readonly folder: string }
    | { readonly did: 'make-folder' | 'unlink'; readonly path: string }
    | { readonly did: 'rename'; readonly path: string; readonly onto: string }
    | { readonly did: 'say'; readonly text: string }
  );

/** What strace is asked for. */
const CALLS =
  'openat,open,creat,write,pwrite64,pwritev,pwritev2,writev,ftruncate,truncate,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,fsync,fdatasync,sync_file_range,fallocate,close,dup,dup2,dup3,copy_file_range,sendfile,link,linkat';
const HOW = '-f -qq -xx -s 16777216 --seccomp-bpf -e signal=none -e';
export const STRACE: readonly string[] = [...HOW.split(' '), `trace=${CALLS}`];

const CALL = /^(\d+) (\w+)\((.*)\)\s+= (-?\d+|\?)/;
const BEGUN = /^(\d+) (\w+)\((.*) <unfinished \.\.\.>$/;
const RESUMED = /^(\d+) <\.\.\. (\w+) resumed>(.*)\)\s+= (-?\d+|\?)/;
const OUT = 1;

interface Open {
  readonly path: string;
  readonly file: number;
  readonly isAppend: boolean;
  at: number;
}

/** The happenings of one process below a folder, in the order in which they were over; lines count from `first`. */
export class Trace {
  readonly happenings: Happening[] = [];
  lines: number;
  readonly #root: string;
  readonly #begun = new Map<string, { readonly from: number; readonly args: string }>();
  #open = new Map<number, Open | undefined>();
  /** Files by their paths now; of those, how long they are. */
  readonly #files = new Map<string, number>();
  readonly #lengths: number[] = [];

  constructor(root: string, first = 0) {
    this.#root = root;
    this.lines = first;
  }

  /** Another life: descriptors are new, files are those of before. */
  add(text: string): void {
    this.#open = new Map();
    this.#begun.clear();
    for (const line of text.split('\n')) this.#line(line, ++this.lines);
    // What never came back has begun, and nobody knows how far it came.
    for (const [who, { from, args }] of this.#begun)
      this.#over(who.split(' ')[1]!, args, undefined, { from, to: Infinity });
  }

  #line(line: string, number: number): void {
    const begun = BEGUN.exec(line);
    if (begun !== null) {
      this.#begun.set(`${begun[1]} ${begun[2]}`, { from: number, args: begun[3]! });
      return;
    }
    const resumed = RESUMED.exec(line);
    const whole = CALL.exec(line);
    if (resumed !== null) {
      const who = `${resumed[1]} ${resumed[2]}`;
      const known = this.#begun.get(who);
      assert(known !== undefined, 'what resumes has begun');
      this.#begun.delete(who);
      const args = known.args + resumed[3]!;
      this.#over(resumed[2]!, args, resumed[4]!, { from: known.from, to: number });
    } else if (whole !== null)
      this.#over(whole[2]!, whole[3]!, whole[4]!, { from: number, to: number });
  }

  #over(call: string, args: string, answer: string | undefined, when: When): void {
    const isCut = answer === undefined || answer === '?';
    const result = Number(answer);
    if (!isCut && result < 0) return;
    const parts = args.split(', ');
    const descriptor = Number(parts[0]);
    const open = this.#open.get(descriptor);
    switch (call) {
      case 'openat':
        return isCut ? undefined : this.#opened(result, textIn(parts[1]!), parts[2]!, when);
      case 'close':
        this.#open.delete(descriptor);
        return;
      case 'write':
        if (descriptor === OUT) return this.#push({ did: 'say', text: textIn(parts[1]!), ...when });
        return this.#wrote(open, open?.isAppend === true ? undefined : open?.at, parts, when);
      case 'pwrite64':
        return this.#wrote(open, Number(parts[3]), parts, when);
      case 'ftruncate':
        if (open === undefined) return;
        this.#lengths[open.file] = Number(parts[1]);
        return this.#push({ did: 'truncate', file: open.file, length: Number(parts[1]), ...when });
      case 'fsync':
      case 'fdatasync':
        if (open === undefined || isCut) return;
        return this.#push(
          open.file < 0
            ? { did: 'sync-names', folder: open.path, ...when }
            : { did: 'sync', file: open.file, ...when },
        );
      case 'mkdir':
        return this.#named('make-folder', textIn(parts[0]!), when);
      case 'unlink':
        return this.#named('unlink', textIn(parts[0]!), when);
      case 'rename':
        return this.#renamed(textIn(parts[0]!), textIn(parts[1]!), when);
      default:
        // Of files that nobody looks after here these are of no interest.
        assert(!args.includes(hexOf(this.#root)) && open === undefined, `${call} is understood`);
    }
  }

  #opened(descriptor: number, path: string, flags: string, when: When): void {
    this.#open.delete(descriptor);
    if (!path.startsWith(`${this.#root}/`) && path !== this.#root) return;
    // Nobody opens a file that he may not write, but to read it; folders are opened to be synced.
    const isFolder =
      flags.includes('O_DIRECTORY') ||
      (!flags.includes('O_RDWR') && !flags.includes('O_WRONLY') && !this.#files.has(path));
    if (isFolder)
      return void this.#open.set(descriptor, { path, file: -1, isAppend: false, at: 0 });
    const known = this.#files.get(path);
    const file = known ?? this.#lengths.push(0) - 1;
    this.#files.set(path, file);
    this.#open.set(descriptor, { path, file, isAppend: flags.includes('O_APPEND'), at: 0 });
    if (known === undefined) this.#push({ did: 'open', path, isNew: true, file, ...when });
    else if (flags.includes('O_TRUNC')) {
      this.#lengths[file] = 0;
      this.#push({ did: 'truncate', file, length: 0, ...when });
    }
  }

  #wrote(open: Open | undefined, where: number | undefined, parts: string[], when: When): void {
    if (open === undefined || open.file < 0) return;
    const bytes = bytesIn(parts[1]!);
    assert(bytes.length === Number(parts[2]), 'all that was written was written down');
    const at = where ?? this.#lengths[open.file]!;
    open.at = at + bytes.length;
    this.#lengths[open.file] = Math.max(this.#lengths[open.file]!, open.at);
    this.#push({ did: 'write', file: open.file, at, bytes, ...when });
  }

  #named(did: 'make-folder' | 'unlink', path: string, when: When): void {
    if (!path.startsWith(`${this.#root}/`)) return;
    this.#files.delete(path);
    this.#push({ did, path, ...when });
  }

  #renamed(path: string, onto: string, when: When): void {
    if (!path.startsWith(`${this.#root}/`)) return;
    const file = this.#files.get(path);
    assert(file !== undefined, 'what is renamed was opened');
    this.#files.delete(path);
    this.#files.set(onto, file);
    this.#push({ did: 'rename', path, onto, ...when });
  }

  #push(happening: Happening): void {
    this.happenings.push(happening);
  }
}

const bytesIn = (word: string): Buffer =>
  Buffer.from(word.replaceAll(/^"|"$/g, '').replaceAll(String.raw`\x`, ''), 'hex');
const textIn = (word: string): string => bytesIn(word).toString();
const hexOf = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => String.raw`\x` + byte.toString(16).padStart(2, '0'))
    .join('');
