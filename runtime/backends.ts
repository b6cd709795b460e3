/**
 * The fast backends that a Node process has: libsodium and mcl, once their WASM is ready, and above
 * them `node:crypto`. A root waits for this before its first step, and so does each worker thread, for
 * itself; whoever does not gets the same bytes, slowly. Browsers have a root of their own.
 *
 * Pairings (mcl) are apart: they take 19 MB of each process and thread, and 80 ms of its start, and
 * nothing that runs in a city today needs them. Whoever only holds draws nothing and checks no draw, so
 * it does without libsodium, too: 6 MB less, and the portable backend where somebody chose another suite.
 */
import { chooseFrom } from '#algorithms/backend.ts';
import { offerNative } from '#algorithms/crypto/native.ts';

let offered: Promise<void> | undefined;
let pairings: Promise<void> | undefined;

/** All but pairings. `choices` as in `chooseFrom`: what an operator or a CI run forces. Twice is once. */
export async function offerCityBackends(choices = ''): Promise<void> {
  offered ??= offerSigning();
  await offered;
  chooseFrom(choices);
}

/** What a node needs that only holds; all that a city needs where a choice may name any of it. */
export async function offerKeeperBackends(choices = ''): Promise<void> {
  if (choices === '' && offered === undefined) offerNative();
  else await offerCityBackends(choices);
}

/** All there are. */
export async function offerBackends(choices = ''): Promise<void> {
  pairings ??= offerPairings();
  await Promise.all([pairings, offerCityBackends(choices)]);
}

async function offerSigning(): Promise<void> {
  const [{ default: sodium }, { offerSodium }] = await Promise.all([
    import('libsodium-wrappers-sumo'),
    import('#algorithms/crypto/sodium.ts'),
  ]);
  await sodium.ready;
  offerSodium(sodium);
  offerNative(); // Last offered, most wanted.
}

async function offerPairings(): Promise<void> {
  const [
    { default: sodium },
    { default: mcl },
    { default: low },
    { offerMcl },
    { offerSodiumRistretto },
  ] = await Promise.all([
    import('libsodium-wrappers-sumo'),
    import('mcl-wasm'),
    import('mcl-wasm/dist/mcl.js'),
    import('#algorithms/threshold/pairing-mcl.ts'),
    import('#algorithms/threshold/ristretto-sodium.ts'),
  ]);
  await Promise.all([sodium.ready, mcl.init(mcl.BLS12_381)]);
  offerMcl({ mcl, low });
  offerSodiumRistretto(sodium);
}
