/**
 * RFC 6962 to the letter, and slow: trees and proofs as section 2.1 defines them, over SHA-256 with
 * its prefix bytes; and its eight well-known leaves (the reference tests of Certificate Transparency).
 */
import { createHash } from 'node:crypto';
import type { Join } from '#algorithms/merkle/tree.ts';
import { concat, unhex } from '#lib/bytes.ts';

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(
    createHash('sha256')
      .update(concat(...parts))
      .digest(),
  );

export const leafOf = (data: Uint8Array): Uint8Array => sha256(Uint8Array.of(0), data);
const parentOf = (left: Uint8Array, right: Uint8Array) => sha256(Uint8Array.of(1), left, right);

/** The same inner nodes, in the shape that our trees take. */
export const joinSha256: Join = (pairs) =>
  concat(
    ...Array.from({ length: pairs.length / 64 }, (_, i) =>
      parentOf(pairs.subarray(64 * i, 64 * i + 32), pairs.subarray(64 * i + 32, 64 * i + 64)),
    ),
  );

const split = (count: number): number => {
  let power = 1;
  while (2 * power < count) power *= 2;
  return power;
};

/** MTH. */
export function rootSlowly(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0]!;
  const k = split(leaves.length);
  return parentOf(rootSlowly(leaves.slice(0, k)), rootSlowly(leaves.slice(k)));
}

/** PATH. */
export function pathSlowly(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...pathSlowly(index, leaves.slice(0, k)), rootSlowly(leaves.slice(k))]
    : [...pathSlowly(index - k, leaves.slice(k)), rootSlowly(leaves.slice(0, k))];
}

/** PROOF and SUBPROOF. */
export function consistencySlowly(
  was: number,
  leaves: readonly Uint8Array[],
  whole = true,
): Uint8Array[] {
  if (was === leaves.length) return whole ? [] : [rootSlowly(leaves)];
  const k = split(leaves.length);
  return was <= k
    ? [...consistencySlowly(was, leaves.slice(0, k), whole), rootSlowly(leaves.slice(k))]
    : [...consistencySlowly(was - k, leaves.slice(k), false), rootSlowly(leaves.slice(0, k))];
}

export const KNOWN_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((text) => leafOf(unhex(text)!));

/** Of the first one, two, ... eight of them. */
export const KNOWN_ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
