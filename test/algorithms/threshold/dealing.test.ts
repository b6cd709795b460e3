/** A verifiable dealing: right shares for all, and proof for everybody when one is wrong. */
import { describe, expect, it } from 'vitest';
import {
  convene,
  deal,
  type Dealing,
  dealingKey,
  isJustified,
  readDealing,
  receive,
} from '#algorithms/threshold/dealing.ts';
import { isShare } from '#algorithms/threshold/keys.ts';
import { scalarFrom, uint32 } from '#algorithms/threshold/oracle.ts';
import { modulo, weightsAtZero } from '#algorithms/threshold/polynomial.ts';
import { concat, utf8 } from '#lib/bytes.ts';
import { FAST, PAIRINGS, RISTRETTOS } from './each-backend.ts';

const PARTIES = 4;
const THRESHOLD = 2;
const entropy = new Uint8Array(32).fill(9);
const sealing = FAST.ristretto;
const group = FAST.ristretto;
const secrets = Array.from({ length: PARTIES }, (_, i) =>
  scalarFrom(sealing.order, 'test/dealing-key', uint32(i)),
);
const recipients = secrets.map((secret) => dealingKey(sealing, secret));
const ceremony = convene(group, sealing, utf8('epoch 3'), THRESHOLD, recipients);
const bytes = deal(ceremony, 1, entropy);
const dealing = readDealing(ceremony, 1, bytes)!;

/** What a cheating dealer would have sent: a proven dealing with another sealed share for party 2. */
const cheated: Dealing<typeof group.generator> = {
  ...dealing,
  sealed: dealing.sealed.map((box, i) => (i === 2 ? box.with(0, box[0]! ^ 1) : box)),
};

describe('dealing', () => {
  it('gives every party its share of one secret', () => {
    const shares = secrets.map((secret, i) => {
      const received = receive(ceremony, dealing, i, secret);
      return received.phase === 'received' ? received.share : -1n;
    });
    for (const [i, share] of shares.entries()) {
      expect(isShare(group, dealing.commitment, i, share)).toBe(true);
    }
    const weights = weightsAtZero([3, 1], group.order);
    const secret = modulo(weights[0]! * shares[3]! + weights[1]! * shares[1]!, group.order);
    expect(group.same(group.multiply(group.generator, secret), dealing.commitment[0]!)).toBe(true);
  });
  it('is public knowledge: any altered byte, other dealer or other ceremony is refused', () => {
    for (let at = 0; at < bytes.length; at += 13) {
      expect(readDealing(ceremony, 1, bytes.with(at, bytes[at]! ^ 1))).toBeUndefined();
    }
    expect(readDealing(ceremony, 2, bytes)).toBeUndefined();
    expect(readDealing(ceremony, 1, concat(bytes, new Uint8Array(1)))).toBeUndefined();
    expect(readDealing(ceremony, 1, bytes.subarray(1))).toBeUndefined();
    const others = [
      convene(group, sealing, utf8('epoch 4'), THRESHOLD, recipients),
      convene(group, sealing, utf8('epoch 3'), THRESHOLD, recipients.toReversed()),
    ];
    for (const other of others) expect(readDealing(other, 1, bytes)).toBeUndefined();
  });
  it('leaves no ground for a complaint when it is right', () => {
    // The best an accuser can do is to open its own share truly.
    const found = receive(ceremony, cheated, 2, secrets[2]!);
    expect(found.phase).toBe('cheated');
    const complaint = found.phase === 'cheated' ? found.complaint : entropy;
    expect(isJustified(ceremony, dealing, 2, complaint)).toBe(false);
  });
  it('is convicted by whom it cheated, and by nobody else', () => {
    const found = receive(ceremony, cheated, 2, secrets[2]!);
    const complaint = found.phase === 'cheated' ? found.complaint : entropy;
    expect(isJustified(ceremony, cheated, 2, complaint)).toBe(true);
    for (const other of [0, 1, 3]) {
      expect(receive(ceremony, cheated, other, secrets[other]!).phase).toBe('received');
      expect(isJustified(ceremony, cheated, other, complaint)).toBe(false);
    }
    for (const at of [0, 31, 32, 64, 95]) {
      const altered = complaint.with(at, complaint[at]! ^ 1);
      expect(isJustified(ceremony, cheated, 2, altered)).toBe(false);
    }
    expect(isJustified(ceremony, cheated, 2, complaint.subarray(1))).toBe(false);
    const elsewhere = { ...cheated, dealer: 0 };
    expect(isJustified(ceremony, elsewhere, 2, complaint)).toBe(false);
  });
  it('does not give shares to who guesses a key', () => {
    expect(receive(ceremony, dealing, 0, secrets[1]!).phase).toBe('cheated');
  });
  it('is the same for the same entropy only', () => {
    expect(deal(ceremony, 1, entropy)).toEqual(bytes);
    expect(deal(ceremony, 1, entropy.with(31, 1)).subarray(0, 32)).not.toEqual(
      bytes.subarray(0, 32),
    );
    expect(() => deal(ceremony, 1, entropy.subarray(1))).toThrow('32 bytes of entropy');
  });
  it('has the same bytes on every backend, for both kinds of key', () => {
    const dealt = RISTRETTOS.map(({ made }) => {
      const keys = secrets.map((secret) => dealingKey(made, secret));
      return deal(convene(made, made, utf8('epoch 3'), THRESHOLD, keys), 1, entropy);
    });
    expect(dealt).toEqual(dealt.map(() => bytes));
    const blsDealt = PAIRINGS.map(({ made }) =>
      deal(convene(made.g2, sealing, utf8('epoch 3'), THRESHOLD, recipients), 1, entropy),
    );
    expect(blsDealt).toEqual(blsDealt.map(() => blsDealt[0]));
  });
});
