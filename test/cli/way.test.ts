/** The way of a transaction as one line, as its sender hears of it. */
import { expect, it } from 'vitest';
import { wayOf } from '#cli/way.ts';
import type { Progress, Submission } from '#dapp/submission.ts';

const said = (state: Progress['state'], acks = 0): Progress => ({
  state,
  acks,
  needed: 25,
  rows: 42,
  height: undefined,
});

async function lineOf(steps: readonly Progress[]): Promise<string> {
  const sent = { txId: 'tx', [Symbol.asyncIterator]: () => steps.values() };
  const { line } = await wayOf(sent as unknown as Submission);
  return line.replaceAll(/ in [\d.]+ s/gu, '');
}

it('has each state where it was first heard, with the newest count', async () => {
  const steps = [said('accepted'), said('FRESH'), said('POH_ACK', 25), said('POH_ACK', 30)];
  expect(await lineOf(steps)).toBe('tx  FRESH > POH_ACK 30/42');
});

it('goes back to no state that a delegate behind the others still tells', async () => {
  const steps = [said('accepted'), said('REPAIR_REQ'), said('FRESH'), said('COMMITTED')];
  expect(await lineOf(steps)).toBe('tx  FRESH > REPAIR_REQ > COMMITTED');
});
