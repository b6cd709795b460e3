/** The hash on each backend: BLAKE3's published table, edges of its tree, and the other implementation. */
import { blake3 } from '@noble/hashes/blake3.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { domain, hash, hashRows, type Domain } from '#algorithms/hash/hash.ts';
import { concat, hex, utf8 } from '#lib/bytes.ts';

/** BLAKE3's test_vectors.json, `derive_key`, first 32 bytes; messages count 0 .. 250 again and again. */
const CONTEXT = 'BLAKE3 2019-12-27 16:29:52 test vectors context' as Domain;
const PUBLISHED: readonly (readonly [number, string])[] = [
  [0, '2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d'],
  [1, 'b3e2e340a117a499c6cf2398a19ee0d29cca2bb7404c73063382693bf66cb06c'],
  [1_023, '74a16c1c3d44368a86e1ca6df64be6a2f64cce8f09220787450722d85725dea5'],
  [1_024, '7356cd7720d5b66b6d0697eb3177d9f8d73a4a5c5e968896eb6a689684302706'],
  [1_025, 'effaa245f065fbf82ac186839a249707c3bddf6d3fdda22d1b95a3c970379bcb'],
  [2_048, '7b2945cb4fef70885cc5d78a87bf6f6207dd901ff239201351ffac04e1088a23'],
  [2_049, '2ea477c5515cc3dd606512ee72bb3e0e758cfae7232826f35fb98ca1bcbdf273'],
  [3_072, '050df97f8c2ead654d9bb3ab8c9178edcd902a32f8495949feadcc1e0480c46b'],
  [3_073, '72613c9ec9ff7e40f8f5c173784c532ad852e827dba2bf85b2ab4b76f7079081'],
  [4_096, '1e0d7f3db8c414c97c6307cbda6cd27ac3b030949da8e23be1a1a924ad2f25b9'],
  [4_097, 'aca51029626b55fda7117b42a7c211f8c6e9ba4fe5b7a8ca922f34299500ead8'],
  [5_120, '7a7acac8a02adcf3038d74cdd1d34527de8a0fcc0ee3399d1262397ce5817f60'],
  [5_121, 'b07f01e518e702f7ccb44a267e9e112d403a7b3f4883a47ffbed4b48339b3c34'],
  [6_144, '2a95beae63ddce523762355cf4b9c1d8f131465780a391286a5d01abb5683a15'],
  [6_145, '379bcc61d0051dd489f686c13de00d5b14c505245103dc040d9e4dd1facab8e5'],
  [7_168, '11c37a112765370c94a51415d0d651190c288566e295d505defdad895dae2237'],
  [7_169, '554b0a5efea9ef183f2f9b931b7497995d9eb26f5c5c6dad2b97d62fc5ac31d9'],
];
const message = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);

const PIECE = domain('test piece');

describe.each(backendsOf('hash'))('on %s, the hash', (backend) => {
  beforeAll(() => choose('hash', backend));
  afterAll(() => choose('hash', 'auto'));

  it.each(PUBLISHED)('of %d bytes is the published one', (length, known) => {
    expect(hex(hash(CONTEXT, message(length)))).toBe(known);
    if (length > 0) {
      const three = concat(message(length), message(length), message(length));
      expect(hex(hashRows(CONTEXT, three, length))).toBe(known.repeat(3));
    }
  });

  it.each([1, 63, 64, 65, 127, 128, 1_025, 1_639, 16_384, 33_333, 300_000])(
    'of rows of %d bytes is that of each row, and what noble says',
    (length) => {
      const block = Uint8Array.from({ length: 6 * length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
      const rows = Array.from({ length: 6 }, (_, i) =>
        block.subarray(i * length, (i + 1) * length),
      );
      const ours = hashRows(PIECE, block, length);
      expect(hex(concat(...rows.map((row) => hash(PIECE, row))))).toBe(hex(ours));
      const context = utf8('city-chain v1 test piece');
      expect(hex(concat(...rows.map((row) => blake3(row, { context }))))).toBe(hex(ours));
    },
  );

  it('differs from domain to domain', () => {
    const other = domain(`test other ${backend}`);
    expect(hex(hash(other, message(10)))).not.toBe(hex(hash(PIECE, message(10))));
  });
});

describe('the hash', () => {
  it('is within a domain that is declared once, in lower-case words', () => {
    expect(() => domain('test piece')).toThrow('declared once');
    for (const bad of ['', 'Piece', ' piece', 'piece ', 'a  b', 'a:b']) {
      expect(() => domain(bad)).toThrow('lower-case words');
    }
  });
  it('insists on whole rows', () => {
    expect(() => hashRows(PIECE, message(10), 3)).toThrow('whole rows');
    expect(() => hashRows(PIECE, message(10), 0)).toThrow('whole rows');
  });
});
