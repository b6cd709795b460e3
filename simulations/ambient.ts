/**
 * No clock, chance, timer or thread but the world's: while `work` runs, what is ambient in Node throws.
 * Whatever touches it in a simulated step ends its actor with a broken invariant, which is a failure
 * of the run; the lint-like check of test/shape.test.ts sees names in the text, this sees calls.
 *
 * `work` is synchronous, so nobody else's code runs meanwhile. Not guarded: promises, which cannot
 * settle before `work` returns, and what a module read while it was loaded.
 */
import { syncBuiltinESMExports } from 'node:module';
import { InvariantViolation } from '#lib/assert.ts';

const crypto = process.getBuiltinModule('node:crypto');

/** Functions that must not be called. */
const BANNED: readonly (readonly [holder: object, names: readonly string[]])[] = [
  [
    globalThis,
    [
      'setTimeout',
      'setInterval',
      'setImmediate',
      'queueMicrotask',
      'WeakRef',
      'FinalizationRegistry',
    ],
  ],
  [Math, ['random']],
  [performance, ['now', 'mark', 'measure']],
  [process, ['hrtime', 'uptime', 'cpuUsage', 'memoryUsage', 'nextTick']],
  [Atomics, ['wait', 'waitAsync']],
  [globalThis.crypto, ['getRandomValues', 'randomUUID']],
  [
    crypto,
    [
      'randomBytes',
      'randomFillSync',
      'randomFill',
      'randomInt',
      'randomUUID',
      'generateKeyPairSync',
      'generateKeySync',
    ],
  ],
  [String.prototype, ['localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase']],
  [Number.prototype, ['toLocaleString']],
];

type Undo = () => void;

/** The result of `work`, with everything ambient guarded meanwhile. */
export function withoutAmbient<T>(work: () => T): T {
  const undo: Undo[] = [guardDate()];
  for (const [holder, names] of BANNED) for (const name of names) undo.push(ban(holder, name));
  syncBuiltinESMExports();
  try {
    return work();
  } finally {
    for (const each of undo.toReversed()) each();
    syncBuiltinESMExports();
  }
}

function refuse(name: string): never {
  throw new InvariantViolation(`${name} is ambient: a simulated step must not touch it`);
}

/** Can be called and constructed, like whatever it stands for. */
function Banned(): void {}

function ban(holder: object, name: string): Undo {
  const own = Object.getOwnPropertyDescriptor(holder, name);
  const refusing = (): never => refuse(name);
  // Also what hangs on it, such as `hrtime.bigint`.
  const value = new Proxy(Banned, {
    apply: refusing,
    construct: refusing,
    get: (_, property) => (typeof property === 'symbol' ? undefined : refusing()),
  });
  Object.defineProperty(holder, name, { value, configurable: true, writable: true });
  return () => {
    if (own === undefined) Reflect.deleteProperty(holder, name);
    else Object.defineProperty(holder, name, own);
  };
}

/** A date of a given moment is a function of it; only the present is ambient. */
function guardDate(): Undo {
  const real = Date;
  globalThis.Date = new Proxy(real, {
    apply: () => refuse('Date()'),
    construct: (target, args: []) => (args.length > 0 ? new target(...args) : refuse('new Date()')),
    get: (target, name, receiver): unknown =>
      name === 'now' ? () => refuse('Date.now') : Reflect.get(target, name, receiver),
  });
  return () => {
    globalThis.Date = real;
  };
}
