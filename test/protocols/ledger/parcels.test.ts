/** Certificates that another ledger wants get there: no offer is larger than an envelope. */
import { describe, expect, it } from 'vitest';
import { SIGNATURE_SUITES } from '#algorithms/signature.ts';
import { hex } from '#lib/bytes.ts';
import { toBytes } from '#protocols/codec.ts';
import { BODY_BYTES_MAX } from '#protocols/envelope.ts';
import { Batch, batchDigest } from '#protocols/holding.ts';
import { certFault } from '#protocols/certificate.ts';
import { FIRST_EPOCH } from '#protocols/genesis.ts';
import { offersOf } from '#protocols/ledger/parcels.ts';
import { Offer } from '#protocols/sending.messages.ts';
import { made, type AnyCertified, type Made } from './kept.ts';

/** As the default suite signs: each batch takes more than 3 KB. */
function large({ certified, batches }: Made): { certified: AnyCertified; batches: Batch[] } {
  const signature = new Uint8Array(SIGNATURE_SUITES['ml-dsa-65'].signatureBytes);
  const signed = batches.map((batch) => ({ ...batch, signature }));
  const acks = certified.cert.acks.map((ack, i) => ({ ...ack, batch: batchDigest(signed[i]!) }));
  return { certified: { ...certified, cert: { ...certified.cert, acks } }, batches: signed };
}

describe('offers', () => {
  const all = Array.from({ length: 24 }, (_, seq) => large(made(`number ${seq}`, { seq })));
  const rows = new Map(
    all.flatMap(({ batches }) =>
      batches.map((batch) => [hex(batchDigest(batch)), toBytes(Batch, batch)] as const),
    ),
  );
  const certified = all.map((each) => each.certified);

  it('are each small enough to arrive, and together all of it, once, in order', () => {
    const offers = offersOf(certified, rows);
    expect(offers.length).toBeGreaterThan(1);
    for (const each of offers)
      expect(toBytes(Offer.body, each).length).toBeLessThan(BODY_BYTES_MAX);
    expect(offers.flatMap((each) => each.certified)).toEqual(certified);
  });

  it('have the batches that their certificates refer to, and no others', () => {
    for (const { certified: own, batches } of offersOf(certified, rows)) {
      const byName = new Map(batches.map((batch) => [hex(batchDigest(batch)), batch]));
      const refs = new Set(own.flatMap(({ cert }) => cert.acks.map(({ batch }) => hex(batch))));
      expect(new Set(byName.keys())).toEqual(refs);
      for (const each of own) {
        expect(certFault(each, (name) => byName.get(hex(name)), FIRST_EPOCH)).toBeUndefined();
      }
    }
  });

  it('of nothing are none', () => {
    expect(offersOf([], rows)).toEqual([]);
  });
});
