/** `city-chain rvh`: what it prints, and what it says to a command line that makes no sense. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { command } from '#cli/rvh.ts';

let printed: string[] = [];
const rvh = (...words: string[]): string => {
  printed = [];
  command().exitOverride().parse(words, { from: 'user' });
  return printed.join('\n');
};

describe('rvh', () => {
  beforeEach(() => {
    vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  });
  afterEach(() => vi.restoreAllMocks());

  it('prints the ranking and the scores', () => {
    expect(rvh('-n', 'alpha,beta,gamma', '-k', 'txn-42', '-c', '2')).toBe(
      '1  gamma  efd13564f3f64755966f6db0f1bbeb09\n2  beta   9ae244b72698d51fddae319d67bc89ef',
    );
  });
  it('prints all where no count is given, as JSON where asked', () => {
    const { key, ranking } = JSON.parse(
      rvh('--nodes', 'node1, node2, node3', '--key', 'obj', '--json'),
    ) as { key: string; ranking: { rank: number; node: string; score: string }[] };
    expect(key).toBe('obj');
    expect(ranking.map(({ node }) => node)).toEqual(['node1', 'node2', 'node3']);
    expect(ranking[0]).toEqual({
      rank: 1,
      node: 'node1',
      score: 'f874fa5274b9cbc4cfdd98b20aa25f9e',
    });
  });
  it('weighs', () => {
    const weights = (text: string) =>
      (
        JSON.parse(rvh('-n', 'alpha,beta,gamma', '-k', 'txn-42', '--weights', text, '--json')) as {
          ranking: { node: string; weight: number; penalty: number }[];
        }
      ).ranking;
    expect(weights('1,1,1').map(({ node }) => node)).toEqual(['gamma', 'beta', 'alpha']);
    expect(weights('1000,1,0').map(({ node }) => node)).toEqual(['alpha', 'beta']);
    const [gamma] = weights('0,0,2');
    expect(gamma!.penalty).toBeCloseTo(-Math.log2(0xefd13564 / 2 ** 32) / 2, 6);
    expect(rvh('-n', 'a', '-k', 'k', '--weights', '3')).toMatch(
      /^1 {2}a {2}[0-9a-f]{32} {2}weight 3 {2}penalty 0\.\d+$/,
    );
  });
  it('prints nothing where none is asked for', () => {
    expect(rvh('-n', 'a', '-k', 'k', '-c', '0')).toBe('');
  });
  it('says what is wrong', () => {
    const nodes = ['-n', 'a,b', '-k', 'k'];
    for (const [words, complaint] of [
      [['-n', 'a,,b', '-k', 'k'], 'node 2 of --nodes has 0 bytes, expected 1 to 128'],
      [['-n', 'x'.repeat(129), '-k', 'k'], 'has 129 bytes'],
      [['-n', 'a,b,a', '-k', 'k'], "names 'a' twice"],
      [['-n', 'a', '-k', 'k'.repeat(897)], '--key has 897 bytes, expected at most 896'],
      [[...nodes, '-c', '3'], "--count is '3', expected a whole number from 0 to 2"],
      [[...nodes, '-c', 'two'], "--count is 'two'"],
      [[...nodes, '--weights', '1'], '--weights has 1 numbers for 2 nodes'],
      [[...nodes, '--weights', '1,-2'], "--weights is '-2'"],
    ] as const) {
      expect(() => rvh(...words)).toThrow(complaint);
    }
  });
  it('wants nodes, unless a city is asked', () => {
    expect(() => rvh('-k', 'txn-42')).toThrow('--nodes is missing');
  });
});
