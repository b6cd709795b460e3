/**
 * The pairing in force: BLS12-381 with signatures and hashes in G1, keys in G2 (the IETF's
 * "minimal-signature-size"), hashing by the suite BLS12381G1_XMD:SHA-256_SSWU_RO_ (RFC 9380 section
 * 8.8.1). Backends: `mcl` (WebAssembly, offered by a root because it must be awaited), `portable`.
 */
import { hex, utf8 } from '#lib/bytes.ts';
import { primitive, type Primitive } from '../backend.ts';
import { G2_GENERATOR, ORDER } from './bls12381.ts';
import type { Pairing } from './group.ts';
import { noblePairing } from './pairing-noble.ts';

/** RFC 9380 appendix J.9.1: the message "abc" under the appendix' tag. */
const HASHED_ABC =
  '83567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2f6903';

function knownAnswers({ g1, g2, matches }: Pairing): boolean {
  const hashed = g1.hash(utf8('abc'), 'QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_');
  const secret = ORDER - 3n;
  const key = g2.multiplySecret(g2.generator, secret);
  const signature = g1.multiplySecret(hashed, secret);
  return (
    hex(g1.write(hashed)) === HASHED_ABC &&
    hex(g2.write(g2.generator)) === hex(G2_GENERATOR) &&
    matches(hashed, key, signature) &&
    !matches(hashed, g2.generator, signature)
  );
}

export const PAIRING: Primitive<Pairing> = primitive('bls12-381', knownAnswers, [
  { name: 'portable', make: noblePairing },
]);
