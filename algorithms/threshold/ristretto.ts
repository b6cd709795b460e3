/**
 * ristretto255 (RFC 9496): a group of prime order without cofactor, made of edwards25519; hashing to
 * it by the suite ristretto255_XMD:SHA-512_R255MAP_RO_ (RFC 9380 appendix B). Backends: `sodium`
 * (libsodium in WebAssembly, offered by a root because it must be awaited) and `portable` (noble).
 */
import { hex, utf8 } from '#lib/bytes.ts';
import { primitive, type Primitive } from '../backend.ts';
import type { HashingGroup, Ristretto } from './group.ts';
import { nobleRistretto } from './ristretto-noble.ts';

/** RFC 9496 appendix A.1: the generator, twice and three times the generator. */
const MULTIPLES = [
  'e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76',
  '6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919',
  '94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259',
];

function knownAnswers(group: HashingGroup<Ristretto>): boolean {
  const { generator, multiplySecret, combine, write, hash, order } = group;
  const message = hash(utf8('abc'), 'QUUX-V01-CS02-with-ristretto255_XMD:SHA-512_R255MAP_RO_');
  return (
    MULTIPLES.every((text, i) => hex(write(multiplySecret(generator, BigInt(i + 1)))) === text) &&
    group.same(combine([message, generator], [order - 1n, 0n]), multiplySecret(message, order - 1n))
  );
}

export const RISTRETTO: Primitive<HashingGroup<Ristretto>> = primitive(
  'ristretto255',
  knownAnswers,
  [{ name: 'portable', make: nobleRistretto }],
);
