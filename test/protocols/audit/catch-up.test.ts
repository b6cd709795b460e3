/** A delegate that cannot apply what was let go: whose sums it believes, and what it makes of them. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULTS } from '#config/policy/read.ts';
import { barely } from '#protocols/act.ts';
import { AskSums, Sums, type SumsHead } from '#protocols/audit.messages.ts';
import { apply, noAccounts, type Accounts } from '#protocols/audit/accounts.ts';
import { begin, step, type Auditing } from '#protocols/audit/auditor.ts';
import { agreedOn, freeze, shown, sumsDigest, type Frozen } from '#protocols/audit/sums.ts';
import { NOTHING, type Effect, type Spoken } from '#protocols/effect.ts';
import { Acted } from '#protocols/ledger.messages.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { from, moment } from '../moments.ts';
import { selfOf } from '../sample.ts';
import { audited, auditedBy, CITY, GENESIS, light, MINUTE, recordOf, RULES } from './acts.ts';

const HOLDER = light(1);
const OTHERS = GENESIS.delegates.slice(1).map(({ node }) => node);

/** Accounts after some spans. */
function after(spans: number): { accounts: Accounts; frozen: Frozen } {
  const accounts = noAccounts(GENESIS);
  for (let i = 0; i <= spans; i++) {
    const by = auditedBy(HOLDER, i * MINUTE);
    apply(accounts, RULES, audited(i + 1, by, i * MINUTE, [recordOf(HOLDER)]));
  }
  return { accounts, frozen: freeze(accounts, spans + 2) };
}
const { accounts: theirs, frozen } = after(12);
const { frozen: lie } = after(13);
const headOf = ({ head }: Frozen): SumsHead => head;

let state: Auditing;
let effects: readonly Effect<Spoken>[];
const does = (what: readonly Effect<Spoken>[]): void => void (effects = what);
const asked = () =>
  effects.flatMap((effect) =>
    effect.do === 'ask' && effect.message.kind === 'audit.ask-sums' ? [effect] : [],
  );
/** They answer as they have it. */
function answer(has: (node: NodeAddress) => Frozen | undefined): void {
  const questions = asked();
  const all = questions.flatMap(({ id, to, message }) => {
    const node = OTHERS.find((each) => address(each, 'audit') === to)!;
    const said = shown(has(node), message as AskSums);
    return step(state, { kind: 'answered', id, message: said }, moment())[1];
  });
  does(all);
}

beforeEach(() => {
  const self = selfOf(GENESIS, CITY.delegates[0]!);
  [state] = begin({ self, policy: DEFAULTS }, moment(), new Map());
  const act = audited(1, 0, 0, [recordOf(HOLDER)]).signed;
  const bare = { ...act, act: barely(act.act) };
  state.following.book = { ...state.following.book, height: 9 };
  does(step(state, { kind: 'wake', id: 'follow' }, moment())[1]);
  const chain = effects.find((effect) => effect.do === 'ask')!;
  const none = { kind: 'ledger.chained', height: 9, batches: [] } as const;
  does(step(state, { kind: 'answered', id: chain.id, message: none }, moment())[1]);
  const acts = effects.find((effect) => effect.do === 'ask')!;
  const told = Acted.of({ next: 2, acts: [{ at: MINUTE, height: 1, signed: bare }] });
  step(state, { kind: 'answered', id: acts.id, message: told }, moment());
  does(step(state, { kind: 'wake', id: 'follow' }, moment())[1]);
});

describe('an act whose findings were let go', () => {
  it('is not applied: the others are asked for their sums', () => {
    expect(state.following).toMatchObject({ lost: 1, next: 1 });
    expect(asked().map(({ to }) => to)).toEqual(OTHERS.map((node) => address(node, 'audit')));
  });

  it('is made good by the sums that two of four say, page by page, whatever the third says', () => {
    answer((node) => (node === OTHERS[0] ? lie : frozen));
    answer(() => frozen);
    expect(state.following).toMatchObject({ lost: undefined, next: frozen.head.next });
    expect([...state.following.accounts.holders]).toEqual([...theirs.holders]);
    expect(state.following.accounts.made).toBe(theirs.made);
    expect(effects.some((effect) => effect.do === 'keep')).toBe(true);
    expect(state.isCatchingUp).toBe(false);
  });

  it('is not made good by what one says alone, or by lines that were not agreed on', () => {
    answer((node) => (node === OTHERS[0] ? lie : undefined));
    expect(state.following.lost).toBe(1);
    does(step(state, { kind: 'wake', id: 'follow' }, moment())[1]);
    answer(() => frozen);
    const [question] = asked();
    const lines = lie.lines.slice(0, frozen.head.count);
    const false_ = Sums.of({ head: frozen.head, lines: [...lines] });
    does(step(state, { kind: 'answered', id: question!.id, message: false_ }, moment())[1]);
    expect(state.following.lost).toBe(1);
    answer(() => frozen);
    expect(state.following.lost).toBe(undefined);
  });

  it('needs sums that go on behind it, of more than a third of the stake', () => {
    const said = new Map(OTHERS.map((node) => [node, headOf(frozen)]));
    expect(agreedOn(GENESIS, said, frozen.head.next)).toBe(undefined);
    expect(agreedOn(GENESIS, said, 1)?.by).toEqual(OTHERS);
    said.set(OTHERS[0]!, headOf(lie));
    said.delete(OTHERS[1]!);
    expect(agreedOn(GENESIS, said, 1)).toBe(undefined);
  });
});

describe('sums', () => {
  it('are shown to auditors of delegates alone, and lines of no other sums', () => {
    state.following.frozen = frozen;
    const question = AskSums.of({ of: sumsDigest(frozen.head), from: 0 });
    const ask = (node: NodeAddress, role: string, what = question) =>
      step(state, what, from(address(node, role)))[1];
    expect(ask(OTHERS[0]!, 'audit').length).toBe(1);
    expect(ask(OTHERS[0]!, 'client')).toEqual(NOTHING);
    expect(ask(HOLDER, 'audit')).toEqual(NOTHING);
    const [other] = ask(OTHERS[0]!, 'audit', AskSums.of({ of: sumsDigest(lie.head), from: 0 }));
    expect((other as { message: Sums }).message.lines).toEqual([]);
  });
});
