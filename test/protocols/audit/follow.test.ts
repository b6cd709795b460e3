/** Following: a restart has what was there, whatever came between two commits, and whatever is applied again. */
import { expect, it } from 'vitest';
import { DEFAULTS } from '#config/policy/read.ts';
import type { OrderedAct } from '#protocols/audit/accounts.ts';
import { acted as heard, begin, type Following } from '#protocols/audit/follow.ts';
import type { Write } from '#protocols/effect.ts';
import { Acted } from '#protocols/ledger.messages.ts';
import { bytesOf } from '../sample.ts';
import { acted, audited, auditedBy, GENESIS, light, MINUTE, recordOf } from './acts.ts';

const HOLDER = light(1);
const payee = (number: number, atMs: number, account: string, node = HOLDER): OrderedAct =>
  acted(number, atMs, 0, { says: 'payee', node, to: bytesOf(account) });
const shows = (number: number, sinceMs: number, atMs?: number): OrderedAct =>
  audited(number, auditedBy(HOLDER, sinceMs), sinceMs, [recordOf(HOLDER)], atMs);

/** Who begins with what was written, and hears of all of them in one answer; and what he writes. */
function follows(acts: readonly OrderedAct[], before: readonly Write[] = []) {
  const kept = new Map<string, Uint8Array>();
  for (const { key, value } of before) if (value !== undefined) kept.set(key, value);
  const state: Following = begin(GENESIS, DEFAULTS, kept);
  state.book = { ...state.book, height: 1 };
  const told = acts.map(({ atMs, signed }) => ({ at: atMs, height: 1, signed }));
  const { writes } = heard(state, Acted.of({ next: acts.length + 1, acts: told }));
  return { purses: state.accounts.purses, writes };
}

it('has what was earned for an account, though another one was named with the same act that paid', () => {
  const acts = [payee(1, 0, 'first'), shows(2, 0), payee(3, 2 * MINUTE, 'second')];
  const { purses, writes } = follows(acts);
  const again = follows([], writes);
  expect(purses.earned).toHaveLength(2);
  expect(again.purses.earned).toEqual(purses.earned);
  expect(again.purses.of.get(HOLDER)?.to).toEqual(bytesOf('second'));
});

it('has what a node has brought to its account, though acts are applied again that named it before', () => {
  const acts = [
    payee(1, 0, 'first'),
    shows(2, 0),
    shows(3, MINUTE, 2 * MINUTE - 3),
    payee(4, 2 * MINUTE - 2, 'second'),
    payee(5, 2 * MINUTE - 1, 'first'),
    payee(6, 2 * MINUTE, 'of another', light(2)),
  ];
  const { purses, writes } = follows(acts);
  const again = follows(acts, writes);
  expect(purses.of.get(HOLDER)!.brought).toBeGreaterThan(0n);
  expect(again.purses.of.get(HOLDER)).toEqual(purses.of.get(HOLDER));
  expect(again.purses.earned).toEqual(purses.earned);
});
