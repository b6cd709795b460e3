/** The command as its users run it: a real process, its JSON lines, its exit code. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');
const WITH_PARENT = join(import.meta.dirname, 'with-parent.ts');

export interface Line {
  readonly event?: string;
  readonly text?: string;
  readonly [field: string]: unknown;
}

export class Running {
  /** JSON lines, read. */
  readonly lines: Line[] = [];
  readonly printed: string[] = [];
  readonly child: ChildProcess;
  /** Exit code, and everything on standard error. */
  readonly ended: Promise<{ readonly code: number | null; readonly errors: string }>;
  readonly #waiting = new Set<() => void>();

  /** `input`: what comes in on standard input; without it, nothing is there. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string) {
    this.child = spawn(process.execPath, ['--import', WITH_PARENT, MAIN, ...args], {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...env },
    });
    this.child.stdin?.end(input);
    let errors = '';
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (errors += text));
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.printed.push(line);
      // A JSON document over several lines is for whoever reads it whole.
      if (/^\{.*\}$/.test(line)) this.lines.push(JSON.parse(line) as Line);
      for (const look of this.#waiting) look();
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => {
        resolve({ code, errors });
        for (const look of this.#waiting) look();
      });
    });
  }

  /** The first line after the first `from` ones that `matches`; throws when the command ends without. */
  async line(matches: (line: Line) => boolean, from = 0): Promise<Line> {
    for (;;) {
      const found = this.lines.slice(from).find(matches);
      if (found !== undefined) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        const { errors } = await this.ended;
        throw new Error(`it ended: ${errors}\n${JSON.stringify(this.lines.slice(-5))}`);
      }
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.#waiting.delete(look);
          resolve();
        };
        this.#waiting.add(look);
      });
    }
  }
}

/** Runs to its end; what it printed, as one text. */
export async function ran(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input?: string,
): Promise<{ readonly code: number | null; readonly text: string; readonly errors: string }> {
  const running = new Running(args, env, input);
  const { code, errors } = await running.ended;
  return { code, text: running.printed.join('\n'), errors };
}
