/**
 * Verifying a proof: offline, in a browser, in a worker, in a process that knows nothing else of this network.
 *
 *   const verdict = verify(proof, genesis);      // texts of the two files, or what is in them
 *   if (verdict.ok) console.log(verdict.value.state, verdict.value.upTo);
 *   else console.log(verdict.error.layer, verdict.error.why);
 *
 * No clock, no chance, no file and no connection: the same answer everywhere. Nothing here or below needs Node; ML-DSA runs
 * in JavaScript where nobody has offered something faster (algorithms/backend.ts).
 */
import { attempt } from '#lib/attempt.ts';
import { unhex } from '#lib/bytes.ts';
import { fail, type Result } from '#lib/result.ts';
import { whole } from '#protocols/codec.ts';
import { readBundle, readBundleText, type Bundle } from '#protocols/proof/bundle.ts';
import { verify as verdictOf, type Proved, type Refusal } from '#protocols/proof/verify.ts';
import { isWorld, World } from '#protocols/world.ts';

export {
  topOf,
  bundleBytes,
  bundleText,
  LAYERS,
  readBundle,
  readBundleText,
} from '#protocols/proof/bundle.ts';
export type { Bundle, Layer, Root } from '#protocols/proof/bundle.ts';
export type { Proved, Refusal, World };

/** What cannot even be read. */
export interface Unreadable {
  readonly layer: 'file';
  readonly why: 'no-proof' | 'no-genesis';
}

/** Of a network, as `up` writes it (`genesis.json`): nothing when it is none. */
export function readGenesis(text: string): World | undefined {
  const digits = attempt(() => (JSON.parse(text) as { readonly world?: unknown }).world);
  const bytes = typeof digits === 'string' ? unhex(digits) : undefined;
  const world = bytes === undefined ? undefined : attempt(() => whole(World, bytes));
  return world !== undefined && isWorld(world) ? world : undefined;
}

/** How far a transaction is rooted, and what is proved of it so; or the first thing that is wrong. */
export function verify(
  proof: Bundle | Uint8Array | string,
  genesis: World | string,
): Result<Proved, Refusal | Unreadable> {
  const world = typeof genesis === 'string' ? readGenesis(genesis) : genesis;
  if (world === undefined) return fail({ layer: 'file', why: 'no-genesis' });
  const bundle = bundleIn(proof);
  return bundle === undefined ? fail({ layer: 'file', why: 'no-proof' }) : verdictOf(bundle, world);
}

function bundleIn(proof: Bundle | Uint8Array | string): Bundle | undefined {
  if (typeof proof === 'string') return readBundleText(proof);
  return proof instanceof Uint8Array ? readBundle(proof) : proof;
}
