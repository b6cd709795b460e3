/** Accounts: who counts, what audits make of a standing, what is paid, what evidence costs. */
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { auditOf, type AuditRecord, type Says } from '#protocols/act.ts';
import { NONE } from '#protocols/city-batch.ts';
import { apply, invariants, noAccounts, type Accounts } from '#protocols/audit/accounts.ts';
import { auditorsOf, isAuditorOf, spanAt } from '#protocols/audit/span.ts';
import { NEWCOMER_PERMILLE, scoreOf, SUSPENDED_AFTER } from '#protocols/audit/standing.ts';
import { bytesOf } from '../sample.ts';
import { acted, audited, GENESIS, light, MINUTE, recordOf, RULES } from './acts.ts';

const [l1, l2] = [light(1), light(2)];
const T0 = spanAt(1_700_000_000_000, MINUTE).sinceMs;

/** The places of those who audit a holder in a span. */
const auditors = (holder = l1, sinceMs = T0): number[] =>
  auditorsOf(GENESIS, holder, sinceMs).map(({ node }) =>
    GENESIS.delegates.findIndex((each) => each.node === node),
  );

class Play {
  readonly accounts: Accounts = noAccounts(GENESIS);
  #number = 0;
  say(by: number, sinceMs: number, records: readonly AuditRecord[], atMs?: number): void {
    apply(this.accounts, RULES, audited(++this.#number, by, sinceMs, records, atMs));
    invariants(this.accounts);
  }
  names(node: typeof l1, to: Uint8Array): void {
    this.hear({ says: 'payee', node, to });
  }
  hear(what: Says): void {
    apply(this.accounts, RULES, acted(++this.#number, this.accounts.settledMs, 0, what));
    invariants(this.accounts);
  }
  /** A later act settles what is due. */
  settle(atMs: number): void {
    apply(
      this.accounts,
      RULES,
      acted(++this.#number, atMs, 0, auditOf({ sinceMs: 0, untilMs: 0 }, [recordOf(light(1))])),
    );
    invariants(this.accounts);
  }
  /** Each span its auditors say the same. */
  spans(count: number, recordAt: (i: number) => AuditRecord): void {
    const first = this.accounts.settledMs === 0 ? T0 : this.accounts.settledMs;
    for (let i = 0; i < count; i++) {
      const since = first + i * MINUTE;
      const record = recordAt(i);
      for (const by of auditors(record.holder, since)) this.say(by, since, [record]);
      this.settle(since + 2 * MINUTE);
    }
  }
  score(of = l1): number {
    return scoreOf(GENESIS, this.accounts.holders.get(of)!);
  }
  balance(of = l1): bigint {
    return this.accounts.holders.get(of)?.balance ?? 0n;
  }
}

describe('a span', () => {
  it('has as auditors those with a third of the stake, others in other spans', () => {
    expect(auditors()).toHaveLength(2);
    const all = new Set(Array.from({ length: 12 }, (_, i) => auditors(l1, T0 + i * MINUTE)).flat());
    expect(all.size).toBe(4);
  });

  it('is paid once, when it is over, and by its auditors alone', () => {
    const play = new Play();
    const [one, two] = auditors();
    const stranger = [0, 1, 2, 3].find((each) => !auditors().includes(each))!;
    play.say(stranger, T0, [recordOf(l1, { bytes: 400_000_000 })]);
    play.say(one!, T0, [recordOf(l1)]);
    play.say(one!, T0, [recordOf(l1, { bytes: 30_000_000 })]);
    play.say(two!, T0, [recordOf(l1)], T0 + MINUTE + 1);
    expect(play.balance()).toBe(0n);
    play.settle(T0 + 2 * MINUTE);
    // 100 MB for a minute, at 2 Harmony a GiB and day.
    const due = (100_000_000n * 60_000n * 2_000_000_000n) / ((1n << 30n) * 86_400_000n);
    expect(play.balance()).toBe(due);
    play.say(one!, T0, [recordOf(l1)], T0 + 3 * MINUTE);
    play.settle(T0 + 5 * MINUTE);
    expect(play.balance()).toBe(due);
    expect(play.accounts.delegates.get(GENESIS.delegates[stranger]!.node)!.balance).toBe(0n);
    expect(play.accounts.delegates.get(GENESIS.delegates[one!]!.node)!.balance).toBeGreaterThan(0n);
  });

  it('counts nothing that is said before its end, or of another length', () => {
    const play = new Play();
    const [one] = auditors();
    play.say(one!, T0, [recordOf(l1)], T0 + 40_000);
    play.say(one!, T0 + 1, [recordOf(l1)]);
    expect(play.accounts.open.size).toBe(0);
  });

  it('pays no more than the schedule has', () => {
    const rules = { ...RULES, rewards: { ...RULES.rewards, perDay: 1_440_000_000 } };
    const accounts = noAccounts(GENESIS);
    const records = (by: number) =>
      Array.from({ length: 60 }, (_, i) => light(i + 1))
        .toSorted()
        .filter((each) => isAuditorOf(GENESIS, GENESIS.delegates[by]!.node, each, T0))
        .map((each) => recordOf(each, { role: 'anchor', bytes: 1e15 }));
    for (const by of [0, 1, 2, 3]) apply(accounts, rules, audited(by + 1, by, T0, records(by)));
    apply(accounts, rules, audited(9, 0, T0 + MINUTE, [recordOf(l1)], T0 + 2 * MINUTE));
    // One Harmony a minute.
    expect(accounts.made).toBeLessThanOrEqual(1_000_000_000n);
    expect(accounts.made).toBeGreaterThan(999_000_000n);
  });

  it('pays in proportion to what was shown, and nothing for another piece', () => {
    const [half, liar] = [new Play(), new Play()];
    half.spans(1, () => recordOf(l1, { sound: 8, lacking: 8 }));
    liar.spans(1, () => recordOf(l1, { sound: 15, false: 1 }));
    const whole = new Play();
    whole.spans(1, () => recordOf(l1));
    expect(half.balance()).toBe(whole.balance() / 2n);
    expect(liar.balance()).toBe(0n);
  });
});

/** Of an anchor, after one span. */
function scoreAfter(sound: number, lacking: number): number {
  const play = new Play();
  play.spans(1, () => recordOf(l1, { role: 'anchor', sound, lacking }));
  return play.score();
}

describe('a standing', () => {
  it('grows from that of a newcomer to the whole with what was shown', () => {
    const play = new Play();
    play.spans(1, () => recordOf(l1, { sound: 5 }));
    expect(play.score()).toBeGreaterThan(NEWCOMER_PERMILLE);
    expect(play.score()).toBeLessThan(200);
    play.spans(8, () => recordOf(l1));
    expect(play.score()).toBe(1_000);
  });

  it('of an anchor with few rows is not lost with one of them, and is with all', () => {
    expect(scoreAfter(4, 1)).toBeGreaterThan(500);
    expect(scoreAfter(1, 4)).toBe(0);
    expect(scoreAfter(64, 8)).toBe(0);
    expect(scoreAfter(5, 0)).toBe(1_000);
  });

  it('is made by no delegate alone', () => {
    const play = new Play();
    const bad = 2;
    for (let i = 0; i < 24; i++) {
      const since = T0 + i * MINUTE;
      for (const by of auditors(l1, since))
        play.say(by, since, [
          by === bad ? recordOf(l1, { sound: 0, lacking: 16, bytes: 1 }) : recordOf(l1),
        ]);
      play.settle(since + 2 * MINUTE);
    }
    expect(play.score()).toBe(1_000);
    const friend = new Play();
    for (let i = 0; i < 24; i++) {
      const since = T0 + i * MINUTE;
      for (const by of auditors(l1, since))
        friend.say(by, since, [
          by === bad ? recordOf(l1) : recordOf(l1, { sound: 0, lacking: 16 }),
        ]);
      friend.settle(since + 2 * MINUTE);
    }
    expect(friend.score()).toBe(0);
  });

  it('halves with a twentieth of the rows missing', () => {
    const play = new Play();
    play.spans(30, () => recordOf(l1, { sound: 95, lacking: 5 }));
    expect(play.score()).toBeGreaterThan(450);
    expect(play.score()).toBeLessThan(550);
  });

  it('is suspended after silence in a row, not by coming and going, and comes back', () => {
    const [flapping, gone] = [new Play(), new Play()];
    const silent = recordOf(l1, { sound: 0, silent: 16 });
    flapping.spans(40, (i) => (i % SUSPENDED_AFTER === 0 ? recordOf(l1) : silent));
    expect(flapping.accounts.holders.get(l1)!.isSuspended).toBe(false);
    flapping.spans(SUSPENDED_AFTER + 1, () => recordOf(l1, { sound: 1, silent: 15 }));
    expect(flapping.accounts.holders.get(l1)!.isSuspended).toBe(false);
    gone.spans(SUSPENDED_AFTER - 1, () => silent);
    expect(gone.accounts.holders.get(l1)!.isSuspended).toBe(false);
    gone.spans(1, () => silent);
    expect(gone.accounts.holders.get(l1)!.isSuspended).toBe(true);
    const before = gone.balance();
    gone.spans(1, () => recordOf(l1, { silent: 1 }));
    expect(gone.accounts.holders.get(l1)!.isSuspended).toBe(true);
    gone.spans(1, () => recordOf(l1));
    expect(gone.accounts.holders.get(l1)!.isSuspended).toBe(false);
    expect(gone.balance()).toBeGreaterThan(before);
  });
});

const head = { place: GENESIS.place, epoch: 0, author: 0, round: 1, content: NONE };
const accuse = (delegate: typeof l1) =>
  ({
    says: 'accuse',
    fault: {
      fault: 'dag-equivocation',
      delegate,
      head: { ...head, sealed: undefined },
      signature: new Uint8Array(64),
      other: { ...head, sealed: NONE },
      otherSignature: new Uint8Array(64),
    },
  }) as const;

describe('evidence', () => {
  it('takes nothing of what others have earned for the account that is named', () => {
    const play = new Play();
    const [own, theirs] = [bytesOf('own'), bytesOf('theirs')];
    const earned = (of: Uint8Array): bigint => play.accounts.purses.earned.get(hex(of)) ?? 0n;
    play.names(l1, own);
    play.names(l2, theirs);
    play.spans(4, () => recordOf(l1));
    play.spans(4, () => recordOf(l2));
    const [had, others] = [earned(own), earned(theirs)];
    expect(had > 0n && others > 0n).toBe(true);
    play.names(l1, theirs);
    play.spans(1, () => recordOf(l1));
    const brought = earned(theirs) - others;
    expect(brought).toBeGreaterThan(0n);
    play.hear(accuse(l1));
    expect([earned(own), earned(theirs)]).toEqual([had, others]);
    expect(play.accounts.slashed).toBe(brought);
  });

  it('takes what was paid, once, and ends pay and score', () => {
    const play = new Play();
    play.spans(8, () => recordOf(l1));
    const { made } = play.accounts;
    const had = play.balance();
    expect(had).toBeGreaterThan(0n);
    const at = play.accounts.settledMs + MINUTE;
    for (const number of [90, 91]) apply(play.accounts, RULES, acted(number, at, 0, accuse(l1)));
    invariants(play.accounts);
    expect(play.balance()).toBe(0n);
    expect(play.accounts.slashed).toBe(had);
    expect(play.accounts.made).toBe(made);
    play.spans(2, () => recordOf(l1));
    expect(play.balance()).toBe(0n);
    expect(play.score()).toBe(0);
    apply(play.accounts, RULES, acted(95, at, 0, accuse(l2)));
    play.spans(3, () => recordOf(l2));
    expect(play.balance(l2)).toBe(0n);
  });
});
