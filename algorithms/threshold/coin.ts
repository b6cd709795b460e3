/**
 * The common coin of asynchronous agreement (Cachin, Kursawe, Shoup 2000, with BLS instead of a
 * Diffie-Hellman proof per share): coin(r) = lsb(H(signature of epoch, instance, r)) under a key with
 * threshold f + 1. The signature is unique, so all who combine it see one coin; and f corrupted
 * parties cannot foresee it before one correct party has released its share of that very round.
 * Agreement never rests on the coin, only its end does (consensus.md 3a): a broken coin delays.
 *
 *   message = "city-chain/coin/1" | u64 epoch | u32 length | instance | u64 round
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { assert } from '#lib/assert.ts';
import { concat, utf8 } from '#lib/bytes.ts';
import { uint32 } from './oracle.ts';

const PURPOSE = utf8('city-chain/coin/1');
const TOSS = utf8('city-chain/coin/1/toss');

/** What the parties sign to toss the coin of a round of an instance of agreement. */
export function coinMessage(epoch: number, instance: Uint8Array, round: number): Uint8Array {
  return concat(PURPOSE, uint64(epoch), uint32(instance.length), instance, uint64(round));
}

/** 32 bytes that nobody could foresee, from the combined signature: a beacon. */
export const tossed = (signature: Uint8Array): Uint8Array => sha256(concat(TOSS, signature));

/** The coin, from the combined signature. */
export const coinOf = (signature: Uint8Array): 0 | 1 =>
  (tossed(signature).at(-1)! & 1) === 1 ? 1 : 0;

function uint64(value: number): Uint8Array {
  assert(Number.isSafeInteger(value) && value >= 0, 'epochs and rounds are counted from 0');
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
