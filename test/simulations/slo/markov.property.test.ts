/** Chains with a loss, any of them: against Gaussian elimination and against small steps of time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longRun, LOSS, lossWithin, type Chain, type Move } from '#simulations/slo/markov.ts';
import { cases } from '#test/cases.ts';

/** Any moves, and a way from each state down to the loss and back up to the start. */
const chain = (): fc.Arbitrary<Chain> =>
  fc.integer({ min: 1, max: 6 }).chain((states) => {
    const rate = fc.integer({ min: 1, max: 50 }).map((x) => x / 10);
    const state = fc.nat(states - 1);
    const any = fc.array(fc.record({ from: state, to: state, rate }), { maxLength: 12 });
    const down = fc.array(rate, { minLength: states, maxLength: states });
    return fc.record({ any, down }).map((drawn): Chain => ({
      states,
      moves: [
        ...drawn.any.filter(({ from, to }) => from !== to),
        ...drawn.down.map((each, from): Move => ({
          from,
          to: from === states - 1 ? LOSS : from + 1,
          rate: each,
        })),
      ],
    }));
  });

/** Mean times m solve, for each state: sum of rates x m = 1 + sum of rate x m of where it goes. */
function meanTimeByElimination({ states, moves }: Chain): number {
  const rows = Array.from({ length: states }, () => new Float64Array(states + 1));
  for (const row of rows) row[states] = 1;
  for (const { from, to, rate } of moves) {
    rows[from]![from]! += rate;
    if (to !== LOSS) rows[from]![to]! -= rate;
  }
  for (let pivot = states - 1; pivot >= 0; pivot--) {
    for (let row = 0; row < states; row++) {
      if (row === pivot) continue;
      const by = rows[row]![pivot]! / rows[pivot]![pivot]!;
      for (let i = 0; i <= states; i++) rows[row]![i]! -= by * rows[pivot]![i]!;
    }
  }
  return rows[0]![states]! / rows[0]![0]!;
}

/** The chance of a loss by Heun's steps, whose error falls with their square. */
function lossBySteps({ states, moves }: Chain, time: number, steps: number): number {
  const change = (at: Float64Array): Float64Array => {
    const by = new Float64Array(states + 1);
    for (const { from, to, rate } of moves) {
      by[from]! -= at[from]! * rate;
      by[to === LOSS ? states : to]! += at[from]! * rate;
    }
    return by;
  };
  let at = new Float64Array(states + 1);
  at[0] = 1;
  const width = time / steps;
  for (let step = 0; step < steps; step++) {
    const first = change(at);
    const second = change(at.map((x, i) => x + width * first[i]!));
    at = at.map((x, i) => x + (width / 2) * (first[i]! + second[i]!));
  }
  return at[states]!;
}

describe('any chain', () => {
  it('has the mean time that elimination finds', () => {
    fc.assert(
      fc.property(chain(), (each) => {
        expect(longRun(each).meanTime / meanTimeByElimination(each)).toBeCloseTo(1, 8);
      }),
    );
  });
  it('is lost by a time as often as small steps say', () => {
    fc.assert(
      fc.property(chain(), fc.integer({ min: 0, max: 20 }), (each, tenths) => {
        expect(lossWithin(each, tenths / 10)).toBeCloseTo(lossBySteps(each, tenths / 10, 4_000), 4);
      }),
      { numRuns: cases(40) },
    );
  });
  it('spends shares of its time that are none below zero and are all of it', () => {
    fc.assert(
      fc.property(chain(), (each) => {
        const { share } = longRun(each);
        expect(Math.min(...share)).toBeGreaterThan(0);
        expect(share.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      }),
    );
  });
});
