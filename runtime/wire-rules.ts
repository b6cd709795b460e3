/** What all wires hold themselves to, beyond what their ports say. */
import type { Observer } from './ports.ts';

/**
 * The client library takes any queue name; one with a space makes it reconnect for ever, since the
 * server refuses the line and the client repeats it.
 */
const QUEUE = /^[A-Za-z0-9_-]{1,64}$/;

export const isQueue = (text: string): boolean => QUEUE.test(text);

/**
 * A listener that throws is a bug of ours that no supervisor sees: it must reach somebody, and must
 * not end whoever called the listener (an exception ends the NATS client's reader without a word).
 */
export function reportFault(observer: Observer, where: string, error: unknown): void {
  if (observer.fault !== undefined) return observer.fault(where, error);
  queueMicrotask(() => {
    throw error;
  });
}
