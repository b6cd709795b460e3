/**
 * The supervisor of processes: the machine's other shell. `city-chain up` keeps node processes alive
 * with it, by the same table, order, intensity and back-off as actors are kept alive with.
 *
 *   started, failed, ended -->             --> start, stop (asked, or at once)
 *   timers of the clock ----->   machine   --> timers
 *   stop, requests ---------->             --> answers, reports, what is seen of each process
 *
 * Nothing of it waits: every call returns at once, and what follows from it is heard of. A call made
 * from inside such a hearing has its turn after what is being said.
 */
import { assert } from '#lib/assert.ts';
import type { Entropy, Reason } from '#protocols/effect.ts';
import type { Incarnation } from '#protocols/ids.ts';
import type { Clock, ProcessCommand, ProcessPort } from '#runtime/ports.ts';
import { listed } from './machine/administration.ts';
import { begin, step } from './machine/machine.ts';
import type {
  Answer,
  At,
  Command,
  Input,
  Listed,
  Options,
  Report,
  Request,
  Supervision,
} from './machine/state.ts';
import { plan, type ChildSpec, type Flags, type Plan } from './spec.ts';

export interface ProcessesOptions extends Options {
  readonly flags?: Flags;
  readonly children: readonly ChildSpec<ProcessCommand>[];
}

export interface ProcessesPorts {
  readonly processes: ProcessPort;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** What may be heard of the processes. */
export interface ProcessesObserver {
  /** All of them are up. */
  readonly ready?: () => void;
  /** All of them are gone: asked to stop (`shutdown`), or given up. */
  readonly ended?: (reason: Reason) => void;
  readonly report?: (report: Report) => void;
  readonly started?: (id: string, incarnation: Incarnation, pid: number) => void;
  /** It did not come up; the exit code, where it ended by itself with one. */
  readonly failed?: (id: string, exitCode: number | undefined) => void;
  /** One that was up is gone. */
  readonly gone?: (id: string) => void;
  readonly line?: (id: string, stream: 'out' | 'err', text: string) => void;
}

/** A child as it is now. */
export interface ProcessSight extends Listed {
  readonly pid: number | undefined;
}

type Hear = (answer: Answer<ProcessCommand>) => void;

interface Life {
  readonly incarnation: Incarnation;
  stop: (how: 'stop' | 'kill') => void;
  pid: number | undefined;
}

export class Processes {
  readonly #ports: ProcessesPorts;
  readonly #observer: ProcessesObserver;
  readonly #options: ProcessesOptions;
  readonly #plan: Plan<ProcessCommand>;
  #machine: Supervision<ProcessCommand, Hear> | undefined;
  readonly #lives = new Map<string, Life>();
  readonly #timers = new Map<string, () => void>();
  readonly #inputs: Input<ProcessCommand, Hear>[] = [];
  #isBusy = false;

  /** Throws `UnfitSpec`. Nothing is started yet. */
  constructor(options: ProcessesOptions, ports: ProcessesPorts, observer: ProcessesObserver = {}) {
    this.#plan = plan(options.flags ?? {}, options.children);
    this.#options = options;
    this.#ports = ports;
    this.#observer = observer;
  }

  /** Starts the children, in order; `ready` or `ended` is heard. */
  start(): void {
    assert(this.#machine === undefined, 'processes are started once');
    const [machine, commands] = begin<ProcessCommand, Hear>(this.#plan, this.#at(), this.#options);
    this.#machine = machine;
    this.#isBusy = true;
    for (const command of commands) this.#obey(command);
    this.#isBusy = false;
    this.#work();
  }

  /** Stops all of them, in reverse; `ended` is heard when the last is gone. */
  stop(): void {
    this.#tell({ kind: 'stop' });
  }

  request(request: Request<ProcessCommand>, hear: Hear = () => undefined): void {
    this.#tell({ kind: 'request', request, asker: hear });
  }

  look(): readonly ProcessSight[] {
    if (this.#machine === undefined) return [];
    return listed(this.#machine).map(({ id, state, incarnation, type }) => {
      const pid = this.#lives.get(id)?.pid;
      return { id, state, incarnation, type, pid };
    });
  }

  #at(): At {
    const { clock, entropy } = this.#ports;
    return { now: clock.now(), entropy };
  }

  #tell(input: Input<ProcessCommand, Hear>): void {
    this.#inputs.push(input);
    this.#work();
  }

  #work(): void {
    if (this.#isBusy || this.#machine === undefined) return;
    this.#isBusy = true;
    for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
      const [, commands] = step(this.#machine, input, this.#at());
      for (const command of commands) this.#obey(command);
    }
    this.#isBusy = false;
  }

  #obey(command: Command<ProcessCommand, Hear>): void {
    switch (command.do) {
      case 'start':
        return this.#start(command.id, command.incarnation, command.start);
      case 'stop':
        return this.#lives.get(command.id)?.stop(command.how);
      case 'wake':
        return this.#wake(command.timer, command.inMs);
      case 'sleep':
        return this.#sleep(command.timer);
      case 'answer':
        return command.asker(command.answer);
      case 'report':
        return this.#observer.report?.(command.report);
      case 'ready':
        return this.#observer.ready?.();
      case 'end':
        return this.#observer.ended?.(command.reason);
      default: // `release`: nobody waits for a process by its name.
    }
  }

  #start(id: string, incarnation: Incarnation, command: ProcessCommand): void {
    const life: Life = { incarnation, pid: undefined, stop: () => undefined };
    const forget = (): void => {
      if (this.#lives.get(id) === life) this.#lives.delete(id);
    };
    this.#lives.set(id, life);
    life.stop = this.#ports.processes.start(command, {
      started: (pid) => {
        life.pid = pid;
        this.#observer.started?.(id, incarnation, pid);
        this.#tell({ kind: 'started', id, incarnation });
      },
      failed: (reason, exitCode) => {
        forget();
        this.#observer.failed?.(id, exitCode);
        this.#tell({ kind: 'unstarted', id, incarnation, reason });
      },
      ended: (reason) => {
        forget();
        this.#observer.gone?.(id);
        this.#tell({ kind: 'ended', id, incarnation, reason });
      },
      line: (stream, text) => this.#observer.line?.(id, stream, text),
    });
  }

  #wake(timer: string, inMs: number): void {
    const then = (): void => {
      this.#timers.delete(timer);
      this.#tell({ kind: 'wake', timer });
    };
    this.#timers.set(timer, this.#ports.clock.after(inMs, then));
  }

  #sleep(timer: string): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }
}
