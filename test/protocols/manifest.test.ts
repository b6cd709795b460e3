/**
 * The manifest and the frozen list: their bytes and digests, which delegates sign and holders keep, and
 * what cannot be one. Taken from this program once, and looked at by hand.
 */
import { describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { domain, hash } from '#algorithms/hash/hash.ts';
import { hex } from '#lib/bytes.ts';
import { toBytes, whole } from '#protocols/codec.ts';
import { Eligible, eligibleDigest, eligibleHead } from '#protocols/eligibility.ts';
import {
  heldTimes,
  Manifest,
  manifestFault,
  manifestHashOf,
  mayHold,
  pieceTreeOf,
  rowsOf,
} from '#protocols/manifest.ts';
import { piecesOf } from '#protocols/policy.ts';
import { nodeAddress } from '#protocols/subjects.ts';
import {
  bytesOf,
  cityOf,
  eligible,
  holders,
  KOMATSU,
  listOf,
  manifestOf,
  member,
  PARIS,
  placementOf,
  termsOf,
  txOf,
} from './sample.ts';

const TEST = domain('manifest test');
const light = nodeAddress(KOMATSU, 'l1');
const anchor = nodeAddress(PARIS, 'a1');

const small: Manifest = {
  version: 1,
  txId: new Uint8Array(32).fill(1),
  payloadBytes: 40,
  pieceHashes: new Uint8Array(3 * 32).fill(2),
  placement: {
    list: new Uint8Array(32).fill(3),
    prover: nodeAddress(KOMATSU, 'd1'),
    proof: new Uint8Array(80).fill(4),
    holders: [light, anchor, anchor],
    spares: [],
  },
  terms: termsOf({
    digest: new Uint8Array(32).fill(5),
    k: 1,
    lights: 1,
    continents: [{ continent: 'europe', anchors: 1, pieces: 1 }],
    events: [{ place: PARIS, permille: 1_500 }],
    escalatePieces: 1,
  }),
  lightUntil: 1_700_000_000_000,
  anchorUntil: 1_800_000_000_000,
};

describe('the bytes of a manifest', () => {
  it('are these', () => {
    expect(hex(toBytes(Manifest, small))).toMatchInlineSnapshot(
      `"9801c420010101010101010101010101010101010101010101010101010101010101010128c46002020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020295c4200303030303030303030303030303030303030303030303030303030303030303b8617369612e697368696b6177612e6b6f6d617473752e6431c450040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040493b8617369612e697368696b6177612e6b6f6d617473752e6c31b66575726f70652e6672616e63652e70617269732e6131b66575726f70652e6672616e63652e70617269732e613190dc001701c42005050505050505050505050505050505050505050505050505050505050505050101039192b36575726f70652e6672616e63652e7061726973cd05dc9193a66575726f7065010119cd029a02cd012c01cf000000039ef8b00000ce00010000a765643235353139aa6d6c2d6b656d2d3736381a10090c91ae6175646974735f656e61626c656490cf0000018bcfe56800cf000001a3185c5000"`,
    );
    expect(hex(manifestHashOf(small))).toMatchInlineSnapshot(
      `"0205a785090137cdbd3da0da913457a6f8448bf5792dc74ae1ee384dd0de9159"`,
    );
    expect(whole(Manifest, toBytes(Manifest, small))).toEqual(small);
    expect(manifestFault(small)).toBeUndefined();
  });
});

describe('the digest of a frozen list', () => {
  it('is this, and changes with each field of each node', () => {
    const node: Eligible = {
      node: light,
      role: 'light',
      operator: new Uint8Array(32).fill(1),
      device: new Uint8Array(32).fill(2),
      weight: 500_000,
      fingerprint: new Uint8Array(32).fill(3),
      signer: new Uint8Array(32).fill(4),
    };
    const freeze = {
      place: KOMATSU,
      number: 7,
      at: 1_700_000_000_000,
      by: nodeAddress(KOMATSU, 'd1'),
      follows: new Uint8Array(32).fill(6),
      lights: [{ continent: 'asia', online: 1, registered: 10, ppm: 100_000 }],
    };
    const digestOf = (...nodes: Eligible[]): string =>
      hex(eligibleDigest(eligibleHead(freeze, nodes)));
    expect(hex(toBytes(Eligible, node))).toMatchInlineSnapshot(
      `"97b8617369612e697368696b6177612e6b6f6d617473752e6c31a56c69676874c4200101010101010101010101010101010101010101010101010101010101010101c4200202020202020202020202020202020202020202020202020202020202020202ce0007a120c4200303030303030303030303030303030303030303030303030303030303030303c4200404040404040404040404040404040404040404040404040404040404040404"`,
    );
    expect(digestOf(node)).toMatchInlineSnapshot(
      `"c6f7c65f4a47708969936b6ca9344f798f076679b84397182d4b2c7d89f5348a"`,
    );
    expect(digestOf()).toMatchInlineSnapshot(
      `"36d796363cb7fa7153ea8cf2c6149697f46da7907869d647f68bb65f4c1c6ed5"`,
    );
    const other = { ...eligible(member('l2'), 'anchor'), node: anchor, weight: 3 };
    const changed = (Object.keys(node) as (keyof Eligible)[]).map((field) =>
      digestOf({ ...node, [field]: other[field] }),
    );
    expect(new Set([digestOf(node), digestOf(node, other), ...changed]).size).toBe(9);
  });
});

describe('a manifest', () => {
  const terms = termsOf();
  const list = listOf(holders());
  const { tx } = txOf();
  const placement = placementOf(list, terms, cityOf().delegates[0]!.node);
  const { manifest } = manifestOf(tx, placement, terms);

  it('names all rows, those for escalation too', () => {
    expect(manifestFault(manifest)).toBeUndefined();
    expect(rowsOf(manifest)).toBe(piecesOf(terms) + terms.escalatePieces);
    expect(pieceTreeOf(manifest).count).toBe(44);
  });

  it('has a fault where its numbers contradict each other', () => {
    const faultOf = (more: Partial<Manifest>) => manifestFault({ ...manifest, ...more });
    expect(faultOf({ pieceHashes: manifest.pieceHashes.subarray(32) })).toBe('other-rows');
    expect(faultOf({ pieceHashes: manifest.pieceHashes.subarray(1) })).toBe('no-code');
    expect(faultOf({ payloadBytes: 0 })).toBe('no-code');
    expect(faultOf({ terms: { ...terms, k: 0 } })).toBe('no-code');
    expect(faultOf({ terms: { ...terms, stripeBytes: 9 } })).toBe('no-code');
    expect(faultOf({ terms: { ...terms, k: 45 } })).toBe('other-rows');
    const fewer = { ...placement, holders: placement.holders.slice(1) };
    expect(faultOf({ placement: fewer })).toBe('other-rows');
  });

  it('lets a spare hold the row of a light, and nobody else', () => {
    const spare = placement.spares[0]!;
    expect(mayHold(manifest, 0, placement.holders[0]!)).toBe(true);
    expect(mayHold(manifest, 0, placement.holders[1]!)).toBe(false);
    expect(mayHold(manifest, 0, spare)).toBe(true);
    expect(mayHold(manifest, terms.lights, spare)).toBe(false);
  });

  it('is held as long as the terms say, and never beyond its end', () => {
    const core = { createdAt: stampBytes({ wallMs: 1_000, count: 9 }), expiresAt: 9_000 };
    const until = (lightTtlMs: number, anchorTtlMs: number) =>
      heldTimes(core, { lightTtlMs, anchorTtlMs });
    expect(until(500, 0)).toEqual({ lightUntil: 1_500, anchorUntil: 9_000 });
    expect(until(50_000, 700)).toEqual({ lightUntil: 9_000, anchorUntil: 1_700 });
  });

  it('is named by all that it says', () => {
    const others: Manifest[] = [
      { ...manifest, lightUntil: manifest.lightUntil + 1 },
      { ...manifest, terms: { ...terms, version: 2 } },
      { ...manifest, placement: { ...placement, prover: light } },
      { ...manifest, txId: hash(TEST, bytesOf('other')) },
    ];
    const names = [manifest, ...others].map((each) => hex(manifestHashOf(each)));
    expect(new Set(names).size).toBe(names.length);
  });
});
