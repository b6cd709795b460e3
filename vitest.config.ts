/**
 * Five kinds of tests, told apart by the ending of the file name. The inner loop is `unit` and
 * `property`; the rest need servers, processes or patience.
 *
 *   *.test.ts             unit          is this function right?
 *   *.property.test.ts    property      does it hold for every input (fast-check)?
 *   *.contract.test.ts    contract      do all implementations of a port keep one promise?
 *   *.simulation.test.ts  simulation    whole systems under faults, from seeds
 *   *.e2e.test.ts         end-to-end    real servers, processes and disks
 */
import { defineConfig } from 'vitest/config';

const KINDS = ['property', 'contract', 'simulation', 'e2e'] as const;
const project = (name: string, include: string[], exclude: string[] = []) => ({
  test: {
    name,
    include,
    exclude,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks' as const,
    setupFiles: ['test/forced-backends.ts'],
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
