/**
 * Five kinds of tests, told apart by the ending of the file name. The inner loop is `unit` and
 * `property`; the rest need servers, processes or patience.
 *
 *   *.test.ts             unit          is this function right?
 *   *.property.test.ts    property      does it hold for every input (fast-check)?
 *   *.contract.test.ts    contract      do all implementations of a port keep one promise?
 *   *.simulation.test.ts  simulation    whole systems under faults, from seeds
 *   *.e2e.test.ts         end-to-end    real servers, processes and disks
 *
 * Files of the inner loop share their workers and what these have loaded: starting a process and
 * importing the same modules for each file cost more than all of its tests. So a test of these kinds
 * leaves nothing behind in a module, and counts on nothing that another may have chosen: which backends are
 * offered follows from who was there before. The other kinds have a process for each file.
 *
 * There is a worker for each core. Vitest itself would leave one core to the person at the machine: of two
 * that is half, and all files would run one after another, also those that mostly wait.
 *
 * A test that takes too long is one that hangs. Simulations cannot, and a hundred seeds on a crowded machine
 * take their time.
 */
import { defineConfig } from 'vitest/config';

const KINDS = ['property', 'contract', 'simulation', 'e2e'] as const;
const SHARED: ReadonlySet<string> = new Set(['unit', 'property']);
const project = (name: string, include: string[], exclude: string[] = []) => ({
  test: {
    name,
    include,
    exclude,
    testTimeout: name === 'simulation' ? 600_000 : 120_000,
    hookTimeout: 120_000,
    pool: 'forks' as const,
    setupFiles: [
      'test/forced-backends.ts',
      ...(name === 'property' ? ['test/default-cases.ts'] : []),
    ],
    isolate: !SHARED.has(name),
    maxWorkers: '100%',
    // Node runs the files itself, as it runs the project: what vitest would transform first is a third slower.
    experimental: { viteModuleRunner: false },
  },
});

export default defineConfig({
  test: {
    projects: [
      project(
        'unit',
        ['test/**/*.test.ts'],
        KINDS.map((kind) => `**/*.${kind}.test.ts`),
      ),
      ...KINDS.map((kind) => project(kind, [`test/**/*.${kind}.test.ts`])),
    ],
  },
});
