/** Wanting a proof: asked for until it goes as far up as it is wanted, or the time is over. */
import { describe, expect, it } from 'vitest';
import type { Bundle } from '#protocols/proof/bundle.ts';
import { begin, step, type Outcome, type Wish } from '#protocols/proof/want.ts';
import { ProofTold, type Unproved } from '#protocols/proof.messages.ts';
import { moment } from '../moments.ts';
import { KOMATSU } from '../sample.ts';
import { bundleOf } from './network.ts';

const { globe, continent, municipality, ...CITY } = bundleOf();
const ID = CITY.city.outcome.txId;
type Answer = Bundle | Unproved | undefined;

/** What it comes to, with these answers, one each half second. */
function outcome(upTo: Wish['upTo'], answers: readonly Answer[]): Outcome | undefined {
  const [state] = begin({ city: KOMATSU, id: ID, upTo, withinMs: 2_000 }, moment(0));
  for (const [i, answer] of answers.entries()) {
    const at = moment(500 * i);
    const told = typeof answer === 'string' ? { why: answer } : { bundle: answer };
    const signal =
      answer === undefined
        ? ({ kind: 'unanswered', id: 'proof', why: 'late' } as never)
        : ({ kind: 'answered', id: 'proof', message: ProofTold.of({ id: ID, ...told }) } as const);
    const [, looks] = step(state, signal, at);
    if (looks.length > 0) expect(step(state, { kind: 'wake', id: 'look' }, at)[1]).toHaveLength(1);
  }
  if (state.outcome === undefined) step(state, { kind: 'wake', id: 'over' }, moment(2_000));
  return state.outcome;
}

describe('a wish', () => {
  it('is met by what goes far enough, and not before', () => {
    const two = { ...CITY, municipality };
    expect(outcome('city', [undefined, 'waits', CITY])).toEqual({ bundle: CITY });
    expect(outcome('municipality', [CITY, 'busy', two, CITY])).toEqual({ bundle: two });
    expect(outcome('globe', [two, { ...two, continent, globe }])).toMatchObject({
      bundle: { globe },
    });
  });

  it('ends with the best there was, or with why there is nothing', () => {
    const two = { ...CITY, municipality };
    expect(outcome('globe', [CITY, two, CITY])).toEqual({ bundle: two });
    expect(outcome('globe', ['waits', 'waits'])).toEqual({ why: 'waits' });
    expect(outcome('globe', [undefined])).toEqual({ why: undefined });
    expect(outcome('globe', ['unknown', CITY])).toEqual({ why: 'unknown' });
    expect(outcome('globe', ['idle', CITY])).toEqual({ why: 'idle' });
  });
});
