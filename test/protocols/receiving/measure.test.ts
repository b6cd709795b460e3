/** What R1 measures of a read: its own time, the waits, and what its reader waited for. */
import { expect, it } from 'vitest';
import type { Effect } from '#protocols/effect.ts';
import type { Measured } from '#protocols/figures.ts';
import { approvedAt, ended, handedOn, turned } from '#protocols/receiving/measure.ts';
import type { Reading } from '#protocols/receiving/readings.ts';
import { ReadRefused, Unavailable, type Given, type Phase } from '#protocols/receiving.messages.ts';
import type { Saw } from '#protocols/slo.messages.ts';
import { address, nodeAddress } from '#protocols/subjects.ts';
import { cityOf, KOMATSU, selfOf } from '../sample.ts';

const { genesis, delegates } = cityOf(4);
const self = selfOf(genesis, delegates[0]!);
const txId = new Uint8Array(32);

const readingAt = (now: number, what: Reading['what'] = 'read'): Reading => ({
  id: 1,
  what,
  from: address(nodeAddress(KOMATSU, 'app'), 'client'),
  number: 1,
  txId,
  since: now,
  endsAt: now + 10_000,
  read: undefined,
  isSigned: true,
  told: undefined,
  isGathered: false,
  phase: 'locating',
  turnedAt: now,
  waitedMs: 0,
});

const said = (effects: readonly (Effect<Saw> | Measured)[]): unknown[] =>
  effects.map((effect) =>
    effect.do === 'figure'
      ? [effect.word, effect.value]
      : effect.do === 'send'
        ? ['slo', effect.message.what, effect.message.tookMs]
        : effect,
  );
const turn = (reading: Reading, to: Phase, now: number): unknown[] => {
  const effects = said(turned(reading, to, now));
  reading.phase = to;
  return effects;
};
/** What it gives is no matter here. */
const GIVEN = { kind: 'receive.given' } as unknown as Given;
const refused = (reason: 'busy' | 'not-a-reader') => ReadRefused.of({ number: 1, reason });

it('tells its own time from what others take, and the whole from both', () => {
  const reading = readingAt(100);
  reading.turnedAt = 103;
  // Other ledgers were asked at 103 and answered at 123; the signature stood at 125.
  expect(said(approvedAt(reading, 123))).toEqual([['ledgers', 20]]);
  expect(said(handedOn(reading, 125))).toEqual([['R1', 5]]);
  expect(turn(reading, 'gathering', 126)).toEqual([['R2', 1]]);
  expect(turn(reading, 'gathering', 140)).toEqual([]);
  expect(turn(reading, 'waiting', 150)).toEqual([]);
  expect(turn(reading, 'gathering', 1_150)).toEqual([]);
  expect(turn(reading, 'restoring', 1_176)).toEqual([['pieces', 1_050]]);
  expect(said(ended(self, reading, GIVEN, 1_180))).toEqual([
    ['given', 1_080],
    ['R4', 4],
    ['slo', 'read', 1_080],
  ]);
});

it('judges what failed by having no time, and nothing that its asker has to blame itself for', () => {
  const short = { have: 3, need: 10, retryMs: 1_000 };
  const unavailable = Unavailable.of({ number: 1, txId, ...short });
  expect(said(ended(self, readingAt(0), unavailable, 5_000))).toEqual([
    ['unavailable', 5_000],
    ['slo', 'read', undefined],
  ]);
  expect(said(ended(self, readingAt(0), refused('busy'), 1))).toEqual([
    ['busy', 1],
    ['slo', 'read', undefined],
  ]);
  expect(ended(self, readingAt(0), refused('not-a-reader'), 1)).toEqual([]);
});

it('measures reads, and no looks', () => {
  for (const what of ['about', 'survey'] as const) {
    const reading = readingAt(0, what);
    expect(approvedAt(reading, 1)).toEqual([]);
    expect(handedOn(reading, 2)).toEqual([]);
    expect(turn(reading, 'gathering', 3)).toEqual([]);
    expect(ended(self, reading, GIVEN, 4)).toEqual([]);
  }
});
