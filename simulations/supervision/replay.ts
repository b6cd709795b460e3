/**
 * Replays a scenario of supervision on the real engine, with the real supervisor, under virtual time.
 * The same scenario has the same outcome, always.
 *
 * After each step everything comes to rest before its events are taken: whatever is due now happens,
 * and as long as a supervisor is busy stopping or starting somebody, time goes on. Waiting for a
 * back-off is not being busy; `sleep` waits for that.
 */
import { unreachable } from '#lib/assert.ts';
import { EMPTY } from '#lib/bytes.ts';
import type { Entropy, Json, Signal } from '#protocols/effect.ts';
import { address, nodeAddress, place, type Address } from '#protocols/subjects.ts';
import { System } from '#runtime/system.ts';
import { listed } from '#supervision/machine/administration.ts';
import type { Listed } from '#supervision/machine/state.ts';
import {
  rulesOf,
  specOf,
  UnfitSpec,
  type ChildSpec,
  type Flags as OurFlags,
} from '#supervision/spec.ts';
import {
  Count,
  Delete,
  Describe,
  List,
  Restart,
  Start,
  Terminate,
  type SupervisorAnswer,
  type SupervisorRequest,
} from '#supervision/supervisor.messages.ts';
import { machineOf, supervisor, type Make, type Template } from '#supervision/supervisor.ts';
import { VirtualTime } from '../virtual-time.ts';
import { reasonOf, resultOf, startErrorOf, startReasonOf, unfitOf } from './otp-words.ts';
import type { Act, Administration, Element, Flags, Scenario, Step } from './scenario.ts';
import { Book, Exit, worker, type Event } from './worker.ts';

export interface Outcome {
  readonly name: string;
  /** What `start_link` answers, where that is an error. */
  readonly start?: Json;
  readonly start_events: readonly Event[];
  readonly steps: readonly Played[];
  readonly final: { readonly sup: Json; readonly children: Json };
}

interface Played {
  readonly op: Json;
  readonly result: Json;
  readonly events: readonly Event[];
}

export interface ReplayOptions {
  /** Behave as OTP does where ours differs on purpose. */
  readonly otp?: boolean;
}

const NODE = nodeAddress(place('test.test.test'), 'n1');
const ROOT = address(NODE, 'root');
/** The longest that one stop or start may take before a scenario is taken to hang. */
const HANG_MS = 3_600_000;

export function replay(scenario: Scenario, options: ReplayOptions = {}): Outcome {
  const stage = new Stage(scenario, options.otp ?? false);
  const refused = stage.open();
  const start_events = stage.book.take();
  const { name } = scenario;
  const final = { sup: 'not_started', children: [] };
  if (refused !== undefined) return { name, start: refused, start_events, steps: [], final };
  const steps = scenario.steps.map((step) => stage.play(step));
  return { name, start_events, steps, final: stage.final() };
}

class Stage {
  readonly book = new Book((number) => address(NODE, 'child', number));
  readonly #time = new VirtualTime();
  readonly #scenario: Scenario;
  readonly #otp: boolean;
  readonly #system: System;
  readonly #supervisors = new Set<Address>([ROOT]);
  /** What a running supervisor calls the children that steps add. */
  readonly #templateNames = new Map<Element, string>();
  /** Who has been told to end, and has not had the turn for it. */
  readonly #dying = new Set<string>();
  /** What was said of the root, last. */
  #heard: Signal | undefined;

  constructor(scenario: Scenario, otp: boolean) {
    this.#scenario = scenario;
    this.#otp = otp;
    const { clock, scheduler } = this.#time;
    const observer = {
      spawned: (who: Address) => this.#spawned(who),
      ended: (who: Address, _: number, how: string) => this.#ended(who, how),
    };
    const ports = { clock, scheduler, entropy: noChance, observer };
    this.#system = new System(ports, { encodesLocal: true, checksInvariants: true });
    for (const act of scenario.setup) this.#submit(act);
  }

  /** Starts the tree. What comes back is why there is none. */
  open(): Json | undefined {
    try {
      const root = this.#supervisor(ROOT, this.#scenario, this.#templates());
      this.#system.spawn(root, (signal) => {
        this.#heard = signal;
      });
    } catch (error) {
      if (error instanceof UnfitSpec) return startErrorOf(error);
      throw error;
    }
    this.#settle();
    const heard = this.#heard;
    return heard?.kind === 'unstarted' && heard.reason !== undefined
      ? ['error', startReasonOf(heard.reason)]
      : undefined;
  }

  play({ op, act }: Step): Played {
    const result = this.#submit(act);
    this.#settle();
    return { op, result: result(), events: this.book.take() };
  }

  final(): Outcome['final'] {
    const state = this.#system.stateOf(ROOT);
    if (state !== undefined) {
      const children = this.#listed(listed(machineOf(state)));
      return { sup: 'alive', children };
    }
    const reason = this.#heard?.kind === 'child-ended' ? reasonOf(this.#heard.reason) : 'noproc';
    return { sup: ['exited', reason], children: [] };
  }

  // --- steps ---------------------------------------------------------------------------------------

  /** Does what a step says, and returns how to read its result once everything is at rest. */
  #submit(act: Act): () => Json {
    switch (act.do) {
      case 'exit':
        return this.#exit(act.id, act.reason);
      case 'exit_many':
        for (const id of act.ids) this.#exit(id, act.reason);
        return ok;
      case 'kill':
        return this.#kill(act.id);
      case 'fail':
        this.book.page(act.id).failing = act.times;
        return ok;
      case 'ignore':
        this.book.page(act.id).ignoring = act.times;
        return ok;
      case 'ignore_shutdown':
        this.book.page(act.id).stubborn = true;
        return ok;
      case 'slow':
        this.book.page(act.id).slowMs = act.ms;
        return ok;
      case 'sleep':
        this.#time.pass(act.ms);
        return ok;
      case 'send_sup':
        this.#system.send(ROOT, Exit.of({ reason: '"x"' }));
        return ok;
      case 'stop':
        this.#system.stop(ROOT);
        return ok;
      case 'which':
        return this.#ask(List.of({ skip: 0 }));
      case 'count':
        return this.#ask(Count.of({}));
      case 'start_child':
        return this.#startChild(act.child);
      case 'burst': {
        const results = act.acts.map((each) => this.#submit(each));
        return () => results.map((result) => result());
      }
      default:
        return this.#administrate(act.do, act.id);
    }
  }

  #exit(id: string, reason: Json): () => Json {
    if (!this.#isAlive(id)) return () => 'not_running';
    this.#dying.add(id);
    this.#system.send(this.book.page(id).address, Exit.of({ reason: JSON.stringify(reason) }));
    return ok;
  }

  #kill(id: string): () => Json {
    if (!this.#isAlive(id)) return () => 'not_running';
    this.#dying.add(id);
    this.#system.stop(this.book.page(id).address, 'kill');
    return ok;
  }

  #startChild(child: Element): () => Json {
    if (this.#isDynamic) return () => ['error', 'simple_one_for_one'];
    const rules = rulesOf(ourFlags(this.#scenario.flags));
    const unfit = rules.ok ? specOf(this.#spec(child), rules.value) : rules;
    if (!unfit.ok) return () => ['error', unfitOf(unfit.error)];
    return this.#ask(
      Start.of({ id: child.id, template: this.#templateNames.get(child)!, argument: EMPTY }),
      child.id,
    );
  }

  #administrate(verb: Administration, id: string): () => Json {
    switch (verb) {
      case 'terminate_child':
        // The names of dynamic children are references to us, not ids as OTP has them.
        if (this.#isDynamic) return () => ['error', 'simple_one_for_one'];
        return this.#ask(Terminate.of({ id }));
      case 'dyn_terminate': {
        const result = this.#ask(Terminate.of({ id }));
        return () => this.#terminated(id, result());
      }
      case 'restart_child':
        return this.#ask(Restart.of({ id }));
      case 'delete_child':
        return this.#ask(Delete.of({ id }));
      case 'get_childspec':
        if (this.#isDynamic && id !== this.#scenario.children[0]!.id)
          return () => ['error', 'not_found'];
        return this.#ask(Describe.of({ id }));
      case 'dyn': {
        const [template] = this.#scenario.children;
        if (!this.#isDynamic || template === undefined)
          return () => ['error', ['invalid_child_spec', [id]]];
        return this.#ask(Start.of({ id, template: template.id, argument: EMPTY }), id);
      }
      default:
        return unreachable(verb);
    }
  }

  /** OTP finds that a process which it does not know is dead, and is content. */
  #terminated(id: string, result: Json): Json {
    const isUnknown = JSON.stringify(result) === '["error","not_found"]';
    return isUnknown && this.#otp && this.book.page(id).lives > 0 ? 'ok' : result;
  }

  #ask(request: SupervisorRequest, id = ''): () => Json {
    let result: Json = 'timeout';
    this.#system.ask(ROOT, request, 2 * HANG_MS, (outcome) => {
      result =
        outcome.kind === 'unanswered'
          ? 'noproc'
          : this.#resultOf(outcome.message as SupervisorAnswer, id);
    });
    return () => result;
  }

  #resultOf(message: SupervisorAnswer, id: string): Json {
    return message.kind === 'supervisor.children'
      ? this.#listed(message.children)
      : resultOf(message, id, (each) => this.#running(each));
  }

  /** OTP lists the children of a dynamic supervisor without an id. */
  #listed(children: readonly Listed[]): Json {
    const shown = ({ id, state }: Listed): Json =>
      state === 'idle' ? 'undefined' : state === 'restarting' ? state : this.#running(id);
    if (!this.#isDynamic) return children.map((child) => [child.id, shown(child)]);
    return children.map((child) => ['undefined', shown(child)]);
  }

  // --- the tree --------------------------------------------------------------------------------------

  get #isDynamic(): boolean {
    return this.#scenario.flags.strategy === 'simple_one_for_one';
  }

  #supervisor(
    at: Address,
    { flags = {}, children = [] }: Pick<Element, 'flags' | 'children'>,
    templates: Readonly<Record<string, Template>> = {},
  ): ReturnType<typeof supervisor> {
    this.#supervisors.add(at);
    const isDynamic = flags.strategy === 'simple_one_for_one';
    const specs = children.map((child) => this.#spec(child));
    return supervisor({
      address: at,
      flags: ourFlags(flags),
      children: isDynamic ? specs.slice(1) : specs,
      templates: isDynamic
        ? Object.fromEntries(specs.slice(0, 1).map((spec) => [spec.id, spec]))
        : templates,
      otp: this.#otp,
    });
  }

  #spec(element: Element): ChildSpec<Make> {
    const { id, children } = element;
    const isSupervisor = children !== undefined;
    const start: Make = isSupervisor
      ? () => this.#supervisor(this.book.page(id).address, element)
      : (name) => worker(this.book, name);
    const said = FIELDS.filter((field) => field in element).map((field) => [field, element[field]]);
    // Whether these are fit is the supervisor's to say.
    const spec = { ...(isSupervisor ? { type: 'supervisor' } : {}), ...Object.fromEntries(said) };
    return { ...spec, id, start } as ChildSpec<Make>;
  }

  /** One for each child that a step may add: a running supervisor is only given names. */
  #templates(): Record<string, Template> {
    const rules = rulesOf(ourFlags(this.#scenario.flags));
    if (!rules.ok) return {};
    const added = this.#scenario.steps.flatMap(({ act }) => childrenIn(act));
    const templates: Record<string, Template> = {};
    for (const child of added) {
      const name = `added-${this.#templateNames.size}`;
      this.#templateNames.set(child, name);
      if (specOf(this.#spec(child), rules.value).ok) templates[name] = this.#spec(child);
    }
    return templates;
  }

  #running(id: string): Json {
    return ['running', id, this.book.page(id).lives];
  }

  #isAlive(id: string): boolean {
    return !this.#dying.has(id) && this.#system.stateOf(this.book.page(id).address) !== undefined;
  }

  #spawned(who: Address): void {
    const page = this.book.pageOf(who);
    if (page !== undefined && this.#supervisors.has(who)) page.lives++;
  }

  #ended(who: Address, how: string): void {
    const page = this.book.pageOf(who);
    if (page === undefined || this.#supervisors.has(who) || how !== 'killed') return;
    this.book.write('killed', page.id, page.lives);
  }

  #settle(): void {
    this.#dying.clear();
    this.#time.pass(0);
    while (this.#isBusy() && this.#time.leap(HANG_MS)) this.#time.pass(0);
  }

  #isBusy(): boolean {
    for (const who of this.#supervisors) {
      const state = this.#system.stateOf(who);
      if (state !== undefined && machineOf(state).activity !== undefined) return true;
    }
    return false;
  }
}

const FIELDS = ['restart', 'shutdown', 'type', 'significant', 'backoff'] as const;

const ok = (): Json => 'ok';

/** Nothing here is left to chance. */
const noChance: Entropy = { below: () => 0, bytes: (count) => new Uint8Array(count) };

const childrenIn = (act: Act): readonly Element[] => {
  if (act.do === 'start_child') return [act.child];
  return act.do === 'burst' ? act.acts.flatMap(childrenIn) : [];
};

/** Whether they are fit is the supervisor's to say. */
function ourFlags({ period, auto_shutdown, ...flags }: Flags): OurFlags {
  return {
    ...flags,
    ...(period === undefined
      ? {}
      : { periodMs: typeof period === 'number' ? period * 1_000 : period }),
    ...(auto_shutdown === undefined ? {} : { autoShutdown: auto_shutdown }),
  } as OurFlags;
}
