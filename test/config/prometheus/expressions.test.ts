/** Reading metrics out of expressions: what the test of rules and dashboard rests on. */
import { expect, it } from 'vitest';
import { selectedIn } from './expressions.ts';

const namesIn = (expression: string): string[] =>
  selectedIn(expression).map(({ metric }) => metric);

it('finds metrics, and neither functions, labels nor ranges', () => {
  expect(
    namesIn('histogram_quantile(0.99, sum by (layer, le) (rate(a_bucket{x="y"}[5m])))'),
  ).toEqual(['a_bucket']);
  expect(namesIn('max(a{w="n"}) - min(b) > bool 0')).toEqual(['a', 'b']);
  expect(namesIn('a{w="1"} > 14.4 and on (process) a{w="2"} > 14.4')).toEqual(['a', 'a']);
  expect(namesIn('layer:a:p99 > 0.08')).toEqual(['layer:a:p99']);
});

it('finds what is asked of their labels', () => {
  expect(selectedIn('sum(rate(a_bucket{where="region",le="0.03"}[1m]))')).toEqual([
    {
      metric: 'a_bucket',
      labels: [
        ['where', 'region'],
        ['le', '0.03'],
      ],
    },
  ]);
});
