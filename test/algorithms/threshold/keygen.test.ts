/** Key generation, step by step: what ends it, what it ignores, and when it fails. */
import { describe, expect, it } from 'vitest';
import { convene, deal, dealingKey } from '#algorithms/threshold/dealing.ts';
import { begin, type Heard, invariants, type Keygen, step } from '#algorithms/threshold/keygen.ts';
import type { Ristretto } from '#algorithms/threshold/group.ts';
import { scalarFrom, uint32 } from '#algorithms/threshold/oracle.ts';
import { concat, utf8 } from '#lib/bytes.ts';
import { FAST } from './each-backend.ts';

const group = FAST.ristretto;
const secrets = [0, 1, 2, 3].map((i) => scalarFrom(group.order, 'test/key', uint32(i)));
const recipients = secrets.map((secret) => dealingKey(group, secret));
const ceremony = convene(group, group, utf8('epoch 1'), 2, recipients);
const closed: Heard = { kind: 'closed' };
const dealt = (from: number): Heard => ({
  kind: 'dealt',
  from,
  bytes: deal(ceremony, from, new Uint8Array(32).fill(from)),
});
const fold = (state: Keygen<Ristretto>, ...heard: readonly Heard[]): Keygen<Ristretto> =>
  heard.reduce((at, next) => step(at, next)[0], state);
const against = (...dealers: readonly number[]): Uint8Array =>
  concat(...dealers.flatMap((dealer) => [uint32(dealer), new Uint8Array(96)]));
const member = begin(ceremony, { index: 0, secret: secrets[0]! });

describe('key generation', () => {
  it('fails with fewer dealings than the threshold, however it got there', () => {
    expect(fold(member, closed, closed)).toEqual({ phase: 'failed', dealers: [], faults: [] });
    expect(fold(member, dealt(3), closed, closed)).toMatchObject({ phase: 'failed', dealers: [3] });
  });
  it('is ready with as many dealings as the threshold', () => {
    const state = fold(member, dealt(3), dealt(1), closed, closed);
    invariants(state);
    expect(state).toMatchObject({ phase: 'ready', dealers: [1, 3], faults: [] });
  });
  it('gives an observer the same keys and no share', () => {
    const heard = [dealt(3), dealt(1), closed, closed];
    const [own, observed] = [fold(member, ...heard), fold(begin(ceremony), ...heard)];
    expect(observed).toEqual({ ...own, share: undefined });
    expect(own.phase === 'ready' && own.share !== undefined).toBe(true);
  });
  it('ignores strangers, what comes out of its phase, and everything after the end', () => {
    const complaint: Heard = { kind: 'complained', from: 0, bytes: new Uint8Array(100) };
    expect(fold(member, { ...dealt(1), from: 4 } as Heard)).toEqual(member);
    expect(fold(member, { ...dealt(1), from: -1 } as Heard)).toEqual(member);
    expect(fold(member, complaint)).toEqual(member);
    const complaining = fold(member, dealt(1), dealt(2), closed);
    expect(fold(complaining, dealt(3), { ...complaint, from: 7 } as Heard)).toEqual(complaining);
    const ready = fold(complaining, closed);
    expect(fold(ready, dealt(3), complaint, closed)).toBe(ready);
  });
  it('takes no complaint against a party that did not deal', () => {
    const bytes = new Uint8Array(100).with(3, 3);
    const state = fold(member, dealt(1), dealt(2), closed);
    const done = fold(state, { kind: 'complained', from: 2, bytes }, closed);
    expect(done).toMatchObject({
      dealers: [1, 2],
      faults: [{ index: 2, fault: 'false-complaint' }],
    });
  });
  it('takes no list of complaints out of order, twice against one, or beyond the parties', () => {
    for (const bytes of [
      against(2, 1),
      against(1, 1),
      against(4),
      against(),
      against(1).subarray(1),
    ]) {
      const state = fold(member, dealt(1), dealt(2), closed);
      const done = fold(state, { kind: 'complained', from: 2, bytes }, closed);
      expect(done).toMatchObject({ faults: [{ index: 2, fault: 'malformed-complaints' }] });
    }
  });
});
