/**
 * The fast backends that a Node process has: libsodium and mcl, once their WASM is ready, and above
 * them `node:crypto`. A root waits for this before its first step, and so does each worker thread, for
 * itself; whoever does not gets the same bytes, slowly. Browsers have a root of their own.
 */
import sodium from 'libsodium-wrappers-sumo';
import mcl from 'mcl-wasm';
import low from 'mcl-wasm/dist/mcl.js';
import { chooseFrom } from '#algorithms/backend.ts';
import { offerNative } from '#algorithms/crypto/native.ts';
import { offerSodium } from '#algorithms/crypto/sodium.ts';
import { offerMcl } from '#algorithms/threshold/pairing-mcl.ts';
import { offerSodiumRistretto } from '#algorithms/threshold/ristretto-sodium.ts';

let offered: Promise<void> | undefined;

/** `choices` as in `chooseFrom`: what an operator or a CI run forces. Twice is once. */
export async function offerBackends(choices = ''): Promise<void> {
  offered ??= offerAll();
  await offered;
  chooseFrom(choices);
}

async function offerAll(): Promise<void> {
  await Promise.all([sodium.ready, mcl.init(mcl.BLS12_381)]);
  offerMcl({ mcl, low });
  offerSodiumRistretto(sodium);
  offerSodium(sodium);
  offerNative(); // Last offered, most wanted.
}
