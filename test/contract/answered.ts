/** Waiting for callbacks in contract suites, on real time and on simulated time alike. */

/** Lets simulated time pass until `isOver`; does nothing where time passes by itself. */
export type Drive = (isOver: () => boolean) => void;

export const REAL_TIME: Drive = () => undefined;

/** What `start` is called back with. */
export function answered<T>(drive: Drive, start: (then: (outcome: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    start((outcome) => {
      if (isOver) reject(new Error('called back twice'));
      isOver = true;
      resolve(outcome);
    });
    queueMicrotask(() => drive(() => isOver));
  });
}
