/** The feed of acts: nothing that was ordered is missed, however full the table of cases is, and nobody fills it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { DEFAULTS } from '#config/policy/read.ts';
import { EMPTY } from '#lib/bytes.ts';
import type { Moment } from '#protocols/effect.ts';
import { Acted, type Ordered } from '#protocols/ledger.messages.ts';
import { admit, close } from '#protocols/repair/cases.ts';
import { mayBring } from '#protocols/repair/crowd.ts';
import { catchUp, poll } from '#protocols/repair/feed.ts';
import { begin } from '#protocols/repair/repair.ts';
import {
  CASES_MAX,
  goOn,
  invariants,
  type Effects,
  type Repairing,
} from '#protocols/repair/state.ts';
import { moment } from '../moments.ts';
import { bytesOf, selfOf } from '../sample.ts';
import { CITY } from '../ledger/kept.ts';

const self = selfOf(CITY.genesis, CITY.delegates[0]!);
const txOf = (i: number): Uint8Array => bytesOf(`tx ${i}`);
const request = (i: number): Ordered => ({
  height: i,
  at: 0,
  signed: {
    act: {
      version: 1,
      place: CITY.genesis.place,
      about: txOf(i),
      at: stampBytes({ wallMs: 0, count: 0 }),
      what: { says: 'repair-req' },
    },
    key: CITY.genesis.delegates[1]!.signing,
    signature: EMPTY,
  },
});

const at: Moment = moment();
const disk = new Map<string, Uint8Array>();
let state: Repairing;

const keep = (effects: Effects): Effects => {
  for (const effect of effects) {
    if (effect.do !== 'keep') continue;
    for (const { key, value } of effect.writes) {
      if (value === undefined) disk.delete(key);
      else disk.set(key, value);
    }
  }
  return effects;
};
const start = (): void => {
  [state] = begin({ self, rules: DEFAULTS.repair }, at, disk);
};

/** The ledger answers what was asked with acts of these numbers. */
function answer(effects: Effects, acts: readonly number[]): Effects {
  const asked = effects.find((effect) => effect.do === 'ask')!;
  const told = Acted.of({ next: acts.at(-1)! + 1, acts: acts.map(request) });
  return keep(goOn(state, asked.id, told, at));
}

beforeEach(() => {
  disk.clear();
  start();
});

describe('where there is no room', () => {
  it('goes on, and owes what it could not take, over a restart, until there is room', () => {
    for (let i = 100; i < 100 + CASES_MAX - 1; i++) admit(state, txOf(i), {}, at);
    answer(poll(state), [1, 2, 3]);
    expect([state.cases.size, state.acts.from, state.acts.owed]).toEqual([CASES_MAX, 4, 2]);
    expect(catchUp(state)).toEqual([]);
    start();
    expect([state.acts.from, state.acts.owed, state.cases.size]).toEqual([4, 2, 1]);
    answer(catchUp(state), [2, 3]);
    expect([state.acts.from, state.acts.owed, state.cases.size]).toEqual([4, undefined, 3]);
  });
});

describe('whoever brings much', () => {
  it('fills a part of the table, and has it back when it is looked at', () => {
    const by = { node: CITY.delegates[1]!.node, as: 'delegate' } as const;
    let i = 0;
    while (admit(state, txOf(i), { by }, at) !== undefined) i++;
    expect(i).toBe(CASES_MAX / 8);
    const holder = { node: CITY.delegates[2]!.node, as: 'holder' } as const;
    for (let j = 0; j < 64; j++) admit(state, txOf(1_000 + j), { by: holder }, at);
    expect(admit(state, txOf(2_000), { by: holder }, at)).toBeUndefined();
    expect(admit(state, txOf(2_000), {}, at)).toBeDefined();
    invariants(state);
    close(state, [...state.cases.values()][0]!);
    expect(mayBring(state.crowd, by)).toBe(true);
    invariants(state);
  });
});
