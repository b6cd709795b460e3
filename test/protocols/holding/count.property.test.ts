/**
 * Counting: whatever acks come, in whatever order and however often, what is counted is one holder a row and
 * one row a light, and enough is what a ledger finds to be enough. Method: sequences from a pool of good
 * acks, of spares, of others' and of liars, beside a model that is a few lines.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { certFault } from '#protocols/certificate.ts';
import { acksOf, certOf, countAck, countOf, isEnough, isWhole } from '#protocols/commit/count.ts';
import { FIRST_EPOCH } from '#protocols/genesis.ts';
import { mayHold, placedRows, rowsOf } from '#protocols/manifest.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { hex } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { ackOf, LIGHTS, sealed, STRANGER, type Sealed } from './kept-city.ts';

await offerBackends();
const [tx, other] = sealed(2) as [Sealed, Sealed];
const { manifest } = tx;
const rows = Array.from({ length: rowsOf(manifest) }, (_, row) => row);
const SPARES = LIGHTS.slice(5, 8);
type Given = ReturnType<typeof ackOf> & { readonly isGood: boolean };
const good = (row: number, holder?: NodeAddress): Given => ({
  ...ackOf(tx, row, holder),
  isGood: true,
});
const bad = (given: ReturnType<typeof ackOf>): Given => ({ ...given, isGood: false });

const pool: readonly Given[] = [
  ...rows.map((row) => good(row)),
  ...rows.slice(0, 5).flatMap((row) => SPARES.map((spare) => good(row, spare))),
  ...rows.map((row) => bad(ackOf(other, row))),
  ...rows.map((row) => bad(ackOf(tx, row, STRANGER))),
  ...rows.map((row) => bad(ackOf(tx, row, undefined, { epoch: 1 }))),
];
const batches = new Map(pool.map(({ ack, batch }) => [hex(ack.batch), batch]));

/** One holder a row, one row a light: the first that comes. */
function modelOf(sequence: readonly Given[]): Map<number, NodeAddress> {
  const model = new Map<number, NodeAddress>();
  for (const { ack, batch, isGood } of sequence) {
    const { signer } = batch.head;
    const isLate = model.has(ack.row) || (ack.row < 5 && [...model.values()].includes(signer));
    if (isGood && mayHold(manifest, ack.row, signer) && !isLate) model.set(ack.row, signer);
  }
  return model;
}

it('counts one holder a row, one row a light, and is enough when a ledger says so', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pool), { maxLength: 60 }), (sequence) => {
      const count = countOf(tx.cover, manifest);
      for (const { ack, batch } of sequence) countAck(count, ack, batch, FIRST_EPOCH);
      const model = modelOf(sequence);
      expect(new Map([...count.rows].map(([row, { holder }]) => [row, holder]))).toEqual(model);
      expect(acksOf(count)).toBe(model.size);
      const whole = rows.slice(0, placedRows(manifest)).every((row) => model.has(row));
      expect(isWhole(count)).toBe(whole);
      const certified = { cover: tx.cover, manifest, cert: certOf(count) };
      const fault = certFault(certified, (digest) => batches.get(hex(digest)), FIRST_EPOCH);
      expect(isEnough(count)).toBe(fault === undefined);
    }),
  );
});
