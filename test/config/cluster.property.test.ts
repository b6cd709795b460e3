/** The cluster file, for any text: a value or a fault with the file's name, never a throw. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCluster } from '#config/cluster.ts';
import { cases } from '#test/cases.ts';

const line = fc.tuple(
  fc.constantFrom(
    'nodes',
    'processes',
    'place',
    'nats',
    'apiPort',
    'data',
    '__proto__',
    'x',
    '? a',
    '&a',
  ),
  fc.oneof(
    fc.string(),
    fc.json(),
    fc.constantFrom('.nan', '.inf', '1e400', '~', '*a', '!!js/x y', '|', '{'),
  ),
);

describe('cluster file, for any text', () => {
  it('is read or refused', () => {
    const source = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .array(line, { maxLength: 6 })
        .map((lines) => lines.map((each) => each.join(': ')).join('\n')),
    );
    fc.assert(
      fc.property(source, (text) => {
        const read = readCluster(text, 'c.yaml');
        expect(read.ok ? 'c.yaml' : read.error).toContain('c.yaml');
      }),
      { numRuns: cases(200) },
    );
    expect(({} as Record<string, unknown>)['nodes']).toBeUndefined();
  });
});
