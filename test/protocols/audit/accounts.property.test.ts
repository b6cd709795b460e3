/** Accounts of any history: the same for everybody, nothing paid twice, nothing made beside the schedule. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  apply,
  invariants,
  noAccounts,
  resume,
  type Accounts,
  type OrderedAct,
} from '#protocols/audit/accounts.ts';
import { NONE } from '#protocols/city-batch.ts';
import { schedule } from '#protocols/audit/harmony.ts';
import { adopt, freeze } from '#protocols/audit/sums.ts';
import { cases } from '#test/cases.ts';
import { bytesOf } from '../sample.ts';
import { acted, audited, GENESIS, light, MINUTE, recordOf, RULES } from './acts.ts';

const SPANS = 8;
const LIGHTS = 4;

/** Once in so many times; else nothing. */
const rarely = <T>(times: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

/** Delegates say what they like, late, twice, of whom they like; somebody is convicted now and then. */
const history = fc
  .array(
    fc.record({
      by: fc.nat(3),
      span: fc.nat(SPANS - 1),
      lateMs: fc.integer({ min: -5_000, max: 3 * MINUTE }),
      holders: fc.uniqueArray(fc.nat(LIGHTS - 1), { minLength: 1 }),
      counts: fc.tuple(fc.nat(20), fc.nat(3), fc.nat(3), fc.nat(1)),
      gigabytes: fc.nat(4),
      accused: rarely(20, fc.nat(LIGHTS)),
      payee: rarely(6, fc.tuple(fc.nat(LIGHTS), fc.nat(2))),
    }),
    { maxLength: 60 },
  )
  .map((said) =>
    said
      .map((each) => ({ ...each, atMs: (each.span + 1) * MINUTE + each.lateMs }))
      .toSorted((a, b) => a.atMs - b.atMs)
      .map(({ by, span, atMs, holders, counts, gigabytes, accused, payee }, i): OrderedAct => {
        const voter = accused === LIGHTS ? GENESIS.delegates[by]!.node : light(accused ?? 0);
        if (accused !== null)
          return acted(i + 1, atMs, by, { says: 'accuse', fault: spokenTwice(voter) });
        if (payee !== null) {
          const [which, account] = payee;
          const node = which === LIGHTS ? GENESIS.delegates[by]!.node : light(which);
          const to = bytesOf(`account ${account}`);
          return acted(i + 1, atMs, by, { says: 'payee', node, to });
        }
        const [sound, lacking, silent, wrong] = counts;
        const records = holders
          .toSorted((a, b) => a - b)
          .map((each) =>
            recordOf(light(each), { sound, lacking, silent, false: wrong, bytes: gigabytes * 1e9 }),
          );
        return audited(i + 1, by, span * MINUTE, records, atMs);
      }),
  );

const spokenTwice = (delegate: ReturnType<typeof light>) => {
  const head = { place: GENESIS.place, epoch: 0, author: 0, round: 1, content: NONE };
  return {
    fault: 'dag-equivocation',
    delegate,
    head: { ...head, sealed: undefined },
    signature: new Uint8Array(64),
    other: { ...head, sealed: NONE },
    otherSignature: new Uint8Array(64),
  } as const;
};

const shownOf = ({ settledMs, holders, delegates, purses, made, slashed }: Accounts) => ({
  purses: [[...purses.of].toSorted(), [...purses.earned].toSorted()],
  settledMs,
  holders: [...holders].toSorted(),
  delegates: [...delegates],
  made,
  slashed,
});

describe('accounts', () => {
  it('keep to the schedule, and balance, whatever is said', () => {
    fc.assert(
      fc.property(history, (acts) => {
        const accounts = noAccounts(GENESIS);
        let settledMs = 0;
        let made = 0n;
        for (const act of acts) {
          apply(accounts, RULES, act);
          invariants(accounts);
          const spans = BigInt((accounts.settledMs - settledMs) / MINUTE);
          expect(accounts.made - made <= spans * schedule(RULES, MINUTE)).toBe(true);
          expect(accounts.made === made || accounts.settledMs > settledMs).toBe(true);
          ({ settledMs, made } = accounts);
        }
      }),
      { numRuns: cases(200) },
    );
  });

  it('are the same for whoever took the sums of another, anywhere, and the acts behind them', () => {
    fc.assert(
      fc.property(history, fc.nat(60), (acts, cut) => {
        const straight = noAccounts(GENESIS);
        const late = noAccounts(GENESIS);
        let from: number | undefined;
        for (const [i, act] of acts.entries()) {
          apply(straight, RULES, act);
          if (i !== cut) continue;
          const { head, lines } = freeze(straight, act.number + 1);
          expect(adopt(late, head, lines.slice(1))).toBe(false);
          expect(adopt(late, head, lines)).toBe(true);
          from = head.next;
        }
        for (const act of acts) if (act.number >= (from ?? 1)) apply(late, RULES, act);
        invariants(late);
        expect(shownOf(late)).toEqual(shownOf(straight));
      }),
      { numRuns: cases(200) },
    );
  });

  it('are the same for whoever was restarted in between, anywhere', () => {
    fc.assert(
      fc.property(history, fc.nat(60), (acts, cut) => {
        const straight = noAccounts(GENESIS);
        const restarted = noAccounts(GENESIS);
        for (const [i, act] of acts.entries()) {
          apply(straight, RULES, act);
          apply(restarted, RULES, act);
          if (i !== cut) continue;
          // What was settled is kept; of what is open only where to begin again.
          const from = resume(restarted, act.number + 1);
          restarted.open.clear();
          for (const again of acts.slice(from - 1, i + 1)) apply(restarted, RULES, again);
        }
        expect(shownOf(restarted)).toEqual(shownOf(straight));
      }),
      { numRuns: cases(200) },
    );
  });
});
