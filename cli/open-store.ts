/** The store of a process on its disk, with one line for a person where it cannot be opened. */
import type { Store } from '#runtime/ports.ts';
import { openSmallState } from '#runtime/small-state/small-state.ts';
import { Unfit } from './unfit.ts';

export interface OpenStore {
  readonly store: Store;
  readonly close: () => Promise<void>;
}

export function openStore(folder: string): Promise<OpenStore> {
  return new Promise((resolve, reject) => {
    openSmallState(folder, (opened) => {
      if (!opened.ok) return reject(new Unfit(opened.error));
      const store = opened.value;
      const close = (): Promise<void> => new Promise((closed) => store.close(() => closed()));
      resolve({ store, close });
    });
  });
}
