/** What proofs leave to the pool: the trees of a batch, and the signatures of a bundle. */
import { verifyMany, type VerifyJob } from '#algorithms/signature.ts';
import { Committed, Entry } from '../city-batch.ts';
import { StateStep } from '../city-state.ts';
import { toBytes, whole } from '../codec.ts';
import type { Plain } from '../effect.ts';
import { Done } from '../ledger/records.ts';
import { same } from '#lib/bytes.ts';
import { cityProof, CityProof } from './city-proof.ts';

/** Rows of a ledger, as they lie on its disk. */
export interface ProveInput {
  readonly of: Uint8Array;
  readonly happened: Uint8Array;
  readonly step: Uint8Array;
  readonly next: Uint8Array;
  readonly entry: Uint8Array;
}

/** Null where the entry did nothing. */
function prove(rows: ProveInput): Uint8Array | null {
  const of = whole(Committed, rows.of);
  const entry = whole(Entry, rows.entry);
  const index = of.batch.entries.findIndex(
    ({ txId, cert }) => same(cert, entry.cert) && same(txId, entry.txId),
  );
  const happened = whole(Done, rows.happened);
  const [step, next] = [whole(StateStep, rows.step), whole(Committed, rows.next)];
  const proof = index < 0 ? undefined : cityProof({ of, happened, step, next }, index);
  return proof === undefined ? null : toBytes(CityProof, proof);
}

export const PROOF_JOBS = {
  'ledger.prove': (rows: Plain): Plain => prove(rows as unknown as ProveInput),
  'proof.verify': (jobs: Plain): Plain => verifyMany(jobs as unknown as VerifyJob[]),
} as const;
