/**
 * Processes of this machine: started, heard, stopped. Only our own children, by the handle that the
 * system gave us for them; never by name or by a number from elsewhere.
 *
 *   start --> (ready) started --> ended       by itself, asked (SIGTERM) or at once (SIGKILL)
 *        '--> failed                          not found, or gone before it was ready
 *
 * A child that is a Node process of ours has a channel: it says `ready` over it, and when the channel
 * closes its parent is gone, however that went, so it stops as well (`asChild`). No child outlives us.
 * Over the same channel it is asked whether it still turns; one that hangs is killed, which is an end
 * like any other.
 *
 * How an end is read: asked to stop and gone by the signal, by code 0 or 143 (128 + SIGTERM):
 * `shutdown`. Code 0 unasked: `normal`. SIGKILL: `killed`, unless it was ours since it hung. Anything
 * else: `crashed`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { crashed, KILLED, NORMAL, SHUTDOWN, type Reason } from '#protocols/effect.ts';
import { Answering } from './answering.ts';
import type { ProcessCommand, ProcessEvents, ProcessPort } from './ports.ts';

const READY = 'city-chain:ready';
const ASK = 'city-chain:do-you-turn';
const ANSWER = 'city-chain:i-turn';
const LOADED = 'city-chain:loaded';
const BEGIN = 'city-chain:begin';
/** How long an end may wait for the output that came before it. */
const LAST_WORDS_MS = 200;
/** What a shell adds to the number of the signal that ended a program: SIGTERM is 15. */
const CODE_OF_SIGTERM = 128 + 15;

/** The processes that this one starts. */
export const systemProcesses: ProcessPort = {
  start: (command, hear) => {
    const life = new Life(command, hear);
    return (how) => life.stop(how);
  },
};

class Life {
  readonly #child: ChildProcess;
  readonly #hear: ProcessEvents;
  readonly #answersWithinMs: number | undefined;
  #answering: Answering | undefined;
  #isHung = false;
  #isReady = false;
  #isOver = false;
  #asked: 'stop' | 'kill' | undefined;
  /** What it said on its standard error, last: why it failed, mostly. */
  #lastWords = '';

  constructor(command: ProcessCommand, hear: ProcessEvents) {
    const { file, args, env, readyBy, answersWithinMs, begins } = command;
    this.#hear = hear;
    this.#answersWithinMs = answersWithinMs;
    const channel = readyBy === 'message' ? (['ipc'] as const) : [];
    this.#child = spawn(file === 'node' ? process.execPath : file, [...args], {
      stdio: ['ignore', 'pipe', 'pipe', ...channel],
      env: { ...process.env, ...env },
      // A group of its own: Ctrl-C is for us, and we stop it in its turn.
      detached: true,
    });
    this.#listen('out', typeof readyBy === 'object' ? readyBy.line : undefined);
    this.#listen('err', typeof readyBy === 'object' ? readyBy.line : undefined);
    // Also emitted when a signal cannot be sent; that is no end.
    this.#child.on('error', (error) => this.#child.pid ?? this.#over(crashed(error.message)));
    this.#child.on('exit', (code, signal) => {
      const over = (): void => this.#over(this.#reasonOf(code, signal), code ?? undefined);
      // Its last words may still be in the pipe, and the pipe may be held by whoever it left behind.
      const timer = setTimeout(over, LAST_WORDS_MS);
      this.#child.once('close', () => (clearTimeout(timer), over()));
    });
    this.#child.on('message', (said) => {
      if (said === READY) this.#ready();
      if (said === ANSWER) this.#answering?.heard();
      if (said === LOADED) hear.loaded?.();
    });
    this.#child.on('spawn', () => readyBy === 'start' && this.#ready());
    void begins?.then(() => this.#tell(BEGIN));
  }

  stop(how: 'stop' | 'kill'): void {
    if (this.#isOver) return;
    // Whoever is on its way out has a time of its own to go.
    this.#answering?.stop();
    this.#asked = how;
    this.#child.kill(how === 'kill' ? 'SIGKILL' : 'SIGTERM');
  }

  #listen(stream: 'out' | 'err', readyLine: string | undefined): void {
    // Nothing is there where a child could not be given a pipe.
    const input = (stream === 'out' ? this.#child.stdout : this.#child.stderr) ?? undefined;
    if (input === undefined) return;
    createInterface({ input }).on('line', (text) => {
      if (stream === 'err') this.#lastWords = text;
      this.#hear.line(stream, text);
      if (readyLine !== undefined && text.includes(readyLine)) this.#ready();
    });
  }

  #ready(): void {
    if (this.#isReady || this.#isOver) return;
    this.#isReady = true;
    if (this.#answersWithinMs !== undefined) this.#askOn(this.#answersWithinMs);
    this.#hear.started(this.#child.pid!);
  }

  #askOn(withinMs: number): void {
    const ask = (): void => this.#tell(ASK);
    const silent = (): void => {
      this.#isHung = true;
      this.#child.kill('SIGKILL');
    };
    this.#answering = new Answering(withinMs, ask, silent);
  }

  /** A channel that has closed is heard of as an end. */
  #tell(word: string): void {
    this.#child.send(word, () => undefined);
  }

  #over(reason: Reason, exitCode?: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#answering?.stop();
    if (this.#isReady) this.#hear.ended(reason);
    else this.#hear.failed(this.#asked === undefined ? tooEarly(reason) : reason, exitCode);
  }

  #reasonOf(code: number | null, signal: NodeJS.Signals | null): Reason {
    if (this.#isHung) return crashed(`it hung: no answer for ${this.#answersWithinMs} ms`);
    if (signal === 'SIGKILL') return KILLED;
    if (this.#asked !== undefined && (signal === 'SIGTERM' || code === CODE_OF_SIGTERM))
      return SHUTDOWN;
    if (code === 0) return this.#asked === undefined ? NORMAL : SHUTDOWN;
    const how = signal === null ? `code ${code}` : signal;
    return crashed(this.#lastWords === '' ? how : `${how}: ${this.#lastWords.slice(0, 200)}`);
  }
}

const tooEarly = ({ how, detail }: Reason): Reason =>
  crashed(`ended before it was ready (${detail ?? how})`);

/** The child's side: to be called once by a process that was started with `readyBy: 'message'`. */
export interface AsChild {
  /** Says that the start is complete. */
  readonly ready: () => void;
  /** Says that it has loaded. Done when it may begin (`ProcessCommand.begins`): never, where its parent goes before. */
  readonly toldToBegin: () => Promise<void>;
}

/** `undefined` when nobody started us as a child. `orphaned` is called when the parent is gone. */
export function asChild(orphaned: () => void): AsChild | undefined {
  if (process.send === undefined) return undefined;
  const begun = Promise.withResolvers<void>();
  // A parent may have gone before this was called: nobody tells that again.
  if (process.connected) process.once('disconnect', orphaned);
  else queueMicrotask(orphaned);
  process.on('message', (said) => {
    if (said === ASK) tellParent(ANSWER);
    if (said === BEGIN) begun.resolve();
  });
  process.channel?.unref(); // Listening for all that is no reason to live on.
  return {
    ready: () => tellParent(READY),
    toldToBegin: () => {
      process.channel?.ref(); // But for this it is.
      tellParent(LOADED);
      return begun.promise.then(() => process.channel?.unref());
    },
  };
}

/** A parent that is gone by now hears nothing, and is missed elsewhere. */
const tellParent = (word: string): void =>
  void process.send?.(word, undefined, undefined, () => undefined);
