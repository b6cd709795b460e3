/**
 * The driver: has the ring turned, time and again, one turn after another.
 *
 *   idle --(after a while)--> beginning --kept--> asking --(outcome)--> ending --kept--> idle
 *                                                  ^  |                 (notes the outcome)
 *                                                  '--'  again, until there is one
 *
 * It keeps which turn it asks for before it asks, and that it has heard the outcome before it goes on:
 * a driver that starts again asks again for the same turn, and the turner answers as before.
 */
import { assert } from '#lib/assert.ts';
import { NO_PROBE, type Probe } from '#lib/probe.ts';
import { toBytes, whole } from '../codec.ts';
import {
  ask,
  keep,
  NOTHING,
  note,
  put,
  wake,
  type Effect,
  type Moment,
  type Signal,
  type Step,
} from '../effect.ts';
import { TurnRing, type DriverHears, type DriverSays } from '../ring.messages.ts';
import { DRIVE, Drive, type Ring } from '../ring.ts';
import type { Address } from '../subjects.ts';

const ASK_MS = 2_000;
const AGAIN_MS = 300;

export interface Course {
  readonly ring: Ring;
  readonly turner: Address;
  /** Between two turns: drawn up to this. */
  readonly pauseMsMax: number;
  /** What facts are noted under: `<topic>.<turn>`. */
  readonly topic: string;
}

export interface Driving {
  readonly course: Course;
  readonly drive: Drive;
  readonly phase: 'idle' | 'beginning' | 'asking' | 'ending';
  /** It begins no more turns. */
  readonly rests: boolean;
}

type Did = Step<Driving, DriverSays>;

export function begin(course: Course, kept: ReadonlyMap<string, Uint8Array>, at: Moment): Did {
  const bytes = kept.get(DRIVE);
  const drive = bytes === undefined ? { turn: 0, start: 0, isOpen: false } : whole(Drive, bytes);
  if (!drive.isOpen) return pause({ course, drive, phase: 'idle', rests: false }, at);
  return [{ course, drive, phase: 'asking', rests: false }, [request(course, drive)]];
}

export function step(
  state: Driving,
  input: DriverHears | Signal,
  at: Moment,
  probe: Probe = NO_PROBE,
): Did {
  const { course, drive, phase } = state;
  switch (input.kind) {
    case 'wake':
      if (phase === 'idle') return state.rests ? [state, NOTHING] : next(state, at);
      return [state, phase === 'asking' ? [request(course, drive)] : NOTHING];
    case 'kept':
      if (phase === 'ending') return pause(state, at);
      return [{ ...state, phase: 'asking' }, [request(course, drive)]];
    case 'answered':
      return onOutcome(state, input.message as DriverHears);
    case 'ring.rest':
      return [{ ...state, rests: true }, NOTHING];
    case 'unanswered':
      probe.sometimes(`ring: a driver was not answered: ${input.why}`);
      return [state, [wake('again', AGAIN_MS)]];
    default:
      return [state, NOTHING];
  }
}

export function invariants({ drive, phase }: Driving): void {
  assert(
    drive.isOpen === (phase === 'beginning' || phase === 'asking'),
    'an open turn is asked for',
  );
}

function pause(state: Driving, { entropy }: Moment): Did {
  const inMs = 1 + entropy.below(state.course.pauseMsMax);
  return [{ ...state, phase: 'idle' }, [wake('next', inMs)]];
}

function next(state: Driving, { entropy }: Moment): Did {
  const { course, drive } = state;
  const start = entropy.below(course.ring.slots);
  return kept({
    ...state,
    drive: { turn: drive.turn + 1, start, isOpen: true },
    phase: 'beginning',
  });
}

function onOutcome(state: Driving, message: DriverHears): Did {
  const { course, drive, phase } = state;
  if (phase !== 'asking' || message.kind === 'ring.rest') return [state, NOTHING];
  if (message.turn !== drive.turn) return [state, NOTHING];
  const outcome = message.kind === 'ring.turned' ? 'turned' : 'refused';
  const fact = note(`${course.topic}.${drive.turn}`, { outcome });
  return kept({ ...state, drive: { ...drive, isOpen: false }, phase: 'ending' }, fact);
}

const kept = (state: Driving, ...more: readonly Effect<never>[]): Did => [
  state,
  [...more, keep('drive', put(DRIVE, toBytes(Drive, state.drive)))],
];

const request = ({ turner }: Course, { turn, start }: Drive): Effect<DriverSays> =>
  ask('turn', turner, TurnRing.of({ turn, start }), ASK_MS);
