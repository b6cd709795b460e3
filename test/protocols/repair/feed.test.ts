/** The feed of acts: nothing that was ordered is missed, however full the table of cases is, and nobody fills it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { DEFAULTS } from '#config/policy/read.ts';
import { EMPTY } from '#lib/bytes.ts';
import type { Says } from '#protocols/act.ts';
import type { Moment } from '#protocols/effect.ts';
import { SOUND } from '#protocols/fate.ts';
import { Acted, type Ordered } from '#protocols/ledger.messages.ts';
import { admit, close } from '#protocols/repair/cases.ts';
import { mayBring } from '#protocols/repair/crowd.ts';
import { catchUp, poll } from '#protocols/repair/feed.ts';
import { placedRows } from '#protocols/manifest.ts';
import { look } from '#protocols/repair/look.ts';
import { begin } from '#protocols/repair/repair.ts';
import {
  CASES_MAX,
  goOn,
  invariants,
  type Effects,
  type Repairing,
} from '#protocols/repair/state.ts';
import { rankedDelegates } from '#protocols/provers.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { moment, WALL } from '../moments.ts';
import { bytesOf, selfOf } from '../sample.ts';
import { CITY, LIST, made, ROLL } from '../ledger/kept.ts';

const self = selfOf(CITY.genesis, CITY.delegates[0]!);
const LIST_HEAD = { at: stampBytes({ wallMs: WALL, count: 0 }) };
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

const said = (what: Says, about: Uint8Array, by = 1): Ordered => {
  const { signed } = request(1);
  const key = CITY.genesis.delegates[by]!.signing;
  return { height: 1, at: 0, signed: { ...signed, key, act: { ...signed.act, about, what } } };
};
const lease: Says = {
  says: 'repair-lease',
  round: 1,
  rows: [0, 1],
  untilMs: LIST.head.at + 45_000,
};
const short: Says = {
  says: 'repair-ack',
  renewal: { round: 1, list: new Uint8Array(32), rows: [], holders: [], until: [] },
  acks: [],
  batches: [],
};
/** A transaction in whose order we stand so, the one who speaks left out. */
const behind = (rank: number, by: NodeAddress): Uint8Array => {
  for (let i = 0; ; i++) {
    const all = rankedDelegates(self.genesis, txOf(i)).filter(({ node }) => node !== by);
    if (all[rank]!.node === self.node) return txOf(i);
  }
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

/** These acts were ordered. */
const hear = (...acts: Ordered[]): Effects => {
  state.list = { digest: LIST.digest, at: LIST.head.at, heardAt: at.now };
  state.acts.isAsked = false;
  const asked = poll(state).find((effect) => effect.do === 'ask')!;
  return goOn(state, asked.id, Acted.of({ next: state.acts.from + acts.length, acts }), at);
};

describe('what another one repairs', () => {
  const other = CITY.genesis.delegates[1]!.node;
  it.each([0, 1])('and leaves unfinished is looked at by the next at once: place %i', (rank) => {
    const about = behind(rank, other);
    hear(said(lease, about));
    const [its] = state.cases.values();
    expect(its!.dueAt - at.now).toBeGreaterThanOrEqual(45_000);
    hear(said(short, about));
    expect([its!.dueAt - at.now, its!.isWatched]).toEqual([rank * 15_000, true]);
  });

  it('costs no question to a holder where it was whole, and one to each where it was not', () => {
    const one = made('one');
    for (const health of ['sound', 'REPAIR_REQ'] as const) {
      start();
      state.replica.rolls = [ROLL];
      hear(said(lease, one.txId), said(short, one.txId));
      const [its] = state.cases.values();
      const [asked] = look(state, its!, at);
      const { manifest, cover, cert } = one.certified;
      const told = { manifest, cover, cert, fate: { ...SOUND, health, round: 1 } };
      const more = { known: 'ordered', txId: one.txId, expiresAt: WALL + 3_600_000 } as const;
      const known = { ...told, ...more, state: 'COMMITTED', proof: { head: LIST_HEAD } };
      const did = goOn(state, (asked as { id: string }).id, known, at);
      const { holders, spares } = manifest.placement;
      const questions = did.filter((effect) => effect.do === 'ask').length;
      expect([state.cases.size, questions]).toEqual(
        health === 'sound'
          ? [0, 0]
          : [1, new Set([...holders.slice(0, placedRows(manifest)), ...spares]).size],
      );
    }
  });

  it('is looked at in full where there is another reason', () => {
    const about = behind(0, other);
    hear(said({ says: 'repair-req' }, about), said(lease, about), said(short, about));
    expect([...state.cases.values()][0]).toMatchObject({ isWatched: false, isWhole: true });
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
