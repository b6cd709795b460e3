/**
 * Backends: one primitive, several implementations, the same bytes.
 *
 * Whatever needs speed exists twice or more: a fast form (a WASM kernel, `node:crypto`) and a
 * `portable` one that runs anywhere. Which of them runs is decided once, at first use: the first
 * that this platform has and that passes the primitive's self-test, unless a root has chosen by name.
 * The choice never shows in a result, so nodes with different backends agree, and a test runs each
 * of its suites on each of them.
 *
 *   const ERASURE = primitive('erasure', knownAnswers, [wasm, portable]);   the file of the algorithm
 *   ERASURE.use().encode(...)                                               its functions
 *   ERASURE.offer(native)       a root, before first use: what needs Node, or had to be awaited
 *   choose('erasure', 'portable')   chooseFrom('portable,hash=native')      a root, from its environment
 *   survey()                                                                `doctor`
 *   ERASURE.standIn(cheap)      a simulation: what is no backend, and never offered, chosen or surveyed
 *
 * This is the one file of `algorithms/` that catches: a backend that throws while it is made or
 * tested is one that this platform lacks, and `survey` says why.
 */
import { assert } from '#lib/assert.ts';

/** One implementation. `make` returns `undefined`, or throws, where the platform cannot run it. */
export interface Backend<T> {
  readonly name: string;
  readonly make: () => T | undefined;
}

export interface Primitive<T> {
  readonly name: string;
  /** The implementation in force. Ask at each call: a test may have chosen another. */
  readonly use: () => T;
  /** Adds a backend, preferred to those already there. */
  readonly offer: (backend: Backend<T>) => void;
  /** The backend of that name, where it runs. */
  readonly backend: (name: string) => T | undefined;
  /**
   * `made` serves instead of any backend until the result is called: for simulations alone, which put
   * something cheap in the place of what is slow. No self-test is asked, and no choice counts.
   */
  readonly standIn: (made: T) => () => void;
}

/** What `doctor` prints: every backend, and for those that cannot run the reason. */
export interface Survey {
  readonly primitive: string;
  readonly chosen: string;
  readonly backends: readonly { readonly name: string; readonly unfit?: string }[];
}

type Fitness<T> = { readonly made: T } | { readonly unfit: string };

interface Entry {
  readonly names: () => readonly string[];
  readonly unsettle: () => void;
  readonly survey: () => Survey;
}

const PORTABLE = 'portable';
const EVERY = '*';

const entries = new Map<string, Entry>();
const choices = new Map<string, string>();

/**
 * Declares a primitive: its self-test (known answers, quick), and its backends, the most wanted
 * first and `portable` last.
 */
export function primitive<T>(
  name: string,
  passes: (candidate: T) => boolean,
  backends: readonly Backend<T>[],
): Primitive<T> {
  assert(!entries.has(name), `the primitive ${name} is declared once`);
  assert(backends.at(-1)?.name === PORTABLE, `the primitive ${name} has a portable form`);
  const offered = [...backends];
  const fitness = new Map<Backend<T>, Fitness<T>>();
  let inForce: { readonly name: string; readonly made: T } | undefined;
  const standing: T[] = [];

  const fit = (backend: Backend<T>): Fitness<T> => {
    const known = fitness.get(backend) ?? tried(backend, passes);
    fitness.set(backend, known);
    return known;
  };
  const settle = (): { readonly name: string; readonly made: T } => {
    const wanted = wantedOf(name, offered);
    for (const backend of wanted === undefined ? offered : [wanted]) {
      const found = fit(backend);
      if ('made' in found) return { name: backend.name, made: found.made };
      if (wanted !== undefined) throw new Error(`backend ${name}=${wanted.name}: ${found.unfit}`);
    }
    throw new Error(`backend ${name}: none passes its self-test, not even ${PORTABLE}`);
  };
  const settled = () => (inForce ??= settle());

  entries.set(name, {
    names: () => offered.map((backend) => backend.name),
    unsettle: () => (inForce = undefined),
    survey: () => ({
      primitive: name,
      chosen: settled().name,
      backends: offered.map((backend) => {
        const found = fit(backend);
        return 'made' in found ? { name: backend.name } : { name: backend.name, ...found };
      }),
    }),
  });
  return {
    name,
    use: () => {
      if (standing.length > 0) return standing.at(-1)!;
      return inForce === undefined ? settled().made : inForce.made;
    },
    offer: (backend) => {
      assert(!offered.some((other) => other.name === backend.name), `one ${backend.name}`);
      offered.unshift(backend);
      inForce = undefined;
    },
    backend: (wanted) => {
      const found = offered.find((backend) => backend.name === wanted);
      const fitness = found && fit(found);
      return fitness !== undefined && 'made' in fitness ? fitness.made : undefined;
    },
    standIn: (made) => {
      standing.push(made);
      return () => assert(standing.pop() === made, 'stand-ins leave in the order of their coming');
    },
  };
}

/** The names of a primitive's backends: for suites that run once on each. */
export function backendsOf(name: string): readonly string[] {
  const entry = entries.get(name);
  assert(entry !== undefined, `the primitive ${name} is declared`);
  return entry.names();
}

/**
 * Forces a backend of one primitive, or (`*`) of every primitive that has one of that name; may
 * come before the primitive is declared. A forced backend that does not run here is an error at
 * first use, never a silent fall-back. `auto` takes the choice back.
 */
export function choose(name: string, backend: string): void {
  if (backend === 'auto') choices.delete(name);
  else choices.set(name, backend);
  for (const [declared, entry] of entries) {
    if (name === EVERY || name === declared) entry.unsettle();
  }
}

/** Choices as an operator writes them: `portable`, or `erasure=wasm,hash=portable`. */
export function chooseFrom(line: string): void {
  for (const item of line.split(',').filter((item) => item !== '')) {
    const parts = item.split('=');
    if (parts.length > 2 || !parts.every((part) => /^[a-z0-9-]+$/.test(part))) {
      throw new Error(`backends: "${item}" is not <primitive>=<backend>, nor <backend>`);
    }
    choose(parts.length === 2 ? parts[0]! : EVERY, parts.at(-1)!);
  }
}

/** Tests every backend of every declared primitive, and says which is in force. */
export function survey(): readonly Survey[] {
  for (const [name, backend] of choices) {
    const meant = name === EVERY ? [...entries.values()] : [entries.get(name)];
    if (meant.some((entry) => entry?.names().includes(backend))) continue;
    const there = [...entries].map(([own, entry]) => `${own}=${entry.names().join('|')}`);
    throw new Error(`backends: there is no ${name}=${backend}; there are ${there.join(' ')}`);
  }
  return [...entries.values()].map((entry) => entry.survey());
}

function wantedOf<T>(name: string, offered: readonly Backend<T>[]): Backend<T> | undefined {
  const named = (wanted: string | undefined) => offered.find((backend) => backend.name === wanted);
  const own = choices.get(name);
  if (own === undefined) return named(choices.get(EVERY));
  const found = named(own);
  if (found !== undefined) return found;
  const names = offered.map((backend) => backend.name).join();
  throw new Error(`backend ${name}=${own}: there is none of that name; there are ${names}`);
}

function tried<T>(backend: Backend<T>, passes: (candidate: T) => boolean): Fitness<T> {
  try {
    const made = backend.make();
    if (made === undefined) return { unfit: 'not available on this platform' };
    return passes(made) ? { made } : { unfit: 'fails its self-test' };
  } catch (error) {
    return { unfit: `throws: ${String(error)}` };
  }
}
