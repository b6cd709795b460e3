/** The coin in the pool: what members of one committee toss from real shares. */
import { describe, expect, it } from 'vitest';
import { writeKeySet } from '#algorithms/threshold/keys.ts';
import { PAIRING } from '#algorithms/threshold/pairing.ts';
import { shares, tossed } from '#protocols/abba/jobs.ts';
import { sharedKey } from '#test/algorithms/threshold/shared-key.ts';

const { keys, shares: secrets } = sharedKey(PAIRING.use().g2, 2, 4);
const coin = { epoch: 3, instance: new Uint8Array(32).fill(9), round: 2 };
const all = secrets.map((secret, seat) => ({
  seat,
  share: shares({ ...coin, secrets: [secret] })[0]!,
}));
const lie = { seat: 0, share: all[1]!.share };
const toss = (given: typeof all) =>
  tossed({ ...coin, keys: writeKeySet(keys), seats: 4, threshold: 2, shares: given });

describe('a coin', () => {
  it('is the same from whichever shares, and whoever lies is named', () => {
    const { coin: first } = toss([all[3]!, all[1]!]);
    expect([0, 1]).toContain(first);
    expect(toss([lie, all[2]!, all[3]!])).toEqual({ coin: first, liars: [0] });
  });

  it('does not come about from too few', () => {
    expect(toss([all[1]!])).toEqual({ coin: undefined, liars: [] });
  });
});
