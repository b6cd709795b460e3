/**
 * The random generator of the NIST post-quantum test programs: AES-256 CTR_DRBG without derivation
 * function (SP 800-90A section 10.2.1), seeded with 48 bytes. Known answers made with it can be
 * made again, key generation included.
 */
import { createCipheriv } from 'node:crypto';

const BLOCK_BYTES = 16;
const SEED_BYTES = 48;

export function nistDrbg(seed: Uint8Array): (length: number) => Uint8Array {
  let key = Buffer.alloc(32);
  let counter = 0n;
  const block = (): Buffer => {
    counter = BigInt.asUintN(128, counter + 1n);
    const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    return cipher.update(Buffer.from(counter.toString(16).padStart(2 * BLOCK_BYTES, '0'), 'hex'));
  };
  const update = (entropy: Uint8Array): void => {
    const next = Buffer.concat([block(), block(), block()]).map((byte, i) => byte ^ entropy[i]!);
    key = Buffer.from(next.subarray(0, 32));
    counter = BigInt(`0x${Buffer.from(next.subarray(32)).toString('hex')}`);
  };
  update(seed);
  return (length) => {
    const blocks = Array.from({ length: Math.ceil(length / BLOCK_BYTES) }, block);
    update(new Uint8Array(SEED_BYTES));
    return Uint8Array.from(Buffer.concat(blocks).subarray(0, length));
  };
}
