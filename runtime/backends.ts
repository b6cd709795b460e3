/**
 * The fast backends that a Node process has: libsodium, once its WASM is ready, and above it
 * `node:crypto`. A root waits for this before its first step, and so does each worker thread, for
 * itself; whoever does not gets the same bytes, slowly. Browsers have a root of their own.
 */
import sodium from 'libsodium-wrappers-sumo';
import { chooseFrom } from '#algorithms/backend.ts';
import { offerNative } from '#algorithms/crypto/native.ts';
import { offerSodium } from '#algorithms/crypto/sodium.ts';

let offered: Promise<void> | undefined;

/** `choices` as in `chooseFrom`: what an operator or a CI run forces. Twice is once. */
export async function offerBackends(choices = ''): Promise<void> {
  offered ??= offerAll();
  await offered;
  chooseFrom(choices);
}

async function offerAll(): Promise<void> {
  await sodium.ready;
  offerSodium(sodium);
  offerNative(); // Last offered, most wanted.
}
