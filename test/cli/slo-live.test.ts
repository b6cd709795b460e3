/** What `city-chain slo live` tells a person. */
import { expect, it } from 'vitest';
import { SloStatus } from '#protocols/slo.messages.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';
import { textOf } from '#cli/slo-live.ts';

const NONE = { good: 0, bad: 0 };
const QUIET = { fastLong: NONE, fastShort: NONE, slowLong: NONE, slowShort: NONE };

it('tells of each delegate what it saw, in how long, and how fast the budget burns', () => {
  const some = { good: 995, bad: 5 };
  const status = SloStatus.of({
    node: nodeAddress(place('asia.ishikawa.komatsu'), 'd1'),
    verdict: 'burning',
    isStrained: true,
    goodMillionths: 999_000,
    windowMs: 3_600_000,
    reads: QUIET,
    writes: { ...QUIET, fastLong: some, slowLong: some },
  });
  const silent = nodeAddress(place('asia.ishikawa.komatsu'), 'd2');
  const delegates = [
    { node: status.node, told: status },
    { node: silent, told: undefined },
  ];
  const [head, reads, writes, none, , last] = textOf('asia.ishikawa.komatsu', delegates).split(
    '\n',
  );
  expect(head).toMatch(
    /good in 5 min +good in 60 min +burn 5 min +burn 30 min +burn 60 min +burn 360 min/,
  );
  expect(reads).toMatch(/komatsu\.d1 +reads +- +- +0\.0 +0\.0 +0\.0 +0\.0 +burning/);
  expect(writes).toMatch(/writes +- +99\.50 % of 1000 +0\.0 +0\.0 +5\.0 +5\.0 +burning/);
  expect(none).toMatch(/komatsu\.d2 +does not answer$/);
  expect(last).toBe(
    '99.9 % are to be good; burn 1: the budget just lasts. asia.ishikawa.komatsu is strained: boosts with `strained` apply.',
  );
});
