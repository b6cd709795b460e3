/**
 * Harmless: functions of others that the engine calls in the middle of somebody's turn. Whoever's turn
 * it is has no part in what they throw: it goes to the observer's `fault`, and the turn goes on.
 */
import type { Observer } from './ports.ts';
import { reportFault } from './wire-rules.ts';

/** The same function, but what it throws is reported instead. */
export const harmless =
  <Args extends readonly unknown[]>(
    observer: Observer,
    where: string,
    run: (...args: Args) => void,
  ) =>
  (...args: Args): void => {
    try {
      run(...args);
    } catch (error) {
      reportFault(observer, where, error);
    }
  };

type Method = (...args: unknown[]) => void;

/** An observer of which no method throws. A `fault` that throws itself is thrown on, past all turns. */
export function harmlessObserver(observer: Observer): Observer {
  const guarded: Record<string, Method> = {};
  for (const [name, method] of Object.entries(observer) as [string, Method][]) {
    const reporter = name === 'fault' ? {} : observer;
    guarded[name] = harmless(reporter, `observer.${name}`, method.bind(observer));
  }
  return guarded as Observer;
}

/** What was thrown, in a line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
