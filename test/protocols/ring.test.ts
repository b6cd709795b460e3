/**
 * The ring, step by step. Method: one keeper, one turner or one driver, inputs by hand, effects
 * compared. Whole rings under faults are in test/simulations/.
 */
import { describe, expect, it } from 'vitest';
import type { Effect, Moment, Signal, Spoken } from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import * as drive from '#protocols/ring/drive.ts';
import * as keep from '#protocols/ring/keep.ts';
import * as turn from '#protocols/ring/turn.ts';
import {
  Inquire,
  LockSlot,
  Outcome,
  ReleaseSlot,
  Rest,
  RingRefused,
  RingTurned,
  SlotBusy,
  SlotLocked,
  SlotWritten,
  TurnRing,
  WriteSlot,
} from '#protocols/ring.messages.ts';
import { DECISION, firstValue, keeperOf, slotsOf, type Ring } from '#protocols/ring.ts';
import { address, nodeAddress, place, type Address } from '#protocols/subjects.ts';
import { seeded } from '#test/runtime/manual.ts';

const nodes = ['n0', 'n1'].map((name) => nodeAddress(place('asia.ishikawa.komatsu'), name));
const [n0, n1] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
const ring: Ring = { nodes, slots: 6 };
const [turnerOf1, driverOf1] = [address(n1, 'turner'), address(n1, 'driver')];
const entropy = seeded(1);

/** An ask of `from`, at `now`. */
const asked = (from: Address, number = 1, now = 0): Moment => ({
  now: millis(now),
  wall: millis(now),
  entropy,
  from,
  ticket: { asker: from, number },
});
const told = (now = 0): Moment => ({
  ...asked(driverOf1, 1, now),
  from: undefined,
  ticket: undefined,
});
const kept = (id: number | string): Signal => ({ kind: 'kept', id: String(id) });
const answered = (id: string, message: Spoken): Signal => ({ kind: 'answered', id, message });

/** What was said, and what else was done, in a few words. */
const said = (effects: readonly Effect[]): Spoken[] =>
  effects.flatMap((effect) => ('message' in effect ? [effect.message] : []));
const done = (effects: readonly Effect[]): string[] => effects.map((effect) => effect.do);
const store = (effects: readonly Effect[]): Map<string, Uint8Array> => {
  const writes = effects.flatMap((effect) => (effect.do === 'keep' ? effect.writes : []));
  return new Map(writes.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value]])));
};

const freshKeeper = (): keep.Keeping => keep.begin(ring, n0, new Map())[0];
function stepKeeper(state: keep.Keeping, input: Parameters<typeof keep.step>[1], at = told()) {
  const [, effects] = keep.step(state, input, at);
  keep.invariants(state);
  return effects;
}

const freshTurner = (): turn.Turning => turn.begin(ring, new Map())[0];
function stepTurner(state: turn.Turning, input: Parameters<typeof turn.step>[1], at = told()) {
  const [, effects] = turn.step(state, input, at);
  turn.invariants(state);
  return effects;
}
const locked = (state: turn.Turning, slot: number): Signal =>
  answered(
    driverOf1,
    SlotLocked.of({ attempt: attemptOf(state), slot, next: slot + 1, version: 4 }),
  );
const attemptOf = (state: turn.Turning): number => state.turns.get(driverOf1)!.attempt;

describe('slots', () => {
  it('belong to one node each, and make one ring at first', () => {
    expect(nodes.flatMap((node) => slotsOf(ring, node)).toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(slotsOf(ring, n1).map((of) => keeperOf(ring, of))).toEqual(
      [1, 3, 5].map(() => address(n1, 'keeper')),
    );
    expect([0, 1, 2, 3, 4, 5].map((of) => firstValue(ring, of).next)).toEqual([1, 2, 3, 4, 5, 0]);
  });
});

describe('a keeper', () => {
  const lock = LockSlot.of({ attempt: 7, slot: 2 });
  const locked = SlotLocked.of({ attempt: 7, slot: 2, next: 3, version: 0 });
  const write = WriteSlot.of({ attempt: 7, slot: 2, next: 5, version: 1 });
  const written = SlotWritten.of({ attempt: 7, slot: 2 });
  const [fresh, step] = [freshKeeper, stepKeeper];

  it('keeps a lock before it says so, also to whoever asks again meanwhile', () => {
    const state = fresh();
    expect(done(step(state, lock, asked(turnerOf1)))).toEqual(['keep', 'wake']);
    expect(step(state, lock, asked(turnerOf1, 2))).toEqual([]);
    expect(said(step(state, kept(1)))).toEqual([locked, locked]);
    expect(said(step(state, lock, asked(turnerOf1, 3)))).toEqual([locked]);
  });

  it('is busy for every other attempt', () => {
    const state = fresh();
    step(state, lock, asked(turnerOf1));
    const other = LockSlot.of({ attempt: 8, slot: 2 });
    expect(said(step(state, other, asked(turnerOf1)))).toEqual([
      SlotBusy.of({ attempt: 8, slot: 2 }),
    ]);
  });

  it('keeps a value before it says so, and says so again when asked again', () => {
    const state = fresh();
    step(state, lock, asked(turnerOf1));
    step(state, kept(1));
    expect(done(step(state, write, asked(turnerOf1)))).toEqual(['keep']);
    expect(said(step(state, kept(2)))).toEqual([written]);
    expect(said(step(state, write, asked(turnerOf1)))).toEqual([written]);
    expect(state.slots.get(2)!.value).toEqual({ next: 5, version: 1, lock: undefined });
  });

  it('is not led astray by a lock and a write of long ago that come again', () => {
    const state = fresh();
    for (const [i, attempt] of [7, 8].entries()) {
      step(state, LockSlot.of({ attempt, slot: 2 }), asked(turnerOf1));
      step(state, kept(2 * i + 1));
      step(state, { ...write, attempt, next: attempt - 3, version: i + 1 }, asked(turnerOf1));
      step(state, kept(2 * i + 2));
    }
    step(state, lock, asked(turnerOf1));
    step(state, { ...write, next: 4 }, asked(turnerOf1));
    expect(state.slots.get(2)!.value).toMatchObject({ next: 5, version: 2 });
    // The lock is let go of as soon as its turner says what became of it.
    step(state, Outcome.of({ attempt: 7, slot: 2, is: 'dropped', value: undefined }));
    expect(state.slots.get(2)!.value.lock).toBeUndefined();
  });

  it('lets go when the attempt was dropped, and of nobody else', () => {
    const state = fresh();
    step(state, lock, asked(turnerOf1));
    step(state, ReleaseSlot.of({ attempt: 8, slot: 2 }));
    expect(state.slots.get(2)!.value.lock?.attempt).toBe(7);
    step(state, ReleaseSlot.of({ attempt: 7, slot: 2 }));
    expect(state.slots.get(2)!.value).toEqual(firstValue(ring, 2));
  });

  it('inquires when a lock lasts, and does what its turner decided', () => {
    const state = fresh();
    step(state, lock, asked(turnerOf1));
    const [ask] = step(state, { kind: 'wake', id: '2' });
    expect(ask).toMatchObject({
      do: 'ask',
      to: turnerOf1,
      message: Inquire.of({ attempt: 7, slot: 2 }),
    });
    expect(done(step(state, { kind: 'unanswered', id: '2', why: 'dead' }))).toEqual(['wake']);
    const value = { next: 5, version: 1 };
    step(state, answered('2', Outcome.of({ attempt: 7, slot: 2, is: 'decided', value })));
    expect(state.slots.get(2)!.value).toEqual({ ...value, lock: undefined });
    expect(step(state, { kind: 'wake', id: '2' })).toEqual([]);
  });

  it('knows after a restart what it had locked, and inquires', () => {
    const [state, effects] = keep.begin(ring, n0, store(step(fresh(), lock, asked(turnerOf1))));
    expect(effects).toMatchObject([{ do: 'wake', id: '2' }]);
    expect(state.slots.get(2)!.value.lock).toEqual({ attempt: 7, by: turnerOf1 });
  });
});

describe('a turner', () => {
  const request = TurnRing.of({ turn: 1, start: 0 });
  const [fresh, step] = [freshTurner, stepTurner];
  /** Everything up to the decision; the attempt's number and the effects of the last step. */
  function decide(state: turn.Turning) {
    step(state, request, asked(driverOf1));
    const attempt = attemptOf(state);
    step(state, locked(state, 0));
    step(state, locked(state, 1));
    return { attempt, effects: step(state, locked(state, 2)) };
  }

  it('locks three neighbours, decides, and only then answers and writes', () => {
    const state = fresh();
    const { attempt, effects } = decide(state);
    expect(done(effects)).toEqual(['keep']);
    const then = step(state, kept(driverOf1));
    expect(said(then)).toEqual([
      RingTurned.of({ turn: 1 }),
      WriteSlot.of({ attempt, slot: 0, next: 2, version: 5 }),
      WriteSlot.of({ attempt, slot: 1, next: 3, version: 5 }),
      WriteSlot.of({ attempt, slot: 2, next: 1, version: 5 }),
    ]);
  });

  it('forgets a decision when all of it is written, not before', () => {
    const state = fresh();
    const { attempt } = decide(state);
    step(state, kept(driverOf1));
    const written = (slot: number): Signal => answered('', SlotWritten.of({ attempt, slot }));
    expect([step(state, written(0)), step(state, written(0)), step(state, written(2))]).toEqual([
      [],
      [],
      [],
    ]);
    expect(step(state, written(1))).toMatchObject([
      { do: 'keep', writes: [{ key: DECISION + attempt, value: undefined }] },
    ]);
  });

  it('answers a request that comes again as the first, also in a later incarnation', () => {
    const state = fresh();
    const { effects } = decide(state);
    step(state, kept(driverOf1));
    expect(said(step(state, request, asked(driverOf1, 2)))).toEqual([RingTurned.of({ turn: 1 })]);
    const [later, first] = turn.begin(ring, store(effects));
    expect(said(first).map(({ kind }) => kind)).toEqual(['ring.write', 'ring.write', 'ring.write']);
    expect(said(step(later, request, asked(driverOf1, 3)))).toEqual([RingTurned.of({ turn: 1 })]);
  });

  it('gives way where a slot is busy, and tries again as another attempt', () => {
    const state = fresh();
    step(state, request, asked(driverOf1));
    const attempt = attemptOf(state);
    step(state, locked(state, 0));
    const effects = step(state, answered(driverOf1, SlotBusy.of({ attempt, slot: 1 })));
    expect(said(effects)).toEqual([ReleaseSlot.of({ attempt, slot: 0 })]);
    expect(said(step(state, { kind: 'wake', id: driverOf1 }))).toMatchObject([
      { kind: 'ring.lock', slot: 0 },
    ]);
    expect(attemptOf(state)).not.toBe(attempt);
  });

  it('refuses what finds no way for too long, durably first', () => {
    const state = fresh();
    step(state, request, asked(driverOf1));
    const late = told(turn.TURN_MS_MAX);
    const effects = step(state, { kind: 'unanswered', id: driverOf1, why: 'deadline' }, late);
    expect(done(effects)).toEqual(['keep']);
    const refused = RingRefused.of({ turn: 1, reason: 'too-busy' });
    expect(said(step(state, kept(driverOf1), late))).toEqual([refused]);
    expect(said(step(turn.begin(ring, store(effects))[0], request, asked(driverOf1)))).toEqual([
      refused,
    ]);
  });

  it('says what became of an attempt: open, decided, or dropped when it knows nothing', () => {
    const state = fresh();
    const ask = (attempt: number): Spoken[] =>
      said(step(state, Inquire.of({ attempt, slot: 1 }), asked(keeperOf(ring, 1))));
    const { attempt } = decide(state);
    expect(ask(attempt)).toMatchObject([{ is: 'open' }]);
    step(state, kept(driverOf1));
    expect(ask(attempt)).toMatchObject([{ is: 'decided', value: { next: 3, version: 5 } }]);
    expect(ask(attempt + 1)).toMatchObject([{ is: 'dropped', value: undefined }]);
  });

  it('asks again for a write, after a while, until it is done', () => {
    const state = fresh();
    const { attempt } = decide(state);
    step(state, kept(driverOf1));
    const id = `write ${attempt} 1`;
    expect(done(step(state, { kind: 'unanswered', id, why: 'dead' }))).toEqual(['wake']);
    expect(said(step(state, { kind: 'wake', id }))).toMatchObject([
      { kind: 'ring.write', slot: 1 },
    ]);
    step(state, answered(id, SlotWritten.of({ attempt, slot: 1 })));
    expect(step(state, { kind: 'wake', id })).toEqual([]);
  });
});

describe('a driver', () => {
  const course = { ring, turner: turnerOf1, pauseMsMax: 10, topic: 'ring.n1' };
  const start = (from = new Map<string, Uint8Array>()) => drive.begin(course, from, told());

  it('keeps its turn before it asks, and its outcome before it goes on', () => {
    let [state] = start();
    const step = (input: Signal): readonly Effect[] => {
      const [next, effects] = drive.step(state, input, told());
      drive.invariants(next);
      state = next;
      return effects;
    };
    expect(done(step({ kind: 'wake', id: 'next' }))).toEqual(['keep']);
    expect(said(step(kept('drive')))).toMatchObject([{ kind: 'ring.turn', turn: 1 }]);
    expect(done(step({ kind: 'unanswered', id: 'turn', why: 'dead' }))).toEqual(['wake']);
    expect(said(step({ kind: 'wake', id: 'again' }))).toMatchObject([{ turn: 1 }]);
    expect(done(step(answered('turn', RingTurned.of({ turn: 1 }))))).toEqual(['note', 'keep']);
    expect(done(step(kept('drive')))).toEqual(['wake']);
    expect(done(step({ kind: 'wake', id: 'next' }))).toEqual(['keep']);
    expect(said(step(kept('drive')))).toMatchObject([{ turn: 2 }]);
  });

  it('asks again after a restart for the turn that was open', () => {
    const [asking, effects] = drive.step(start()[0], { kind: 'wake', id: 'next' }, told());
    const [state, again] = start(store(effects));
    expect(said(again)).toMatchObject([{ kind: 'ring.turn', turn: 1, start: asking.drive.start }]);
    expect(state.phase).toBe('asking');
  });

  it('begins no more turns once it shall rest', () => {
    const [resting] = drive.step(start()[0], Rest.of({}), told());
    expect(drive.step(resting, { kind: 'wake', id: 'next' }, told())).toEqual([resting, []]);
  });
});
