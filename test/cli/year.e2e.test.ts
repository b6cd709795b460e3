/** `city-chain sim year` as it is typed: `sim` has options of the same names, and leaves it its own. */
import { expect, it } from 'vitest';
import type { Report } from '#simulations/year/report.ts';
import { ran } from './command.ts';

it('has its own options, beside those of sim', async () => {
  const quick = ['--days', '1', '--lights', '9k', '--samples', '5', '--reads', '1'];
  const { code, text } = await ran(['sim', 'year', ...quick, '--json', '--seed', '7']);
  expect(code).toBe(0);
  expect((JSON.parse(text) as Report).settings.seed).toBe(7);
});
