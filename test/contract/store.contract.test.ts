/** The contract of stores, on every store there is. */
import type { Result } from '#lib/result.ts';
import { memoryStore } from '#runtime/memory-store.ts';
import { openSmallState, type SmallState } from '#runtime/small-state/small-state.ts';
import { SimulatedStore } from '#simulations/store.ts';
import { Manual, seeded } from '#test/runtime/manual.ts';
import { scratch } from '#test/scratch.ts';
import { answered, REAL_TIME } from './answered.ts';
import { storeContract } from './store.contract.ts';

storeContract('memory', false, async () => ({
  store: memoryStore(),
  drive: REAL_TIME,
  end: async () => undefined,
}));

storeContract('SQLite', true, async () => {
  const { path, remove } = scratch();
  const open = async (): Promise<SmallState> => {
    const opened = await answered<Result<SmallState>>(REAL_TIME, (then) =>
      openSmallState(path, then),
    );
    if (!opened.ok) throw new Error(opened.error);
    return opened.value;
  };
  let store = await open();
  const close = (): Promise<void> => new Promise((resolve) => store.close(resolve));
  return {
    store,
    drive: REAL_TIME,
    reopen: async () => {
      await close();
      store = await open();
      return store;
    },
    end: async () => {
      await close();
      remove();
    },
  };
});

storeContract('simulated', true, async () => {
  const world = new Manual();
  const disk = new SimulatedStore(world.clock, seeded(7));
  return {
    store: disk.attach(),
    drive: (isOver) => {
      for (let ms = 0; !isOver() && ms < 10_000; ms++) world.pass(1);
    },
    reopen: async () => {
      disk.kill();
      return disk.attach();
    },
    end: async () => undefined,
  };
});
