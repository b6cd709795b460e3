/** The contract of pools, on every pool there is. */
import { inlinePool } from '#runtime/pool/inline-pool.ts';
import { ThreadedPool } from '#runtime/pool/threaded-pool.ts';
import { simulatedPool } from '#simulations/pool.ts';
import { Manual, seeded } from '#test/runtime/manual.ts';
import { REAL_TIME } from './answered.ts';
import { jobs } from './jobs.ts';
import { poolContract } from './pool.contract.ts';

poolContract('inline', async () => ({
  pool: inlinePool(jobs),
  drive: REAL_TIME,
  end: async () => undefined,
}));

poolContract('simulated', async () => {
  const world = new Manual();
  return {
    pool: simulatedPool(world.clock, seeded(7), jobs),
    drive: (isOver) => {
      for (let ms = 0; !isOver() && ms < 10_000; ms++) world.pass(1);
    },
    end: async () => undefined,
  };
});

for (const threads of [1, 3]) {
  poolContract(`${threads} threads`, async () => {
    const pool = new ThreadedPool(import.meta.resolve('#test/contract/jobs.ts'), { threads });
    return { pool, drive: REAL_TIME, end: () => pool.close() };
  });
}
