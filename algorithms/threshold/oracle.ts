/**
 * The random oracles of the threshold schemes: SHA-512 over a domain and parts, each preceded by its
 * length, so that no two lists of parts have the same bytes. 512 bits reduced to a scalar of at most
 * 255 are uniform but for 2^-257.
 */
import { sha512 } from '@noble/hashes/sha2.js';
import { hex, utf8 } from '#lib/bytes.ts';
import type { Scalar } from './group.ts';

const PREFIX = 'city-chain/threshold/1/';
const LENGTH_BYTES = 4;

export function digest(domain: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = sha512.create();
  for (const part of [utf8(PREFIX + domain), ...parts])
    hash.update(uint32(part.length)).update(part);
  return hash.digest();
}

export const scalarFrom = (
  order: bigint,
  domain: string,
  ...parts: readonly Uint8Array[]
): Scalar => BigInt(`0x${hex(digest(domain, ...parts))}`) % order;

export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
