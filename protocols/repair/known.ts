/** A transaction as the own ledger has it: what a look begins with. */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { placesOf, type Fate } from '../fate.ts';
import type { Told } from '../ledger.messages.ts';
import type { Manifest } from '../manifest.ts';
import type { Cover } from '../transaction.ts';
import type { Held } from './placing.ts';

export interface Known {
  readonly cover: Cover;
  readonly manifest: Manifest;
  readonly fate: Fate;
  /** By row. */
  readonly places: readonly Held[];
  /** Rows that were acknowledged, by whoever has them now. */
  readonly acked: ReadonlySet<number>;
  readonly ackedAt: number;
  readonly expiresAt: number;
}

/** Nothing where it is not known, or was not ordered yet. */
export function knownOf({ known, cover, manifest, cert, proof, fate, expiresAt }: Told) {
  if (known !== 'ordered' || cover === undefined || manifest === undefined) return undefined;
  if (cert === undefined || proof === undefined || expiresAt === undefined) return undefined;
  const places = placesOf(manifest, fate);
  const acked = new Set([...cert.acks, ...fate.places].map(({ row }) => row));
  const ackedAt = stampOf(proof.head.at).wallMs;
  return { cover, manifest, fate, places, acked, ackedAt, expiresAt } satisfies Known;
}
