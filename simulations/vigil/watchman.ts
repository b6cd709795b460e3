/**
 * A watchman looks at lamps of all nodes: begins to watch one, stops, stops and begins within one step, and
 * notes each beginning and each end that it is told. Now and then it asks any clerk of some city.
 *
 * Broken by an engine that tells an end to whom it is nothing, or an outcome twice.
 */
import { assert } from '#lib/assert.ts';
import type { Probe } from '#lib/probe.ts';
import type { Infer } from '#protocols/codec.ts';
import {
  ask,
  note,
  NOTHING,
  unwatch,
  wake,
  watch,
  type Effect,
  type Moment,
  type Signal,
  type Step,
} from '#protocols/effect.ts';
import {
  anyOf,
  nodeToken,
  type Address,
  type NodeAddress,
  type Place,
} from '#protocols/subjects.ts';
import { anyActor, type AnyActor } from '#runtime/actor.ts';
import { CLERK, Question, WATCHMAN_HEARS, WATCHMAN_SAYS, watchmanOf } from './words.ts';

type Heard = Infer<typeof WATCHMAN_HEARS> | Signal;
type Says = Infer<typeof WATCHMAN_SAYS>;

export interface Round {
  readonly node: NodeAddress;
  readonly lamps: readonly Address[];
  readonly cities: readonly Place[];
  readonly pauseMsMax: number;
  readonly withinMs: number;
  readonly probe: Probe;
}

export interface Watching {
  /** Lamps that it waits for. */
  readonly watched: ReadonlySet<Address>;
  /** Questions under way, by number. */
  readonly asked: ReadonlySet<number>;
  readonly questions: number;
  readonly rests: boolean;
}

const IDLE: Watching = { watched: new Set(), asked: new Set(), questions: 0, rests: false };

export const watchman = (round: Round): AnyActor =>
  anyActor<Watching, Infer<typeof WATCHMAN_HEARS>, Says>({
    address: watchmanOf(round.node),
    listens: WATCHMAN_HEARS,
    speaks: WATCHMAN_SAYS,
    start: () => [IDLE, [wake('on', 1)]],
    receive: (state, input, at) => step(round, state, input, at),
  });

function step(round: Round, state: Watching, input: Heard, at: Moment): Step<Watching, Says> {
  switch (input.kind) {
    case 'vigil.rest':
      return [{ ...state, rests: true }, NOTHING];
    case 'wake':
      return state.rests ? [state, NOTHING] : walk(round, state, at);
    case 'ended':
      return hearEnd(round, state, input.who);
    case 'answered':
    case 'unanswered':
      return hearOutcome(round, state, input);
    default:
      return [state, NOTHING];
  }
}

/** One deed, and on. */
function walk(round: Round, state: Watching, { entropy }: Moment): Step<Watching, Says> {
  const on = wake('on', 1 + entropy.below(round.pauseMsMax));
  const [next, effects] =
    entropy.below(4) === 0
      ? question(round, state, round.cities[entropy.below(round.cities.length)]!)
      : turn(round, state, round.lamps[entropy.below(round.lamps.length)]!, entropy.below(3));
  return [next, [...effects, on]];
}

/** Begins to watch a lamp, or stops; or stops and begins. */
function turn(round: Round, state: Watching, lamp: Address, how: number): Step<Watching, Says> {
  const begins: readonly Effect<Says>[] = [watch(lamp), noted(round, 'watches', lamp)];
  const watched = new Set(state.watched);
  if (!watched.has(lamp)) return [{ ...state, watched: watched.add(lamp) }, begins];
  if (how > 0) return [state, [unwatch(lamp), ...begins]];
  watched.delete(lamp);
  return [{ ...state, watched }, [unwatch(lamp)]];
}

function question(round: Round, state: Watching, city: Place): Step<Watching, Says> {
  const n = state.questions + 1;
  const asks = ask(String(n), anyOf(city, CLERK), Question.of({ n }), round.withinMs);
  return [{ ...state, questions: n, asked: new Set(state.asked).add(n) }, [asks]];
}

function hearEnd(round: Round, state: Watching, lamp: Address): Step<Watching, Says> {
  const watched = new Set(state.watched);
  assert(watched.delete(lamp), 'an end is told to whom it was promised, once');
  return [{ ...state, watched }, [noted(round, 'told', lamp)]];
}

function hearOutcome(
  { probe }: Round,
  state: Watching,
  input: Extract<Signal, { kind: 'answered' | 'unanswered' }>,
): Step<Watching, Says> {
  const asked = new Set(state.asked);
  const n = Number(input.id);
  assert(asked.delete(n), 'an ask has one outcome');
  if (input.kind === 'unanswered') probe.sometimes(`vigil: nobody answered: ${input.why}`);
  else {
    const answer = input.message as Infer<typeof WATCHMAN_HEARS>;
    assert('n' in answer && answer.n === n + 1, 'an answer is to what was asked');
    probe.sometimes('vigil: somebody answered');
  }
  return [{ ...state, asked }, NOTHING];
}

const noted = ({ node }: Round, what: 'watches' | 'told', lamp: Address): Effect<never> =>
  note(`vigil.${nodeToken(node)}`, { what, by: watchmanOf(node), lamp });
