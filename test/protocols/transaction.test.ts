/**
 * The transaction: its bytes, for those who make one without this program, and what cannot be one.
 * The bytes were taken from this program once, and looked at by hand: who changes them changes every id.
 */
import { describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { verify } from '#algorithms/signature.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import { toBytes, whole } from '#protocols/codec.ts';
import {
  bodyHashOf,
  Core,
  coreId,
  coverFault,
  Header,
  isBodyOf,
  readersHashOf,
  Tx,
  txIdOf,
  verifyJobOf,
  type Cover,
} from '#protocols/transaction.ts';
import { bytesOf, KOMATSU, member, NETWORK, PARIS, txOf } from './sample.ts';

const core: Core = {
  version: 1,
  sender: new Uint8Array(32).fill(1),
  receiver: new Uint8Array(32).fill(2),
  from: KOMATSU,
  to: PARIS,
  seq: 300,
  createdAt: stampBytes({ wallMs: 1_700_000_000_000, count: 5 }),
  expiresAt: 1_800_000_000_000,
  completes: 'on-claim',
  op: utf8('pay'),
  objects: [new Uint8Array(32).fill(3)],
};
const body = utf8('not really sealed, long enough to be one');
const reader = {
  fingerprint: new Uint8Array(32).fill(4),
  suite: 'ml-kem-768',
  capsule: new Uint8Array(40).fill(5),
} as const;

describe('the bytes of a transaction', () => {
  it('are these', () => {
    const header = {
      core,
      bodyHash: bodyHashOf(body),
      bodyBytes: body.length,
      readersHash: readersHashOf([reader]),
    };
    expect(hex(toBytes(Core, core))).toMatchInlineSnapshot(
      `"9b01c4200101010101010101010101010101010101010101010101010101010101010101c4200202020202020202020202020202020202020202020202020202020202020202b5617369612e697368696b6177612e6b6f6d61747375b36575726f70652e6672616e63652e7061726973cd012cc408018bcfe568000005cf000001a3185c5000a86f6e2d636c61696dc40370617991c4200303030303030303030303030303030303030303030303030303030303030303"`,
    );
    expect(hex(coreId(core))).toMatchInlineSnapshot(
      `"787ee144c563e80704f7279237096198f8a1a74e44574fa5a17af0625b45602a"`,
    );
    expect(hex(header.bodyHash)).toMatchInlineSnapshot(
      `"da6d445aafef921c5784559a3cc46e55a3f4421facc801e031aea36d50f3129e"`,
    );
    expect(hex(header.readersHash)).toMatchInlineSnapshot(
      `"918c7b368e373ca4af62555d41134bb87446e0c48cf06704abd0dfdddaf53022"`,
    );
    expect(hex(txIdOf(header))).toMatchInlineSnapshot(
      `"675ea75f5b5c3f01467001b2b28ee0544628911d85d7a6b4ef953ed9cf43a676"`,
    );
    expect(toBytes(Header, header)).toHaveLength(toBytes(Core, core).length + 1 + 34 + 1 + 34);
  });
});

describe('a transaction', () => {
  const { tx, txId } = txOf();
  const { cover } = tx;
  const faultOf = (more: Partial<Cover>) => coverFault({ ...cover, ...more });

  it('is read as it was written', () => {
    const read = whole(Tx, toBytes(Tx, tx));
    expect(read).toEqual(tx);
    expect(coverFault(read.cover)).toBeUndefined();
    expect(txIdOf(read.cover.header)).toEqual(txId);
  });

  it('is signed for one network', () => {
    expect(verify(verifyJobOf(NETWORK, cover))).toBe(true);
    expect(verify(verifyJobOf(utf8('other'), cover))).toBe(false);
  });

  it('is none with the key of another', () => {
    expect(faultOf({ key: member('mallory').signing })).toBe('other-key');
  });

  it('is none with readers left out, added, swapped or changed', () => {
    const [first, second] = cover.readers;
    const changed = { ...first!, capsule: bytesOf('other', first!.capsule.length) };
    for (const readers of [
      [first!],
      [...cover.readers, first!],
      [second!, first!],
      [changed, second!],
    ])
      expect(faultOf({ readers })).toBe('other-readers');
  });

  it('is none with a body that no text has', () => {
    const header = { ...cover.header, bodyBytes: 3 };
    expect(faultOf({ header })).toBe('never-valid');
  });

  it('has one body', () => {
    const other = tx.body.slice();
    other[20]! ^= 1;
    expect(isBodyOf(cover.header, tx.body)).toBe(true);
    expect(isBodyOf(cover.header, other)).toBe(false);
    expect(isBodyOf(cover.header, tx.body.subarray(1))).toBe(false);
  });
});
