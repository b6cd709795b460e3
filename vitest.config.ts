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
 * offered follows from who was there before. The other kinds have a process for each file. In the inner loop
 * (`CITY_CHAIN_CASES=few`) both kinds are one project, `inner`, since workers are not shared between projects.
 *
 * What V8 makes of the sources is kept: each process imports what all others did, and a simulation's imports are two
 * seconds of a core without that.
 *
 * There is a worker for each core. Vitest itself would leave one core to the person at the machine: of two
 * that is half, and all files would run one after another, also those that mostly wait. Which file is next:
 * test/side-by-side.ts.
 *
 * A test that takes too long is one that hangs. Simulations cannot, and a hundred seeds on a crowded machine
 * take their time.
 */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { SideBySide } from './test/side-by-side.ts';

type Kind = 'unit' | 'property' | 'contract' | 'simulation' | 'e2e';

const KINDS = ['property', 'contract', 'simulation', 'e2e'] as const;
const COMPILED = join(import.meta.dirname, 'node_modules', '.cache', 'city-chain');

const endingIn = (kind: Kind): string => `test/**/*.${kind}.test.ts`;

/** By the kind of the tests; `without`: kinds whose endings are among those that `include` names. */
const project = (
  name: string,
  kind: Kind,
  include: readonly string[],
  without: readonly Kind[] = [],
) => ({
  test: {
    name,
    include: [...include],
    exclude: without.map(endingIn),
    testTimeout: kind === 'simulation' ? 600_000 : 300_000,
    hookTimeout: 300_000,
    pool: 'forks' as const,
    setupFiles: ['test/forced-backends.ts', ...(kind === 'e2e' ? [] : ['test/draws.ts'])],
    isolate: kind !== 'unit' && kind !== 'property',
    maxWorkers: '100%',
    env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? COMPILED },
    // Node runs the files itself, as it runs the project: what vitest would transform first is a third slower.
    experimental: { viteModuleRunner: false },
  },
});

const inner = project('inner', 'unit', ['test/**/*.test.ts'], ['contract', 'simulation', 'e2e']);
const each = [
  project('unit', 'unit', ['test/**/*.test.ts'], KINDS),
  ...KINDS.map((kind) => project(kind, kind, [endingIn(kind)])),
];

export default defineConfig({
  test: {
    projects: process.env['CITY_CHAIN_CASES'] === 'few' ? [inner] : each,
    sequence: { sequencer: SideBySide },
  },
});
