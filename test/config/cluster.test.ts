/** The cluster file: what it means, and what is said of what is unfit, to the letter. */
import { describe, expect, it } from 'vitest';
import { DEFAULTS, readCluster } from '#config/cluster.ts';

const fault = (source: string): string => {
  const read = readCluster(source, 'c.yaml');
  return read.ok ? 'nothing' : read.error;
};

describe('cluster file', () => {
  it('is complete when it is empty', () => {
    expect(readCluster('', 'c.yaml')).toEqual({ ok: true, value: DEFAULTS });
    expect(DEFAULTS).toMatchObject({ processes: 4, nodes: 60, nats: 'auto' });
    expect(DEFAULTS).toMatchObject({ busPort: 16_222, apiPort: 6_000 });
  });
  it('says file, line, column, value and expectation', () => {
    expect(fault('nodes: 60\nprocesses: 0\n')).toBe(
      'c.yaml:2:12: processes is 0, expected a whole number from 1 to 64\n  processes: 0\n             ^',
    );
    expect(fault('place: Komatsu\n')).toMatch(
      /^c.yaml:1:8: place is "Komatsu", expected continent/,
    );
    expect(fault('nats: http://x\n')).toMatch(
      /^c.yaml:1:7: nats is "http:\/\/x", expected an address/,
    );
  });
  it('suggests the key that was meant', () => {
    expect(fault('processes: 2\nnode: 4\n')).toBe(
      "c.yaml:2:1: there is no 'node'; did you mean 'nodes'?\n  node: 4\n  ^",
    );
    expect(fault('colour: red\n')).toMatch(/there is no 'colour'; known here: processes, runs/);
  });
  it('says every fault, not only the first', () => {
    expect(fault('processes: 0\nnodes: many\n').match(/\^/g)?.length).toBe(2);
  });
  it('refuses what is not a document of ours', () => {
    expect(fault('a: [1')).toMatch(/^c.yaml:1:\d+: /);
    expect(fault('- 1\n- 2\n')).toMatch(/the document is \[1,2\], expected keys and values/);
    expect(fault('x'.repeat(300_000))).toMatch(/longer than/);
    expect(fault('__proto__: { nodes: 3 }\n')).toMatch(/there is no '__proto__'/);
  });
  it('does not unfold aliases without end', () => {
    const laughs = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (const [now, next] of ['ab', 'bc', 'cd', 'de'] as unknown as [string, string][]) {
      laughs.push(`${next}: &${next} [${Array.from({ length: 9 }, () => `*${now}`).join()}]`);
    }
    expect(fault(laughs.join('\n'))).toMatch(/alias/i);
  });
});
