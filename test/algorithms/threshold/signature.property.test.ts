/** Whoever lies is named, whoever does not is not, and the signature is one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combine, liarsAmong, sign, verify } from '#algorithms/threshold/signature.ts';
import { utf8 } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';
import { FAST, PAIRINGS } from './each-backend.ts';
import { sharedKey } from './shared-key.ts';

const message = utf8('round 7');
const PARTIES = 10;
const THRESHOLD = 4;

/** What each party sends: its share, or one of the lies, or nothing. */
const sent = fc.array(fc.constantFrom('good', 'good', 'other', 'garbage', 'opposite', 'silent'), {
  minLength: PARTIES,
  maxLength: PARTIES,
});

describe('threshold signatures', () => {
  const { pairing } = FAST;
  const { secret, shares, keys } = sharedKey(pairing.g2, THRESHOLD, PARTIES);
  const whole = sign(pairing, secret, message);
  const sentBy = (index: number, what: string): Uint8Array => {
    const share = shares[index]!;
    if (what === 'other') return sign(pairing, share, utf8('round 8'));
    if (what === 'garbage') return new Uint8Array(48).fill(index);
    return sign(pairing, what === 'opposite' ? pairing.g1.order - share : share, message);
  };

  it('name all liars and only liars, and come out whole with threshold good shares', () =>
    fc.assert(
      fc.property(sent, (whats) => {
        const received = new Map(
          whats.flatMap((what, index) =>
            what === 'silent' ? [] : [[index, sentBy(index, what)] as const],
          ),
        );
        const bad = whats.flatMap((what, i) => (what === 'good' || what === 'silent' ? [] : [i]));
        const good = received.size - bad.length;
        const points = received.size - whats.filter((what) => what === 'garbage').length;
        expect(liarsAmong(pairing, keys, message, received)).toEqual(bad);
        const combined = combine(pairing, keys, message, received);
        expect(bad).toEqual(expect.arrayContaining([...combined.liars]));
        expect(combined).toMatchObject(
          good >= THRESHOLD
            ? { phase: 'combined', signature: whole }
            : { phase: 'short', missing: THRESHOLD - (points < THRESHOLD ? points : good) },
        );
      }),
      { numRuns: cases(10) },
    ));

  it('give every backend the same bytes and verdicts', () =>
    fc.assert(
      fc.property(sent, fc.uint8Array({ maxLength: 40 }), (whats, text) => {
        const outcomes = PAIRINGS.map(({ made }) => {
          const { shares, keys } = sharedKey(made.g2, 2, 3);
          const received = new Map(
            shares.map((share, index) => {
              const bytes = sign(made, share, text);
              return [index, whats[index] === 'garbage' ? bytes.with(40, bytes[40]! ^ 1) : bytes];
            }),
          );
          const combined = combine(made, keys, text, received);
          const valid =
            combined.phase === 'combined' && verify(made, keys.publicKey, text, combined.signature);
          return { combined, valid };
        });
        expect(outcomes[0]).toEqual(outcomes.at(-1));
      }),
      { numRuns: 2 },
    ));
});
