/** A holder that wants room: what its word is worth. */
import { beforeEach, expect, it } from 'vitest';
import { DEFAULTS } from '#config/policy/read.ts';
import { Leave, Leaving } from '#protocols/repair.messages.ts';
import { begin, step } from '#protocols/repair/repair.ts';
import type { Effects, Repairing } from '#protocols/repair/state.ts';
import { address } from '#protocols/subjects.ts';
import { from, moment } from '../moments.ts';
import { member, selfOf } from '../sample.ts';
import { CITY, LIST, made, ROLL } from '../ledger/kept.ts';

const one = made('one');
const self = selfOf(CITY.genesis, CITY.delegates[0]!);
const listed = address(LIST.nodes[3]!.node, 'holder');
const wish = Leaving.of({ why: 'room', rows: [{ txId: one.txId, row: 7 }] });

let state: Repairing;
beforeEach(() => {
  [state] = begin({ self, rules: DEFAULTS.repair }, moment(), new Map());
  state.replica.rolls = [ROLL];
});
const hears = (by: typeof listed): Effects => step(state, wish, from(by))[1];

it('is a reason to look, whoever has the row; nothing is let go or moved by it', () => {
  const effects = hears(listed);
  expect(effects.map((effect) => effect.do)).toEqual(['keep', 'send']);
  expect(effects).toContainEqual({ do: 'send', to: listed, message: Leave.of({ mayGo: [false] }) });
  const [its] = state.cases.values();
  expect([[...its!.doubted], [...its!.leaving]]).toEqual([[7], []]);
});

it('is nothing from somebody who is not of the city', () => {
  expect(hears(address(member('somebody').node, 'holder'))).toEqual([]);
  expect(state.cases.size).toBe(0);
});
