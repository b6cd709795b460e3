/** A drill's deeds, done: to processes that `up` supervises, by its own handles and tables; to its own lines and bus. */
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import type { Bus } from '#runtime/bus.ts';
import type { Clock } from '#runtime/ports.ts';
import type { Processes } from '#supervision/processes.ts';
import type { Deed, DrillAnswer, Looked } from './deeds.ts';
import type { Line } from './line.ts';
import type { Straits } from './straits.ts';

export interface Exercised {
  readonly processes: Pick<Processes, 'look' | 'request'>;
  /** By the index of their process. */
  readonly lines: readonly Pick<Line, 'cut' | 'mend' | 'slow'>[];
  readonly bus: Pick<Bus, 'kind' | 'pid'>;
  /** Between continents, where each has a bus of its own. */
  readonly straits?: Pick<Straits, 'has' | 'part' | 'rejoin'> | undefined;
  readonly clock: Clock;
  /** Where processes look up by how much their clocks are off, by their names. */
  readonly clockFileOf: (id: string) => string;
}

/** How often a process that is down is started again, where it does not start at once. */
const AGAIN_MS = 1_000;
/** How soon a process that came back finds its disk full again. */
const FILL_MS = 200;

type Undo = () => void;

export class Exercise {
  readonly #on: Exercised;
  /** What was done and is not over, by deed and victim. */
  readonly #undone = new Map<string, Undo>();

  constructor(on: Exercised) {
    this.#on = on;
  }

  do(deed: Deed): DrillAnswer {
    const { did, to } = deed;
    if (did === 'look') return { seen: this.#look() };
    if (did === 'release') return this.#release(to);
    if (this.#undone.has(`${did} ${to}`)) return { refused: `it is under way: ${did} ${to}` };
    if (did === 'part') return this.#part(deed);
    return to === 'bus' ? this.#toBus(deed) : this.#toProcess(deed);
  }

  #look(): Looked {
    const { processes, bus } = this.#on;
    return {
      processes: processes
        .look()
        .map(({ id, pid, incarnation }) => ({ id, pid: pid ?? null, incarnation })),
      bus: { kind: bus.kind, pid: bus.pid ?? null },
    };
  }

  #release(to: string): DrillAnswer {
    const all = [...this.#undone].filter(([what]) => to === 'all' || what.endsWith(` ${to}`));
    for (const [, undo] of all) undo();
    return { done: `released ${all.length}` };
  }

  #part({ to, forMs }: Deed): DrillAnswer {
    const { straits } = this.#on;
    if (straits?.has(to) !== true) return { refused: `there is no continent ${to} to be parted` };
    straits.part(to);
    this.#for(forMs, `part ${to}`, () => straits.rejoin(to));
    return { done: `part ${to}` };
  }

  #toBus({ did, forMs }: Deed): DrillAnswer {
    const { pid } = this.#on.bus;
    if (pid === undefined) return { refused: 'the bus is not a nats-server of this cluster' };
    if (did === 'kill') return signalled(pid, 'SIGKILL', 'bus');
    if (did !== 'freeze') return { refused: `a bus cannot be told to ${did}` };
    const frozen = signalled(pid, 'SIGSTOP', 'bus');
    this.#for(forMs, 'freeze bus', () => this.#on.bus.pid === pid && signal(pid, 'SIGCONT'));
    return frozen;
  }

  #toProcess({ did, to, forMs, byMs }: Deed): DrillAnswer {
    const seen = this.#on.processes.look().find(({ id }) => id === to);
    const line = this.#on.lines[Number(to.slice(1)) - 1];
    if (seen === undefined || line === undefined) return { refused: `there is no process ${to}` };
    switch (did) {
      case 'cut':
      case 'slow':
        if (did === 'cut') line.cut();
        else line.slow(byMs);
        this.#for(forMs, `${did} ${to}`, () => line.mend());
        return { done: `${did} ${to}` };
      case 'jump':
        return this.#jump(to, byMs, forMs);
      case 'fill':
        return this.#fill(to, forMs);
      case 'kill':
        return this.#kill(to, seen.pid, forMs);
      case 'freeze':
        return this.#freeze(to, seen.pid, forMs);
      default:
        return { refused: `a process cannot be told to ${did}` };
    }
  }

  #kill(id: string, pid: number | undefined, forMs: number): DrillAnswer {
    if (pid === undefined && forMs === 0) return { refused: `${id} is down` };
    const killed: DrillAnswer =
      pid === undefined ? { done: `kept ${id} down` } : signalled(pid, 'SIGKILL', id);
    if (forMs === 0) return killed;
    // By its supervisor's own table: it is not missed, and not counted as a failure.
    this.#on.processes.request({ do: 'terminate', id });
    this.#for(forMs, `kill ${id}`, () => this.#revive(id));
    return killed;
  }

  #revive(id: string): void {
    this.#on.processes.request({ do: 'restart', id }, ({ answer }) => {
      if (answer === 'unstarted') this.#on.clock.after(AGAIN_MS, () => this.#revive(id));
    });
  }

  #freeze(id: string, pid: number | undefined, forMs: number): DrillAnswer {
    if (pid === undefined) return { refused: `${id} is down` };
    const frozen = signalled(pid, 'SIGSTOP', id);
    this.#for(forMs, `freeze ${id}`, () => this.#pidOf(id) === pid && signal(pid, 'SIGCONT'));
    return frozen;
  }

  #jump(id: string, byMs: number, forMs: number): DrillAnswer {
    const file = this.#on.clockFileOf(id);
    writeFileSync(file, `${byMs}\n`);
    this.#for(forMs, `jump ${id}`, () => rmSync(file, { force: true }));
    return { done: `the clock of ${id} is off by ${byMs} ms` };
  }

  /** Again, whenever it has come back: limits die with a process. */
  #fill(id: string, forMs: number): DrillAnswer {
    let [filled, rest]: [number | undefined, Undo] = [undefined, () => undefined];
    const look = (): void => {
      const pid = this.#pidOf(id);
      if (pid !== undefined && pid !== filled) limit(pid, '0');
      filled = pid;
      rest = this.#on.clock.after(FILL_MS, look);
    };
    look();
    this.#for(forMs, `fill ${id}`, () => {
      rest();
      const pid = this.#pidOf(id);
      if (pid !== undefined && pid === filled) limit(pid, 'unlimited');
    });
    return { done: `fill ${id}`, ...(filled === undefined ? {} : { pid: filled }) };
  }

  #pidOf(id: string): number | undefined {
    return this.#on.processes.look().find((each) => each.id === id)?.pid;
  }

  #for(ms: number, what: string, undo: Undo): void {
    const over = (): void => {
      cancel();
      if (this.#undone.delete(what)) undo();
    };
    const cancel = this.#on.clock.after(ms, over);
    this.#undone.set(what, over);
  }
}

function signalled(pid: number, name: NodeJS.Signals, who: string): DrillAnswer {
  return signal(pid, name) ? { done: `${name} ${who}`, pid } : { refused: `${who} is gone` };
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    // It went by itself, a moment before.
    return false;
  }
}

/** Of files: what is written beyond fails. The hard limit stays, so that it can be taken back. Linux only. */
const limit = (pid: number, bytes: string): void =>
  void execFile('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`], () => undefined);
