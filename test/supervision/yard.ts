/**
 * A yard: a shell for the supervision machine whose children are scripted and whose time stands until
 * it is moved. It knows which incarnation really lives, so that it can tell what the machine believes
 * from what is true.
 */
import { assert } from '#lib/assert.ts';
import { crashed, KILLED, SHUTDOWN, type Reason } from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import { begin, invariants, step } from '#supervision/machine/machine.ts';
import type {
  Answer,
  Command,
  Input,
  Options,
  Report,
  Request,
  Supervision,
} from '#supervision/machine/state.ts';
import { plan, type ChildSpec, type Flags } from '#supervision/spec.ts';
import { seeded } from '#test/runtime/manual.ts';

/** What a child does with its next starts and with being asked to stop. */
export interface Manners {
  /** The next starts: `ok`, a failure, `ignore`, or silence. Then `ok` for ever. */
  starts: ('ok' | 'fail' | 'ignore' | 'hang')[];
  startMs: number;
  /** How long a stop takes; `never` needs a kill. */
  stopMs: number | 'never';
}

interface Due {
  readonly at: number;
  readonly name: string;
  readonly run: () => void;
}

export class Yard {
  now = 0;
  /** `start a 1`, `stop a 1`, `kill a 1`, `dead a 1 crashed`, ... with the time of each. */
  readonly log: { readonly at: number; readonly what: string }[] = [];
  readonly answers: Answer<string>[] = [];
  readonly reports: Report[] = [];
  readonly alive = new Map<string, number>();
  readonly manners = new Map<string, Manners>();
  readonly state: Supervision<string, string>;
  outcome: Reason | undefined;
  isReady = false;
  #due: Due[] = [];
  readonly #entropy = seeded(7);

  constructor(flags: Flags, children: readonly ChildSpec<string>[], options: Options = {}) {
    const [state, commands] = begin<string, string>(plan(flags, children), this.#at(), options);
    this.state = state;
    this.#obey(commands);
  }

  of(id: string): Manners {
    const known = this.manners.get(id) ?? { starts: [], startMs: 0, stopMs: 0 };
    this.manners.set(id, known);
    return known;
  }

  tell(input: Input<string, string>): void {
    const [, commands] = step(this.state, input, this.#at());
    invariants(this.state);
    this.#obey(commands);
  }

  ask(request: Request<string>): void {
    this.tell({ kind: 'request', request, asker: 'test' });
  }

  /** A child ends by itself. */
  exit(id: string, reason: Reason = crashed('test')): void {
    if (this.alive.has(id) && !this.#isDue(`started ${id}`)) this.#die(id, reason);
  }

  /** Lets time pass, with everything at its own moment. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (let steps = 0; ; steps++) {
      assert(steps < 100_000, 'the yard comes to rest');
      const next = this.#due.reduce<Due | undefined>(
        (first, each) => (first === undefined || each.at < first.at ? each : first),
        undefined,
      );
      if (next === undefined || next.at > until) break;
      this.#due.splice(this.#due.indexOf(next), 1);
      this.now = next.at;
      next.run();
    }
    this.now = until;
  }

  words(from = 0): string[] {
    return this.log.slice(from).map(({ what }) => what);
  }

  #at() {
    return { now: millis(this.now), entropy: this.#entropy };
  }

  #isDue(name: string): boolean {
    return this.#due.some((each) => each.name === name);
  }

  #after(ms: number, name: string, run: () => void): void {
    this.#due.push({ at: this.now + ms, name, run });
  }

  #cancel(name: string): void {
    this.#due = this.#due.filter((each) => each.name !== name);
  }

  #note(what: string): void {
    this.log.push({ at: this.now, what });
  }

  #obey(commands: readonly Command<string, string>[]): void {
    for (const command of commands) this.#one(command);
  }

  #one(command: Command<string, string>): void {
    switch (command.do) {
      case 'start':
        return this.#start(command.id, command.incarnation);
      case 'stop':
        return this.#stop(command.id, command.incarnation, command.how);
      case 'wake':
        return this.#after(command.inMs, command.timer, () =>
          this.tell({ kind: 'wake', timer: command.timer }),
        );
      case 'sleep':
        return this.#cancel(command.timer);
      case 'answer':
        return void this.answers.push(command.answer);
      case 'report':
        return void this.reports.push(command.report);
      case 'ready':
        this.isReady = true;
        return;
      case 'end':
        this.outcome = command.reason;
        return this.#note(`end ${command.reason.how}`);
      default:
    }
  }

  #start(id: string, incarnation: number): void {
    assert(!this.alive.has(id), `${id} has one life at a time`);
    this.#note(`start ${id} ${incarnation}`);
    const { starts, startMs } = this.of(id);
    const how = starts.shift() ?? 'ok';
    this.alive.set(id, incarnation);
    if (how === 'hang') return;
    this.#after(startMs, `started ${id}`, () => {
      if (how === 'ok') return this.tell({ kind: 'started', id, incarnation });
      this.alive.delete(id);
      this.#note(`dead ${id} ${incarnation} ${how}`);
      const reason = how === 'fail' ? crashed('cannot start') : undefined;
      this.tell({ kind: 'unstarted', id, incarnation, reason });
    });
  }

  #stop(id: string, incarnation: number, how: 'stop' | 'kill'): void {
    this.#note(`${how} ${id} ${incarnation}`);
    assert(this.alive.get(id) === incarnation, `${id} ${incarnation} is there to be stopped`);
    const { stopMs } = this.of(id);
    if (how === 'kill') return this.#after(0, `dead ${id}`, () => this.#die(id, KILLED));
    if (stopMs !== 'never') this.#after(stopMs, `dead ${id}`, () => this.#die(id, SHUTDOWN));
  }

  #die(id: string, reason: Reason): void {
    const incarnation = this.alive.get(id);
    if (incarnation === undefined) return;
    this.#cancel(`dead ${id}`);
    const wasStarting = this.#isDue(`started ${id}`);
    this.#cancel(`started ${id}`);
    this.alive.delete(id);
    this.#note(`dead ${id} ${incarnation} ${reason.how}`);
    this.tell({ kind: wasStarting ? 'unstarted' : 'ended', id, incarnation, reason });
  }
}
