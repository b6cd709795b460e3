/** The control of service levels of one delegate: what it says of the reads and writes that it saw. */
import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '#config/policy/read.ts';
import type { Policy } from '#config/policy.ts';
import type { Effect } from '#protocols/effect.ts';
import { PolicyInForce, type Verdict } from '#protocols/policy.messages.ts';
import { policyBytes } from '#protocols/policy.ts';
import { AskSlo, Saw, type SloSays } from '#protocols/slo.messages.ts';
import { begin, LEAST_BAD, LEAST_SEEN, step, type Control } from '#protocols/slo/slo.ts';
import { address, type Address } from '#protocols/subjects.ts';
import { from, moment, woken } from '../moments.ts';
import { cityOf, selfOf } from '../sample.ts';

const { genesis, delegates } = cityOf(4);
const self = selfOf(genesis, delegates[0]!);
const own = (role: string): Address => address(self.node, role);
const WINDOW = 60_000;
const POLICY: Policy = { ...DEFAULTS, slo: { ...DEFAULTS.slo, windowMs: WINDOW } };

class Stand {
  readonly state: Control;
  readonly said: Effect<SloSays>[] = [];
  now = 0;
  #version = 1;

  constructor() {
    this.state = begin(self, POLICY, moment())[0];
  }

  saw(what: 'read' | 'write', tookMs: number | undefined, times: number, by = 'ingress'): void {
    for (let i = 0; i < times; i++)
      this.said.push(...step(this.state, Saw.of({ what, tookMs }), from(own(by), this.now))[1]);
  }

  /** What is said of it after so long. */
  verdict(afterMs: number): Verdict {
    this.now += afterMs;
    const [, effects] = step(this.state, woken('look'), moment(this.now));
    this.said.push(...effects);
    const said = effects.find((effect) => effect.do === 'send');
    expect(said).toMatchObject({ to: own('policy'), message: { kind: 'policy.verdict' } });
    const { message } = said!;
    return message.kind === 'policy.verdict' ? message.is : 'unknown';
  }

  rule(more: Partial<Policy>): void {
    const bytes = policyBytes({ ...POLICY, ...more });
    const word = PolicyInForce.of({ version: ++this.#version, bytes });
    this.said.push(...step(this.state, word, from(own('policy'), this.now))[1]);
  }

  get notes(): string[] {
    return this.said.flatMap((effect) =>
      effect.do === 'note' ? [(effect.fact as { readonly is: string }).is] : [],
    );
  }
}

describe('a verdict', () => {
  it('is none without enough to judge by, and calm with it', () => {
    const stand = new Stand();
    expect(stand.verdict(1_000)).toBe('unknown');
    stand.saw('write', 100, LEAST_SEEN - 1);
    expect(stand.verdict(1_000)).toBe('unknown');
    stand.saw('write', 100, 1);
    expect(stand.verdict(1_000)).toBe('calm');
    expect(stand.verdict(2 * WINDOW)).toBe('unknown');
  });
  it('is of what failed and of what was late, of reads and of writes each by itself', () => {
    for (const [what, tookMs] of [
      ['read', undefined],
      ['read', 451],
      ['write', 451],
    ] as const) {
      const stand = new Stand();
      stand.saw(what === 'read' ? 'write' : 'read', 450, 10_000);
      stand.saw(what, tookMs, LEAST_BAD - 1);
      expect(stand.verdict(100)).toBe('calm');
      stand.saw(what, tookMs, 1);
      expect(stand.verdict(100)).toBe('burning');
    }
  });
  it('needs both windows of a pair: what is over does not burn, and what is little does not matter', () => {
    const stand = new Stand();
    stand.saw('read', undefined, 50);
    stand.saw('read', 10, 950);
    expect(stand.verdict(100)).toBe('burning');
    // 5 % of the long window, but the last twelfth of it is well; the slow pair asks for half of its window.
    stand.now += WINDOW / 2;
    stand.saw('read', 10, 100);
    expect(stand.verdict(100)).toBe('calm');
  });
  it('finds a slow burn that no fast one is', () => {
    const stand = new Stand();
    for (let i = 0; i < 120; i++) {
      stand.saw('read', undefined, 1);
      stand.saw('read', 10, 99);
      stand.now += WINDOW / 60;
    }
    expect(stand.state.verdict).toBe('unknown');
    expect(stand.verdict(1)).toBe('burning');
  });
  it('while the city is strained is calm only when the budget has lasted for a window', () => {
    const stand = new Stand();
    stand.saw('read', undefined, 20);
    expect(stand.verdict(100)).toBe('burning');
    stand.rule({ isStrained: true });
    // Better, yet not good: three times faster than it lasts would begin nothing, and ends nothing.
    for (let i = 0; i < 120; i++) {
      stand.saw('read', undefined, i % 2);
      stand.saw('read', 10, 150);
      stand.now += WINDOW / 60;
    }
    expect(stand.verdict(1)).toBe('burning');
    stand.saw('read', 10, 1_000);
    expect(stand.verdict(WINDOW + 1)).toBe('calm');
    stand.rule({ isStrained: false });
    expect(stand.notes).toEqual(['burning', 'boosted', 'calm', 'back']);
  });
  it('while the city is strained is calm neither after a bad half nor in one', () => {
    for (const halves of [
      [10_000, 0, 1_000, 5],
      [1_000, 5, 1_000, 0],
    ] as const) {
      const stand = new Stand();
      stand.rule({ isStrained: true });
      stand.now = 10 * WINDOW;
      for (const at of [0, 2]) {
        stand.saw('read', 10, halves[at]!);
        stand.saw('read', undefined, halves[at + 1]!);
        stand.now += WINDOW / 2;
      }
      stand.now -= WINDOW / 60;
      expect(stand.verdict(0)).toBe('burning');
    }
  });
  it('after a restart does not take what it has not seen for calm', () => {
    const stand = new Stand();
    stand.rule({ isStrained: true });
    expect(stand.verdict(WINDOW - 1)).toBe('burning');
    expect(stand.verdict(1)).toBe('calm');
  });
  it('is by the objective in force, and by another one nothing was judged yet', () => {
    const stand = new Stand();
    stand.saw('read', undefined, 100);
    stand.rule({ slo: { ...POLICY.slo, readMs: 100 } });
    expect(stand.verdict(1)).toBe('unknown');
    stand.saw('read', 101, 100);
    expect(stand.verdict(1)).toBe('burning');
  });
  it('is told to anybody who asks, with what it rests on', () => {
    const stand = new Stand();
    stand.saw('read', 10, 7);
    stand.saw('write', undefined, 5);
    stand.verdict(1);
    const asker = address(delegates[1]!.node, 'asker');
    const [, said] = step(stand.state, AskSlo.of({}), from(asker, stand.now));
    expect(said).toMatchObject([
      {
        to: asker,
        message: {
          node: self.node,
          verdict: 'burning',
          reads: { fastLong: { good: 7, bad: 0 }, slowShort: { good: 7, bad: 0 } },
          writes: { fastShort: { good: 0, bad: 5 } },
        },
      },
    ]);
  });
  it('is of what the own ingress and R1 say, and of nobody else', () => {
    const stand = new Stand();
    stand.saw('read', undefined, 100, 'presence');
    expect(stand.verdict(1)).toBe('unknown');
    stand.saw('read', undefined, 100, 'receive');
    expect(stand.verdict(1)).toBe('burning');
    expect(JSON.stringify(stand.said.filter((effect) => effect.do === 'note'))).toMatch(
      /"reads 100 of 100 bad in 60 s, burn fast-long 1000\.0, fast-short 1000\.0/,
    );
  });
});
