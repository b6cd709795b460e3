/** What a record comes to; and that each promise is seen to be broken where it is. */
import { describe, expect, it } from 'vitest';
import { pageOf } from '#simulations/chaos/page.ts';
import { cutOffIn, PHASES, reckon, standingOf } from '#simulations/chaos/reckon.ts';
import type { Call, Record } from '#simulations/chaos/record.ts';
import { figureRows, promiseRows, verdictOf } from '#simulations/chaos/report.ts';
import type { Report as Judged } from '#simulations/judge/judge.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';

const NODE = nodeAddress(place('asia.ishikawa.komatsu'), 'l01');

const call = (
  kind: Call['kind'],
  txId: string,
  startMs: number,
  endMs: number | undefined,
  word?: string,
): Call => ({ kind, txId, startMs, endMs, word });

const sample = (atMs: number, onDisk: number, online: number, isBusUp = true) => ({
  atMs,
  isBusUp,
  held: new Map([['a', { onDisk, online }]]),
});

/** Some holders are killed at 10 s, and are back at 20 s. */
const RECORD: Record = {
  name: 'holders',
  seed: 1,
  k: 10,
  startAt: 26,
  faultAt: 10_000,
  faultEnd: 20_000,
  endMs: 40_000,
  calls: [
    call('send', 'a', 1_000, 2_000, 'COMMITTED'),
    call('send', 'b', 9_000, 14_000, 'COMMITTED'),
    call('send', 'c', 15_000, 45_000, 'OUTCOME_UNKNOWN'),
    call('read', 'a', 3_000, 3_100, 'same'),
    call('read', 'a', 9_500, 12_000, 'UNAVAILABLE'),
    call('read', 'a', 13_000, 13_400, 'same'),
    call('read', 'a', 30_000, 30_200, 'same'),
  ],
  samples: [
    sample(9_900, 42, 42),
    sample(11_000, 42, 9),
    sample(15_000, 42, 22),
    sample(21_000, 42, 42),
    sample(39_000, 42, 42),
  ],
  cutOff: [],
  shown: [],
  strokes: [
    {
      atMs: 10_000,
      endMs: 20_000,
      what: 'kill p5',
      nodes: [NODE],
      isDone: true,
      said: 'SIGKILL p5',
    },
  ],
  heard: [
    { atMs: 9_000, topic: 'act.repair-req' },
    { atMs: 14_000, topic: `presence.${NODE}.left` },
  ],
  notedCommits: new Set(['a']),
  missedNotes: 3,
  flipped: 0,
  renewedBefore: 0,
  damagedBefore: 0,
};

const JUDGED: Judged = {
  isKept: true,
  sent: 3,
  told: { COMMITTED: 2, OUTCOME_UNKNOWN: 1 },
  kept: 2,
  delegates: [{ node: NODE, height: 3 }],
  leastPieces: 42,
  leastHolders: 30,
  pieces: 84,
  damagedPieces: 0,
  spoiledAcks: 0,
  renewedRows: 0,
  faults: [],
  faultsAbove: [],
  rooted: 2,
  unrooted: [],
};

const changed = (record: Partial<Record>, judged: Partial<Judged> = {}) =>
  reckon({ ...RECORD, ...record }, { ...JUDGED, ...judged }, { isOffline: true });

const broken = (...of: Parameters<typeof changed>): string[] =>
  changed(...of)
    .promises.filter((each) => each.broken.length > 0)
    .map(({ name }) => name);

const unchecked = (...of: Parameters<typeof changed>): string[] =>
  changed(...of)
    .promises.filter((each) => standingOf(each) === 'unchecked')
    .map(({ name }) => name);

const and = (...more: readonly Call[]) => ({ calls: [...RECORD.calls, ...more] });
const fault = (what: string) => ({ faults: [{ who: 'a', what }] });

const parted = (more: Partial<Record>, judged: Partial<Judged> = {}) =>
  reckon({ ...RECORD, ...more }, { ...JUDGED, ...judged }, { isParted: true }).promises;

const lost = (...samples: Record['samples']) => {
  const { lostTransient, lostPermanent } = changed({ samples }).figures;
  return [lostTransient, lostPermanent];
};

const dueIn = (...samples: Record['samples']) => {
  const { due, mendedMs } = changed({ samples }).figures;
  return [due, mendedMs];
};

describe('levels above', () => {
  it('have one chain each, and all that was committed in the end', () => {
    const faultsAbove = [{ who: 'a', what: 'another 2 of asia' }];
    expect(broken({}, { faultsAbove })).toEqual(['one chain above']);
    expect(broken({}, { unrooted: ['a'] })).toEqual(['rooted at the end']);
  });
});

describe('a promise', () => {
  it('of which nothing was looked at does not hold, and is not broken', () => {
    expect(changed({}, { rooted: 0 }).isKept).toBe(false);
    expect(unchecked({}, { rooted: 0 })).toEqual(['one chain above']);
    const outcome = changed({ samples: [] });
    const rows = promiseRows(outcome).filter(([standing]) => standing === 'unchecked');
    expect(rows.map(([, name]) => name)).toEqual(['no storm']);
    expect(verdictOf(outcome)).toContain('NOT EVERY PROMISE WAS CHECKED');
    const told = { outcome, record: { ...RECORD, samples: [] }, line: '' };
    expect(pageOf([told], [])).toContain('class="unchecked"');
  });

  it('of chains is not checked by delegates that have none, and of reads not by those that gave nothing', () => {
    expect(unchecked({}, { delegates: [{ node: NODE, height: 0 }] })).toEqual(['one order']);
    const sends = RECORD.calls.filter(({ kind }) => kind === 'send');
    const blurred = call('read', 'a', 9_500, 12_000, 'UNAVAILABLE');
    expect(unchecked({ calls: [...sends, blurred] })).toEqual(['right bytes', 'readable']);
  });
});

describe('figures', () => {
  const { figures, isKept } = changed({});

  it('count what was sent, read, held and lost', () => {
    expect(isKept).toBe(true);
    expect(figures).toMatchObject({
      submitted: 3,
      committed: 2,
      unknown: 1,
      sends: { COMMITTED: 2, OUTCOME_UNKNOWN: 1 },
      reads: { same: 3, UNAVAILABLE: 1 },
      leastOnDisk: 42,
      leastOnline: 9,
      lostTransient: 1,
      lostPermanent: 0,
      noteGaps: 1,
      missedNotes: 3,
    });
  });

  it('tell what is lost for a time from what is lost for good', () => {
    expect(lost(sample(1, 42, 10), sample(2, 10, 10))).toEqual([0, 0]);
    expect(lost(sample(1, 9, 9), sample(2, 42, 42))).toEqual([1, 0]);
    expect(lost(sample(1, 42, 42), sample(2, 9, 9))).toEqual([1, 1]);
  });

  it('tell times since the stroke, and of the outage as a reader has it', () => {
    expect(figures).toMatchObject({ detectMs: 4_000, readAgainMs: 3_900, repairMs: 11_000 });
    // Enough of its rows were up again by 15 s, and no read failed that began after that.
    expect(figures.lateMs).toBe(0);
    const late = and(call('read', 'a', 15_500, 16_000, 'UNAVAILABLE'));
    expect(changed(late).figures.lateMs).toBe(1_000);
    // It began before they were up.
    const early = and(call('read', 'a', 14_900, 16_000, 'UNAVAILABLE'));
    expect(changed(early).figures.lateMs).toBe(0);
    const never = changed({ samples: RECORD.samples.slice(0, 3), heard: [], calls: [] }).figures;
    expect(never).toMatchObject({
      detectMs: undefined,
      readAgainMs: undefined,
      repairMs: undefined,
    });
  });

  it('tell when no repair is due any more', () => {
    expect(dueIn(sample(15_000, 27, 27))).toEqual([0, undefined]);
    expect(dueIn(sample(15_000, 26, 26))).toEqual([1, undefined]);
    expect(dueIn(sample(15_000, 26, 26), sample(18_000, 40, 2))).toEqual([1, 8_000]);
  });

  it('part latencies by before, during and after', () => {
    expect(PHASES.map((phase) => figures.latency.read[phase])).toEqual([
      { count: 1, p50: 100, p99: 100 },
      { count: 1, p50: 400, p99: 400 },
      { count: 1, p50: 200, p99: 200 },
    ]);
    expect(figures.latency.send.during).toEqual({ count: 1, p50: 5_000, p99: 5_000 });
  });

  it('say whether the damage hit work in flight', () => {
    expect(figures).toMatchObject({ inFlight: { sends: 1, reads: 1 }, didHit: true });
    const idle = changed({ calls: [RECORD.calls[0]!] });
    expect(idle.figures.didHit).toBe(false);
    expect(verdictOf(idle)).toContain('did not hit');
    const missed = { ...RECORD.strokes[0]!, atMs: 30_100, isDone: false };
    expect(changed({ strokes: [...RECORD.strokes, missed] }).figures.inFlight.reads).toBe(1);
    const none = changed({ calls: RECORD.calls.slice(5), strokes: [RECORD.strokes[0]!, missed] });
    expect(none.figures.inFlight.reads).toBe(0);
    const undone = RECORD.strokes.map((each) => ({ ...each, isDone: false }));
    expect(changed({ strokes: undone }).figures.didHit).toBe(false);
  });
});

describe('a promise', () => {
  it('is broken by what the judge finds on the disks', () => {
    expect(broken({}, fault('9 pieces, and 10 are needed'))).toEqual(['kept']);
    expect(broken({}, fault('told COMMITTED, and committed at 2 of 4 delegates'))).toEqual([
      'kept',
    ]);
    expect(broken({}, fault('its pieces bring back something else'))).toEqual(['kept']);
    expect(broken({}, fault('another batch at height 7'))).toEqual(['one order']);
    expect(broken({}, fault('batch 3: no quorum'))).toEqual(['one order']);
    expect(broken({}, fault('acknowledged, and not on the disk: row 3 by x'))).toEqual([
      'durable acks',
    ]);
    expect(broken({}, { damagedPieces: 1 })).toEqual(['damage stays where it is']);
    expect(broken({ flipped: 5 }, { damagedPieces: 5 })).toEqual([]);
    expect(broken({ damagedBefore: 5 }, { damagedPieces: 5 })).toEqual([]);
    expect(broken({}, { renewedRows: 5 })).toEqual(['no storm']);
    expect(broken({}, { renewedRows: 4 })).toEqual([]);
    // At first there was nothing to see.
    const empty = { atMs: 1, isBusUp: true, held: new Map() };
    expect(broken({ samples: [empty, ...RECORD.samples] }, { renewedRows: 4 })).toEqual([]);
    expect(broken({ renewedBefore: 5 }, { renewedRows: 5 })).toEqual([]);
  });

  it('is broken by what callers are told', () => {
    expect(broken(and(call('send', 'd', 30_000, undefined)))).toEqual(['every call ends']);
    expect(broken(and(call('read', 'a', 5_000, 5_100, 'other')))).toEqual(['right bytes']);
    expect(broken(and(call('read', 'a', 5_000, 5_100, 'NOT_FOUND')))).toEqual(['readable']);
    expect(broken(and(call('read', 'a', 31_000, 31_100, 'BUSY')))).toEqual(['readable at the end']);
    // On the disks of which nobody has looked for it.
    expect(broken(and(call('read', 'b', 31_000, 31_100, 'BUSY')))).toEqual(['readable at the end']);
    // They say that it is lost.
    const gone = { samples: [...RECORD.samples, sample(40_000, 9, 9)] };
    expect(broken({ ...and(call('read', 'a', 31_000, 31_100, 'BUSY')), ...gone })).toEqual([]);
  });

  it('about time is broken where nothing is committed meanwhile, and by a row that is not shown, or gone', () => {
    const untimely = (more: Partial<Record>): string[] =>
      reckon({ ...RECORD, ...more }, JUDGED, { isUntimely: true })
        .promises.filter((each) => each.broken.length > 0)
        .map(({ name }) => name);
    const sent = and(call('send', 'd', 11_000, 12_000, 'COMMITTED'));
    const row = { txId: 'a', row: 3, holder: NODE };
    const early = ['nothing is dropped early'];
    expect(
      untimely({
        ...sent,
        shown: [
          { ...row, is: 'held' },
          { ...row, is: 'silent' },
        ],
      }),
    ).toEqual([]);
    expect(untimely(and(call('send', 'd', 11_000, 12_000, 'BUSY')))).toEqual(['the order goes on']);
    expect(untimely({ ...sent, shown: [{ ...row, is: 'missing' }] })).toEqual(early);
    const fewer = [...RECORD.samples, sample(40_000, 41, 41)];
    expect(untimely({ ...sent, samples: fewer })).toEqual(early);
  });

  it('about continents is broken where a city stands still, or stays cut off, or a transfer is lost on the way', () => {
    const isBroken = (...of: Parameters<typeof parted>): string[] =>
      parted(...of)
        .filter((each) => each.broken.length > 0)
        .map(({ name }) => name);
    const sent = { ...and(call('send', 'd', 11_000, 12_000, 'COMMITTED')), cutOff: ['d'] };
    const transfers = { settled: 1, released: 1, locked: [], faults: [] };
    expect(isBroken(sent, { transfers })).toEqual([]);
    expect(isBroken({ ...and(call('send', 'd', 11_000, 12_000, 'BUSY')), cutOff: ['d'] })).toEqual([
      'the order goes on',
    ]);
    expect(isBroken(sent, { unrooted: ['d'] })).toEqual([
      'rooted at the end',
      'what was cut off is rooted',
    ]);
    expect(isBroken(sent, { transfers: { ...transfers, locked: ['t'] } })).toEqual([
      'transfers end',
    ]);
    const faults = [{ who: 't', what: 'it came back, and is in the other city' }];
    expect(isBroken(sent, { transfers: { ...transfers, faults } })).toEqual([
      'transfers happen once',
    ]);
    // What was committed a moment ago is not rooted either where nobody is parted.
    const at = { since: 10_000, now: 17_000 };
    const calls = [
      call('send', 'before', 9_000, 11_000, 'COMMITTED'),
      call('send', 'd', 11_000, 12_000, 'COMMITTED'),
      call('send', 'late', 11_000, 12_001, 'COMMITTED'),
      call('send', 'open', 11_000, undefined),
    ];
    const all = calls.map(({ txId }) => txId);
    expect(cutOffIn(calls, all, at)).toEqual(['d']);
    expect(cutOffIn(calls, [], at)).toEqual([]);
    // Where all was rooted meanwhile nobody was parted.
    const idle = parted({ ...sent, cutOff: [] }).find(({ name }) => /cut off/.test(name))!;
    expect(standingOf(idle)).toBe('unchecked');
  });

  it('of reads holds where the disks say that too few rows were there, and not elsewhere', () => {
    const read = call('read', 'a', 14_500, 15_500, 'UNAVAILABLE');
    const of = (...samples: Record['samples']) => ({ calls: [...RECORD.calls, read], samples });
    expect(broken(of(sample(15_000, 42, 22)))).toEqual(['readable']);
    expect(broken(of(sample(15_000, 42, 9)))).toEqual([]);
    expect(broken(of(sample(15_000, 42, 22, false)))).toEqual([]);
    // Around a stroke nobody knows to the second who was up.
    const near = call('read', 'a', 19_000, 21_000, 'UNAVAILABLE');
    expect(broken({ calls: [...RECORD.calls.slice(0, 6), near, RECORD.calls[6]!] })).toEqual([]);
    // Nobody looked.
    expect(broken(of(sample(39_000, 42, 42)))).toEqual([]);
  });
});

it('says all of it on a page of its own, which runs nothing', () => {
  const outcome = changed({}, { faults: [{ who: '<b>', what: '9 pieces, and 10 are needed' }] });
  const told = { outcome, record: RECORD, line: 'some & all' };
  const page = pageOf([told], ['disks were read']);
  for (const row of [...figureRows(told), ...promiseRows(outcome)])
    for (const cell of row)
      expect(page).toContain(cell.replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
  expect(page.match(/<svg/g)?.length).toBe(3);
  expect(page).toContain('some &amp; all');
  expect(page).not.toMatch(/<script|<b>|https?:\/\/(?!www\.w3\.org)/);
});
