/** Who is missed: whoever was listed and is not any more, whatever this delegate did meanwhile. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULTS } from '#config/policy/read.ts';
import type { EligibleList } from '#protocols/eligibility.ts';
import { followList, gone as told, noticeAbsent, saidGone } from '#protocols/repair/absent.ts';
import { begin } from '#protocols/repair/repair.ts';
import { goOn, type Effects, type Repairing } from '#protocols/repair/state.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { moment } from '../moments.ts';
import { selfOf } from '../sample.ts';
import { CITY, LIST, ROLL } from '../ledger/kept.ts';

const gone = LIST.nodes[3]!.node;
const self = selfOf(CITY.genesis, CITY.delegates[0]!);

/** The list as it is some time later, without some. */
const later = (byMs: number, ...without: readonly NodeAddress[]): EligibleList => ({
  ...LIST,
  digest: Uint8Array.of(byMs),
  head: { ...LIST.head, at: LIST.head.at + byMs },
  nodes: LIST.nodes.filter(({ node }) => !without.includes(node)),
});

const disk = new Map<string, Uint8Array>();
let state: Repairing;

function start(): void {
  [state] = begin({ self, rules: DEFAULTS.repair }, moment(), disk);
}

/** What was written, in as many keys. */
function keep(effects: Effects): number {
  const writes = effects.flatMap((effect) => (effect.do === 'keep' ? effect.writes : []));
  for (const { key, value } of writes) {
    if (value === undefined) disk.delete(key);
    else disk.set(key, value);
  }
  return writes.length;
}

function hears(list: EligibleList): number {
  state.replica.rolls = [{ ...ROLL, list }];
  return keep(followList(state, moment()));
}

beforeEach(() => {
  disk.clear();
  start();
  hears(LIST);
});

describe('a node that is not listed any more', () => {
  it('is away since that list, until it is on one again', () => {
    hears(later(1, gone));
    expect([...state.absent]).toEqual([
      [gone, { role: LIST.nodes[3]!.role, since: LIST.head.at + 1, isSaid: false }],
    ]);
    hears(later(2));
    expect(state.absent.size).toBe(0);
  });

  it('is missed by whoever was down when it left', () => {
    start();
    hears(later(1, gone));
    expect([...state.absent.keys()]).toEqual([gone]);
    start();
    expect([...state.absent.keys()]).toEqual([gone]);
    hears(later(2));
    start();
    expect(state.absent.size).toBe(0);
  });
});

describe('a node that is said not to come back', () => {
  it('is given no row, listed or not, until that is taken back', () => {
    keep(told(state, { kind: 'repair.gone', node: gone, isBack: false }, moment()));
    expect(saidGone(state)).toEqual([gone]);
    start();
    hears(later(1));
    expect(saidGone(state)).toEqual([gone]);
    keep(told(state, { kind: 'repair.gone', node: gone, isBack: true }, moment()));
    expect(saidGone(state)).toEqual([]);
  });

  it.each([false, true])('is noted when that is on the disk, not before (back: %s)', (isBack) => {
    const asker = address(self.node, 'outside');
    const ticket = { asker, number: 1 };
    const effects = told(state, { kind: 'repair.gone', node: gone, isBack }, moment(0, { ticket }));
    const kept = effects.find((effect) => effect.do === 'keep');
    expect(effects.map((effect) => effect.do).toSorted()).toEqual(['keep', 'send']);
    const [answer] = goOn(state, kept!.id, undefined, moment());
    expect(answer).toMatchObject({ do: 'answer', message: { kind: 'repair.noted' } });
  });
});

describe('a holder that was away before anybody noticed', () => {
  it('is away from when it is noticed, once, and over a restart', () => {
    const stranger = `${gone}x` as NodeAddress;
    const notice = (atMs: number) =>
      keep(
        noticeAbsent(
          state,
          LIST,
          [
            [stranger, 'light'],
            [gone, 'light'],
          ],
          atMs,
        ),
      );
    expect(notice(7)).toBe(1);
    expect(notice(9)).toBe(0);
    start();
    expect([...state.absent]).toEqual([[stranger, { role: 'light', since: 7, isSaid: false }]]);
  });
});

describe('a list that nobody has left or joined', () => {
  it('costs no write', () => {
    expect(hears(later(1))).toBe(0);
    expect(hears(later(2, gone))).toBe(2);
  });
});
