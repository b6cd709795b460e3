/**
 * Processes that come up together, though whoever supervises them starts one after the other.
 *
 *   spawned, all at once --> held: what is heard of each --(its start is asked for)--> said, in order, and on
 *
 * A supervisor starts its children in order, and the next one when the last is up, which for processes is most
 * of what a person waits for: they have nothing to say to each other while they load. So each is spawned ahead
 * of its turn, and what becomes of it is heard when it would have been. A second start of the same command, and
 * any other command, goes to the machine as it is. Those whose turn never comes are stopped by `leave`.
 *
 * More of them than there are cores for would compile the same sources at the same time, each for itself: the rest are
 * spawned when the first has loaded, and find them compiled.
 */
import type { ProcessCommand, ProcessEvents, ProcessPort } from './ports.ts';

type Stop = (how: 'stop' | 'kill') => void;
type Said = (hear: ProcessEvents) => void;

/** A process before anybody has asked for it: what was said of it waits. */
class Held {
  readonly stop: Stop;
  readonly over: Promise<void>;
  #said: Said[] | undefined = [];
  #hear: ProcessEvents | undefined;

  /** `settled`: it has loaded, or is over; once or more. */
  constructor(port: ProcessPort, command: ProcessCommand, settled: () => void) {
    const over = Promise.withResolvers<void>();
    this.over = over.promise;
    const isOver = (said: Said): void => (this.#say(said), over.resolve(), settled());
    this.stop = port.start(command, {
      loaded: settled,
      started: (pid) => (this.#say((hear) => hear.started(pid)), settled()),
      failed: (reason, exitCode) => isOver((hear) => hear.failed(reason, exitCode)),
      ended: (reason) => isOver((hear) => hear.ended(reason)),
      line: (stream, text) => this.#say((hear) => hear.line(stream, text)),
    });
  }

  /** Not within the call: whoever asks has no word of the start yet. */
  listen(hear: ProcessEvents): void {
    this.#hear = hear;
    queueMicrotask(() => {
      const said = this.#said ?? [];
      this.#said = undefined;
      for (const each of said) each(hear);
    });
  }

  #say(said: Said): void {
    if (this.#said !== undefined) this.#said.push(said);
    else said(this.#hear!);
  }
}

export class ProcessesAhead implements ProcessPort {
  readonly #port: ProcessPort;
  readonly #held = new Map<ProcessCommand, Held>();
  readonly #loaded = Promise.withResolvers<void>();
  #waiting: readonly ProcessCommand[];
  #loading: number;

  /** Spawns so many of these; and the rest once one of them has loaded, or is over. */
  constructor(port: ProcessPort, commands: readonly ProcessCommand[], atOnce = commands.length) {
    this.#port = port;
    this.#waiting = commands;
    this.#loading = commands.length;
    for (const command of commands.slice(0, atOnce)) this.#spawn(command);
  }

  /** When each of them has loaded, or is over. */
  get loaded(): Promise<void> {
    return this.#loaded.promise;
  }

  start(command: ProcessCommand, hear: ProcessEvents): Stop {
    if (this.#waiting.includes(command)) this.#spawn(command);
    const held = this.#held.get(command);
    if (held === undefined) return this.#port.start(command, hear);
    this.#held.delete(command);
    held.listen(hear);
    return held.stop;
  }

  /** Stops those that nobody has asked for, and waits until they are gone. */
  async leave(): Promise<void> {
    this.#waiting = [];
    const left = [...this.#held.values()];
    this.#held.clear();
    for (const held of left) held.stop('stop');
    await Promise.all(left.map(({ over }) => over));
  }

  #spawn(command: ProcessCommand): void {
    this.#waiting = this.#waiting.filter((each) => each !== command);
    let isLoading = true;
    const settled = (): void => {
      if (isLoading && --this.#loading === 0) this.#loaded.resolve();
      isLoading = false;
      for (const each of this.#waiting) this.#spawn(each);
    };
    this.#held.set(command, new Held(this.#port, command, settled));
  }
}
