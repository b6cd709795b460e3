/** A client's questions: the next delegate when one is silent or busy, a last word in the end, and from delegates alone. */
import { describe, expect, it } from 'vitest';
import type { Genesis } from '#protocols/genesis.ts';
import * as reads from '#protocols/client/reads.ts';
import {
  ReadProgress,
  ReadRefused,
  Survey,
  type ReaderHears,
} from '#protocols/receiving.messages.ts';
import { address, nodeAddress, nodeOf, type Address } from '#protocols/subjects.ts';
import { GENESIS, STRANGER } from '../holding/kept-city.ts';
import { from, moment } from '../moments.ts';

const txId = new Uint8Array(32).fill(7);
const ASK = Survey.of({ number: 1, txId, withinMs: 10_000 });

const named = (name: string) => ({
  ...GENESIS.delegates[0]!,
  node: nodeAddress(GENESIS.place, name),
});
const FOUR: Genesis = { ...GENESIS, delegates: [...GENESIS.delegates, named('d8'), named('d9')] };

class Asking {
  readonly state = reads.noReads();
  readonly words: reads.ReadWord[] = [];
  whom: Address[] = [];
  #now = 0;

  readonly #genesis: Genesis;

  constructor(genesis: Genesis = GENESIS) {
    this.#genesis = genesis;
    this.#did(reads.asked(this.state, genesis, ASK, moment(), this.#tell));
  }

  pass(ms: number): void {
    for (const until = this.#now + ms; this.#now < until; this.#now += 500)
      this.#did(
        reads.looked(this.state, this.#genesis, 'read/1', moment(this.#now + 500), this.#tell),
      );
  }

  hear(word: ReaderHears, by: Address): void {
    this.#did(reads.heard(this.state, this.#genesis, word, from(by, this.#now), this.#tell));
  }

  /** Whom another question is brought to. */
  another(number: number): Address {
    this.#did(
      reads.asked(this.state, this.#genesis, { ...ASK, number }, moment(this.#now), this.#tell),
    );
    return this.whom.at(-1)!;
  }

  readonly #tell = (word: reads.ReadWord): void => void this.words.push(word);
  #did(effects: ReturnType<typeof reads.asked>): void {
    for (const effect of effects) if (effect.do === 'send') this.whom.push(effect.to);
  }
}

const progress = ReadProgress.of({
  number: 1,
  phase: 'waiting',
  have: 1,
  need: 3,
  asked: 2,
  state: 'COMMITTED',
});

describe('a question', () => {
  it('goes to the next delegate when one is silent, and stays with one that speaks', () => {
    const asking = new Asking();
    asking.pass(3_000);
    expect(asking.whom).toHaveLength(2);
    expect(new Set(asking.whom).size).toBe(2);
    for (let i = 0; i < 4; i++) {
      asking.hear(progress, asking.whom[1]!);
      asking.pass(2_000);
    }
    expect(asking.whom).toHaveLength(2);
  });

  it('goes to another one when one is busy, and not at once', () => {
    const asking = new Asking();
    asking.hear(ReadRefused.of({ number: 1, reason: 'busy' }), asking.whom[0]!);
    expect([asking.whom.length, asking.words]).toEqual([1, []]);
    asking.pass(500);
    expect(nodeOf(asking.whom[1]!)).not.toBe(nodeOf(asking.whom[0]!));
  });

  it.each(['stale', 'unknown', 'erased'] as const)(
    'is %s when more than a third of the delegates say so, and not by the word of one',
    (reason) => {
      const asking = new Asking(FOUR);
      const refused = ReadRefused.of({ number: 1, reason });
      asking.hear(refused, asking.whom[0]!);
      asking.hear(refused, asking.whom[0]!);
      expect(asking.words).toEqual([]);
      const needed = Math.floor(FOUR.delegates.length / 3) + 1;
      for (let i = 1; i < needed; i++) asking.hear(refused, asking.whom[i]!);
      expect(asking.words).toMatchObject([{ kind: 'receive.refused', reason }]);
    },
  );

  it('is refused for no reason that only one gives, whatever else the others say', () => {
    const asking = new Asking(FOUR);
    const reasons = ['expired', 'erased', 'unknown', 'not-a-reader', 'bad-manifest'] as const;
    for (const [i] of FOUR.delegates.entries())
      asking.hear(ReadRefused.of({ number: 1, reason: reasons[i % 5]! }), asking.whom[i]!);
    asking.pass(20_000);
    expect(asking.words).toMatchObject([{ kind: 'receive.unavailable' }]);
  });

  it('is brought to nobody by refusals of whoever is not asked any more', () => {
    const asking = new Asking(FOUR);
    const [first] = asking.whom as [Address];
    for (const reason of ['unknown', 'erased', 'unknown', 'busy', 'erased'] as const)
      asking.hear(ReadRefused.of({ number: 1, reason }), first);
    expect(asking.whom).toHaveLength(2);
    asking.pass(2_000);
    expect(asking.whom).toHaveLength(2);
  });

  it('is not brought first to whoever was silent of late', () => {
    const asking = new Asking();
    asking.pass(3_000);
    const [silent] = asking.whom;
    asking.hear(progress, asking.whom[1]!);
    for (let i = 2; i < 12; i++) expect(asking.another(i)).not.toBe(silent);
  });

  it('believes delegates alone', () => {
    const asking = new Asking();
    asking.hear(ReadRefused.of({ number: 1, reason: 'unknown' }), address(STRANGER, 'receive'));
    expect(asking.words).toEqual([]);
    asking.hear(ReadRefused.of({ number: 1, reason: 'unknown' }), asking.whom[0]!);
    expect(asking.words).toMatchObject([{ kind: 'receive.refused', reason: 'unknown' }]);
  });

  it('ends when its time is over, whoever speaks', () => {
    const asking = new Asking();
    asking.pass(20_000);
    expect(asking.words).toMatchObject([{ kind: 'receive.unavailable', number: 1 }]);
    expect(asking.state.underWay.size).toBe(0);
  });
});
