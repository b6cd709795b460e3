/**
 * Certificates on their way to another ledger, in offers of a size that gets there: each with the batches of acks
 * that it refers to, and no others.
 *
 * Where acks share few batches a certificate comes with some 150 KB of them, and one offer holds two or three. So
 * size is counted before an offer is made: what is larger than an envelope would be dropped, and asked for again,
 * for ever.
 */
import { toBytes, whole } from '../codec.ts';
import { Batch } from '../holding.ts';
import { Certified, Offer } from '../sending.messages.ts';
import { key } from './records.ts';

/** Of certificates and batches; an envelope takes 512 KB. */
export const OFFER_BYTES = 400_000;

interface Parcel {
  readonly certified: Certified[];
  readonly batches: Map<string, Uint8Array>;
  bytes: number;
}

/** The batches of acks that a certificate refers to, by name. */
export const batchNames = ({ cert }: Certified): string[] => [
  ...new Set(cert.acks.map(({ batch }) => key(batch))),
];

/** `rows`: the batches, as they are kept, by name. What is not among them is left out. */
export function offersOf(
  certified: readonly Certified[],
  rows: ReadonlyMap<string, Uint8Array>,
): Offer[] {
  const parcels: Parcel[] = [];
  for (const each of certified) {
    let last = parcels.at(-1) ?? emptyParcel();
    if (parcels.length === 0 || last.bytes + sizeIn(last, each, rows) > OFFER_BYTES) {
      last = emptyParcel();
      parcels.push(last);
    }
    add(last, each, rows);
  }
  return parcels.map(({ certified: all, batches }) =>
    Offer.of({ certified: all, batches: [...batches.values()].map((row) => whole(Batch, row)) }),
  );
}

const emptyParcel = (): Parcel => ({ certified: [], batches: new Map(), bytes: 0 });

/** What a certificate adds to a parcel. */
function sizeIn({ batches }: Parcel, each: Certified, rows: ReadonlyMap<string, Uint8Array>) {
  const own = batchNames(each).filter((name) => !batches.has(name));
  const bytes = own.reduce((sum, name) => sum + (rows.get(name)?.length ?? 0), 0);
  return bytes + toBytes(Certified, each).length;
}

function add(parcel: Parcel, each: Certified, rows: ReadonlyMap<string, Uint8Array>): void {
  parcel.bytes += sizeIn(parcel, each, rows);
  parcel.certified.push(each);
  for (const name of batchNames(each)) {
    const row = rows.get(name);
    if (row !== undefined) parcel.batches.set(name, row);
  }
}
