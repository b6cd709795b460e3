/**
 * The supervisor of actors: the machine's shell in the engine. It turns signals and requests into the
 * machine's inputs, its commands into effects, and decides nothing.
 *
 *   started, unstarted, child-ended, wake, stop -->             --> supervise, stop, bury
 *   supervisor.start, supervisor.terminate, ... -->   machine   --> wake, sleep, answers
 *                                                               --> notes of what went wrong
 *
 * Children are given as factories: each start makes a new actor under the same address, so that no
 * state survives a restart, while the name and what is queued under it do. A supervisor is an actor
 * like any other: a tree is a supervisor among the children of another.
 *
 * Requests are taken from actors of the same node and from outside any actor, unless it is told
 * otherwise: who may stop a node's actors is not for other nodes to say.
 */
import { assert, unreachable } from '#lib/assert.ts';
import { EMPTY } from '#lib/bytes.ts';
import { whole, type Codec } from '#protocols/codec.ts';
import {
  bury,
  crashed,
  end,
  NOTHING,
  note,
  ready,
  reply,
  sleep,
  stop,
  supervise,
  wake,
  type Effect,
  type Moment,
  type Reason,
  type Signal,
} from '#protocols/effect.ts';
import { nameOf, nodeOf, type Address } from '#protocols/subjects.ts';
import { anyActor, type AnyActor } from '#runtime/actor.ts';
import { begin, invariants, step } from './machine/machine.ts';
import type { Command, Input, Options, Report, Request, Supervision } from './machine/state.ts';
import { messageOf, refused, requestOf, type Asker } from './requests.ts';
import { plan, specOf, UnfitSpec, type ChildSpec, type Flags, type Plan } from './spec.ts';
import {
  ANSWERS,
  REQUESTS,
  type SupervisorAnswer,
  type SupervisorRequest,
} from './supervisor.messages.ts';

/** Makes a child. What it throws is that child's failure to start. */
export type Make = (id: string, argument: Uint8Array) => AnyActor;

/** How children are made that are added while the supervisor runs. */
export type Template = Omit<ChildSpec<Make>, 'id'>;

export interface SupervisorOptions extends Options {
  readonly address: Address;
  readonly flags?: Flags;
  readonly children?: readonly ChildSpec<Make>[];
  /** By name. A dynamic supervisor has exactly one, and no children. */
  readonly templates?: Readonly<Record<string, Template>>;
  /** Who may administrate; by default its own node and whoever is outside any actor. */
  readonly admits?: (from: Address | undefined) => boolean;
}

/** What a child is made from: the same again at each restart. */
interface Recipe {
  readonly make: Make;
  readonly argument: Uint8Array;
}

interface State {
  readonly machine: Supervision<Recipe, Asker>;
  readonly addresses: Map<string, Address>;
  readonly ids: Map<Address, string>;
  /** Whose name the engine keeps: who has run, and has not been released. */
  readonly named: Set<string>;
}

type Commands = readonly Command<Recipe, Asker>[];
type Effects = Effect<SupervisorAnswer>[];

/** Reads a template's argument before a child is made of it. */
export const making =
  <T>(argument: Codec<T>, make: (id: string, argument: T) => AnyActor): Make =>
  (id, from) =>
    make(id, whole(argument, from));

/** A supervisor, to be spawned or to be another one's child. Throws `UnfitSpec`. */
export function supervisor(options: SupervisorOptions): AnyActor {
  const checked = checkedPlan(options);
  return anyActor<State, SupervisorRequest, SupervisorAnswer>({
    address: options.address,
    listens: REQUESTS,
    speaks: ANSWERS,
    startsLater: true,
    lingers: true,
    start: (at) => {
      const [machine, commands] = begin<Recipe, Asker>(checked, at, options);
      const state: State = { machine, addresses: new Map(), ids: new Map(), named: new Set() };
      return [state, carryOut(state, commands, at, options)];
    },
    receive: (state, input, at) => {
      const told = isRequest(input) ? asked(input, at, options) : heard(state, input);
      if (told === undefined) return [state, NOTHING];
      if (told.kind === 'supervisor.refused') return [state, reply(at, told)];
      const [, commands] = step(state.machine, told, at);
      return [state, carryOut(state, commands, at, options)];
    },
    invariants: ({ machine }) => invariants(machine),
  });
}

/** The machine of a running supervisor, for tools and checkers: look, do not touch. */
export const machineOf = (state: unknown): Supervision<unknown, unknown> =>
  (state as { readonly machine: Supervision<unknown, unknown> }).machine;

/** Templates are checked as well: their first use is no time to learn that they are unfit. */
function checkedPlan({
  flags = {},
  children = [],
  templates = {},
}: SupervisorOptions): Plan<Recipe> {
  const added = Object.entries(templates).map(([id, template]) => withRecipe({ ...template, id }));
  const fixed = children.map((child) => withRecipe(child));
  if (flags.strategy === 'simple_one_for_one') return plan(flags, [...fixed, ...added]);
  const checked = plan(flags, fixed);
  for (const each of added) {
    const spec = specOf(each, checked.rules);
    if (!spec.ok) throw new UnfitSpec(spec.error);
  }
  return checked;
}

const withRecipe = (child: ChildSpec<Make>, argument = EMPTY): ChildSpec<Recipe> => ({
  ...child,
  // A missing factory is for the plan to refuse.
  start: child.start === undefined ? (undefined as never) : { make: child.start, argument },
});

const isRequest = (input: SupervisorRequest | Signal): input is SupervisorRequest =>
  REQUESTS.has(input.kind);

type Told = Input<Recipe, Asker> | Extract<SupervisorAnswer, { kind: 'supervisor.refused' }>;

function asked(
  message: SupervisorRequest,
  { from, ticket }: Moment,
  { address, admits = isOfNode(address), flags, templates = {} }: SupervisorOptions,
): Told {
  if (!admits(from)) return refused('not_allowed');
  const request = requestOf<Recipe>(message, ({ id, template, argument }) => {
    const known = Object.hasOwn(templates, template) ? templates[template] : undefined;
    if (known === undefined) return undefined;
    return startOf(withRecipe({ ...known, id }, argument), flags);
  });
  if (request === undefined) return refused('no_template');
  const skip = message.kind === 'supervisor.list' ? message.skip : 0;
  return { kind: 'request', request, asker: { from, ticket, skip } };
}

const isOfNode =
  (own: Address) =>
  (from: Address | undefined): boolean =>
    from === undefined || nodeOf(from) === nodeOf(own);

const startOf = (child: ChildSpec<Recipe>, flags: Flags | undefined): Request<Recipe> =>
  flags?.strategy === 'simple_one_for_one'
    ? { do: 'start-dynamic', id: child.id, start: child.start }
    : { do: 'start', child };

/** What a signal says to the machine; of a child it never had, nothing. */
function heard(state: State, signal: Signal): Input<Recipe, Asker> | undefined {
  switch (signal.kind) {
    case 'stop':
      return signal;
    case 'wake':
      return { kind: 'wake', timer: signal.id };
    case 'started':
    case 'unstarted':
    case 'child-ended': {
      const id = state.ids.get(signal.who);
      if (id === undefined) return undefined;
      const { incarnation } = signal;
      if (signal.kind === 'started') {
        state.named.add(id);
        return { kind: 'started', id, incarnation };
      }
      if (signal.kind === 'unstarted')
        return { kind: 'unstarted', id, incarnation, reason: signal.reason };
      return { kind: 'ended', id, incarnation, reason: signal.reason };
    }
    default:
      return undefined;
  }
}

/** Effects of commands. A child that could not even be made is news for the machine at once. */
function carryOut(
  state: State,
  commands: Commands,
  at: Moment,
  options: SupervisorOptions,
): Effects {
  const effects: Effects = [];
  const pending = [...commands];
  for (const command of pending) {
    if (command.do !== 'start') {
      effects.push(...effectsOf(state, command, options));
      continue;
    }
    const { id, incarnation } = command;
    const child = childOf(state, id, command.start);
    if ('address' in child) effects.push(supervise(child, incarnation));
    else
      pending.push(...step(state.machine, { kind: 'unstarted', id, incarnation, ...child }, at)[1]);
  }
  return effects;
}

/**
 * Runs the factory. It is the first of a child's own code to run, so what it throws ends the child,
 * not its supervisor: the same bargain as the engine's with `start`.
 */
function childOf(
  state: State,
  id: string,
  { make, argument }: Recipe,
): AnyActor | { readonly reason: Reason } {
  try {
    const child = make(id, argument);
    const { address } = child;
    assert((state.addresses.get(id) ?? address) === address, 'a child keeps its address');
    assert((state.ids.get(address) ?? id) === id, "an address is one child's");
    state.addresses.set(id, address);
    state.ids.set(address, id);
    return child;
  } catch (error) {
    return { reason: crashed(error instanceof Error ? error.message : String(error)) };
  }
}

function effectsOf(
  state: State,
  command: Exclude<Command<Recipe, Asker>, { do: 'start' }>,
  { address }: SupervisorOptions,
): Effects {
  switch (command.do) {
    case 'stop':
      return [stop(state.addresses.get(command.id)!, command.how)];
    case 'release':
      return released(state, command.id, command.forgotten);
    case 'wake':
      return [wake(command.timer, command.inMs)];
    case 'sleep':
      return [sleep(command.timer)];
    case 'answer': {
      const { asker, answer } = command;
      return [...reply(asker, messageOf(answer, asker.skip))];
    }
    case 'report':
      return [noted(address, command.report)];
    case 'ready':
      return [ready];
    case 'end':
      return [end(command.reason)];
    default:
      return unreachable(command);
  }
}

/** Its watchers may hear of its end now. Who never ran has no name to bury: it may be another's. */
function released(state: State, id: string, forgotten: boolean): Effects {
  const address = state.addresses.get(id);
  if (address === undefined) return [];
  if (forgotten) {
    state.addresses.delete(id);
    state.ids.delete(address);
  }
  return state.named.delete(id) ? [bury(address)] : [];
}

/** Public, so without the details of a reason: those are for the observer of this process. */
const noted = (address: Address, { what, id, incarnation, reason }: Report): Effect<never> =>
  note(`supervision.${nameOf(address)}.${what}`, { id, incarnation, how: reason.how });
