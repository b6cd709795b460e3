/**
 * What node processes print before they are up: held back until it is known what comes of them. A process
 * that finds its machine unfit (exit code 2) says why in its last line, and that line is the one thing
 * an operator needs to read; of any other failure, everything is worth reading.
 */
import { EXIT, Unfit } from './unfit.ts';

const LINES_MAX = 100;
/** What every last line of a command of ours begins with. */
const NAME = 'city-chain: ';

export class Unready {
  readonly #say: (id: string, line: string) => void;
  readonly #held = new Map<string, string[]>();
  readonly #up = new Set<string>();
  /** Why the last one that did not start found its machine unfit; `undefined` once one has started. */
  unfit: Unfit | undefined;

  constructor(say: (id: string, line: string) => void) {
    this.#say = say;
  }

  line(id: string, text: string): void {
    if (this.#up.has(id)) return this.#say(id, text);
    const held = this.#held.get(id) ?? [];
    this.#held.set(id, [...held, text].slice(-LINES_MAX));
  }

  started(id: string): void {
    this.unfit = undefined;
    this.#up.add(id);
    for (const text of this.#take(id)) this.#say(id, text);
  }

  gone(id: string): void {
    this.#up.delete(id);
  }

  failed(id: string, exitCode: number | undefined): void {
    const lines = this.#take(id);
    const last = lines.at(-1) ?? '';
    this.unfit =
      exitCode === EXIT.unfit && last.startsWith(NAME)
        ? new Unfit(`${id}: ${last.slice(NAME.length)}`)
        : undefined;
    if (this.unfit === undefined) for (const text of lines) this.#say(id, text);
  }

  #take(id: string): readonly string[] {
    const held = this.#held.get(id) ?? [];
    this.#held.delete(id);
    return held;
  }
}
