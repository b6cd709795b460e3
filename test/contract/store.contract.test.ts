/** The contract of stores, on every store there is. */
import { memoryStore } from '#runtime/memory-store.ts';
import { SimulatedStore } from '#simulations/store.ts';
import { Manual, seeded } from '#test/runtime/manual.ts';
import { REAL_TIME } from './answered.ts';
import { storeContract } from './store.contract.ts';

storeContract('memory', false, async () => ({
  store: memoryStore(),
  drive: REAL_TIME,
  end: async () => undefined,
}));

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
