/**
 * Scenarios of supervision as data: what a line of JSON may say. The format is described in
 * ../supervision-replay.ts. Reading checks the shape only; whether flags and specifications are fit is
 * for the supervisor to judge, and part of what is replayed.
 */
import type { Json } from '#protocols/effect.ts';

export interface Element {
  readonly id: string;
  readonly restart?: Json;
  readonly shutdown?: Json;
  readonly type?: Json;
  readonly significant?: Json;
  /** Ours: OTP has no back-off. */
  readonly backoff?: Json;
  /** Present for a supervisor of a tree. */
  readonly flags?: Flags;
  readonly children?: readonly Element[];
}

export interface Flags {
  readonly strategy?: Json;
  readonly intensity?: Json;
  /** Seconds. */
  readonly period?: Json;
  readonly auto_shutdown?: Json;
}

export type Act =
  | { readonly do: 'exit'; readonly id: string; readonly reason: Json }
  | { readonly do: 'exit_many'; readonly ids: readonly string[]; readonly reason: Json }
  | { readonly do: 'kill'; readonly id: string }
  | { readonly do: 'fail' | 'ignore'; readonly id: string; readonly times: number }
  | { readonly do: 'ignore_shutdown'; readonly id: string }
  | { readonly do: 'slow'; readonly id: string; readonly ms: number }
  | { readonly do: 'start_child'; readonly child: Element }
  | { readonly do: Administration; readonly id: string }
  | { readonly do: 'send_sup' }
  | { readonly do: 'sleep'; readonly ms: number }
  | { readonly do: 'which' | 'count' | 'stop' }
  | { readonly do: 'burst'; readonly acts: readonly Act[] };

const ADMINISTRATION = [
  'terminate_child',
  'restart_child',
  'delete_child',
  'get_childspec',
  'dyn',
  'dyn_terminate',
] as const;
export type Administration = (typeof ADMINISTRATION)[number];

export interface Step {
  /** As it was written: it is repeated in the outcome. */
  readonly op: Json;
  readonly act: Act;
}

export interface Scenario {
  readonly name: string;
  readonly flags: Flags;
  readonly children: readonly Element[];
  readonly setup: readonly Act[];
  readonly steps: readonly Step[];
}

/** A line that is not a scenario. */
export class UnfitScenario extends Error {
  override readonly name = 'UnfitScenario';
  constructor(field: string, value: unknown, expected: string) {
    super(`${field}: expected ${expected}, got ${JSON.stringify(value)?.slice(0, 80)}`);
  }
}

/** Starts that fail in a row; sleeps. Enough for any scenario, and no line keeps us for ever. */
const TIMES_MAX = 10_000;
const SLEEP_MS_MAX = 86_400_000;
/** Deeper than any tree that a person draws. */
const DEPTH_MAX = 32;

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function recordAt(field: string, value: unknown): Fields {
  if (!isRecord(value)) throw new UnfitScenario(field, value, 'an object');
  return value;
}

function listAt(field: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new UnfitScenario(field, value, 'an array');
  return value;
}

function textAt(field: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new UnfitScenario(field, value, 'a text');
  return value;
}

function countAt(field: string, value: unknown, max: number): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > max)
    throw new UnfitScenario(field, value, `an integer 0..${max}`);
  return value as number;
}

/** The scenario in one line. Throws `UnfitScenario`. */
export function readScenario(line: string): Scenario {
  const fields = recordAt('line', parsed(line));
  const name = textAt('name', fields['name']);
  const tree = fields['tree'];
  // A tree may be written as its root, flags and all, or as the root's children.
  const root = isRecord(tree) ? tree : { ...fields, children: tree ?? fields['children'] };
  return {
    name,
    flags: recordAt('flags', root['flags'] ?? fields['flags'] ?? {}) as Flags,
    children: elementsAt('children', root['children'] ?? [], 0),
    setup: listAt('setup', fields['setup'] ?? []).map((each, i) => readAct(`setup[${i}]`, each)),
    steps: listAt('steps', fields['steps'] ?? []).map((each, i) => {
      const op = isRecord(each) ? each['op'] : each;
      return { op: op as Json, act: readAct(`steps[${i}].op`, op) };
    }),
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new UnfitScenario('line', line, 'JSON');
  }
}

function elementsAt(field: string, value: unknown, depth: number): readonly Element[] {
  if (depth > DEPTH_MAX) throw new UnfitScenario(field, depth, `a depth up to ${DEPTH_MAX}`);
  return listAt(field, value).map((each, i) => elementAt(`${field}[${i}]`, each, depth));
}

function elementAt(field: string, value: unknown, depth: number): Element {
  const element = recordAt(field, value);
  const id = textAt(`${field}.id`, element['id']);
  if (!('children' in element)) return { ...element, id };
  const flags = recordAt(`${field}.flags`, element['flags'] ?? {}) as Flags;
  const children = elementsAt(`${field}.children`, element['children'], depth + 1);
  return { ...element, id, flags, children };
}

/** One operation: `"which"`, `["exit", "b", "crash"]`, ... */
function readAct(field: string, value: unknown): Act {
  const [verb, first, second] = typeof value === 'string' ? [value] : listAt(field, value);
  const id = (): string => textAt(`${field}[1]`, first);
  switch (verb) {
    case 'which':
    case 'count':
    case 'stop':
      return { do: verb };
    case 'send_sup':
      return { do: 'send_sup' };
    case 'sleep':
      return { do: 'sleep', ms: countAt(`${field}[1]`, first, SLEEP_MS_MAX) };
    case 'exit':
      return { do: 'exit', id: id(), reason: second as Json };
    case 'exit_many': {
      const ids = listAt(`${field}[1]`, first).map((each) => textAt(`${field}[1]`, each));
      return { do: 'exit_many', ids, reason: second as Json };
    }
    case 'kill':
      return { do: 'kill', id: id() };
    case 'ignore_shutdown':
    case 'ignoring_shutdown': // As the event is called.
      return { do: 'ignore_shutdown', id: id() };
    case 'slow':
      return { do: 'slow', id: id(), ms: countAt(`${field}[2]`, second, SLEEP_MS_MAX) };
    case 'fail':
    case 'failnext':
      return { do: 'fail', id: id(), times: countAt(`${field}[2]`, second ?? 1, TIMES_MAX) };
    case 'ignore':
    case 'ignorenext':
      return { do: 'ignore', id: id(), times: countAt(`${field}[2]`, second ?? 1, TIMES_MAX) };
    case 'start_child':
      return { do: 'start_child', child: elementAt(`${field}[1]`, first, 0) };
    case 'burst': {
      const acts = listAt(`${field}[1]`, first);
      return { do: 'burst', acts: acts.map((each, i) => readAct(`${field}[1][${i}]`, each)) };
    }
    default: {
      const known = ADMINISTRATION.find((each) => each === verb);
      if (known === undefined) throw new UnfitScenario(field, value, 'a known operation');
      return { do: known, id: id() };
    }
  }
}
