/** What operators are shown of rewards: what was earned, for whom, what was paid of it and what waits. */
import { expect, it } from 'vitest';
import { nameText } from '#algorithms/identity.ts';
import { paidJson, textOf } from '#cli/rewards.ts';
import type { Line } from '#protocols/audit.messages.ts';
import { NO_PAYROLL } from '#protocols/objects/object.ts';
import { bytesOf, member } from '../protocols/sample.ts';

const operator = bytesOf('operator');
const lineOf = (name: string, more: Partial<Line>): Line => ({
  node: member(name).node,
  role: 'light',
  permille: 1_000,
  shown: 90,
  bytes: 1_000,
  isSuspended: false,
  isConvicted: false,
  balance: 0n,
  to: undefined,
  unclaimed: 0n,
  earned: 0n,
  ...more,
});

it('who has earned most is first, with whose account it goes to, or that it waits', () => {
  const lines = [
    lineOf('l1', { balance: 5n, unclaimed: 5n }),
    lineOf('l2', { balance: 2_000_000_000n, to: operator }),
  ];
  const told = { settledMs: 60_000, acts: 3, made: 2_000_000_005n, slashed: 0n, lines };
  const [, first, second, , sums] = textOf(told, { ...NO_PAYROLL, issued: 7n }).split('\n');
  expect(first).toMatch(new RegExp(`l2 +light +sound +2\\.000000000 +${nameText(operator)} +-$`));
  expect(second).toMatch(/l1 +light +sound +0\.000000005 +nobody yet +0\.000000005$/);
  expect(sums).toMatch(/^made 2\.000000005 .* paid into accounts 0\.000000007, settled 1970/);
  expect(paidJson(told, NO_PAYROLL).accounts[0]).toMatchObject({ waits: '0.000000005' });
});
