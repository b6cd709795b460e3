/** What presence signs, hashes and counts: bytes that stay as they are, and numbers by hand. */
import { describe, expect, it } from 'vitest';
import { domain, hash } from '#algorithms/hash/hash.ts';
import { hex } from '#lib/bytes.ts';
import { toBytes, whole } from '#protocols/codec.ts';
import { deviceDigest, Grant, Login, operatorDigest } from '#protocols/credential.ts';
import { areSharesOf, sharesOf } from '#protocols/presence/shares.ts';
import { expire, listedOn, registeredOf, registry } from '#protocols/presence/registry.ts';
import { givenAt, nonceFor, sessionKey, tagOf } from '#protocols/presence/session.ts';
import { DEFAULT_WEIGHING, settled, weigh } from '#protocols/presence/weigh.ts';
import { address } from '#protocols/subjects.ts';
import { listed, nodeNamed } from './city.ts';

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const ANY = domain('test of presence');
const short = (bytes: Uint8Array): string => hex(hash(ANY, bytes)).slice(0, 16);

describe('the bytes', () => {
  const grant: Grant = {
    node: nodeNamed('n1'),
    key: filled(32, 1),
    role: 'light',
    operator: operatorDigest('me'),
    device: deviceDigest('mine'),
    until: 1_800_000_000_000,
  };
  const login: Login = {
    node: grant.node,
    role: 'light',
    verifying: { suite: 'ed25519', key: filled(32, 2) },
    sealing: { suite: 'ml-kem-768', key: filled(1_184, 3) },
    operator: grant.operator,
    device: grant.device,
    freeBytes: 500_000_000,
    nonce: filled(40, 4),
    server: address(nodeNamed('d0'), 'presence'),
  };

  it('of a grant and a login are what they were', () => {
    expect(short(toBytes(Grant, grant))).toBe('da2d5231a47d37ef');
    expect(short(toBytes(Login, login))).toBe('c57f02eb423bbc27');
    expect(whole(Login, toBytes(Login, login))).toEqual(login);
    expect(hex(operatorDigest('me')).slice(0, 16)).toBe('b6d8eb8ed8cc7289');
    expect(hex(deviceDigest('mine')).slice(0, 16)).toBe('691dbaa682c0978e');
  });

  it('of challenges and words are what they were', () => {
    const of = { server: login.server, secret: filled(32, 5) };
    const nonce = nonceFor(of, grant.node, 1_234.5, (count) => filled(count, 6));
    expect(short(nonce)).toBe('45d882bfa6ef6ef6');
    expect(givenAt(of, grant.node, nonce)).toBe(1_234);
    expect(givenAt(of, nodeNamed('n2'), nonce)).toBeUndefined();
    expect(givenAt({ ...of, secret: filled(32, 7) }, grant.node, nonce)).toBeUndefined();
    const key = sessionKey(filled(32, 8), nonce);
    expect(short(key)).toBe('b5978dca5ec20515');
    const words = { freeBytes: 2 ** 45, loadPermille: 999, roundTripUs: 60_000_000 };
    expect(hex(tagOf(key, 'beat', 2 ** 40, words)).slice(0, 16)).toBe('ad43e7389bd07ae6');
  });
});

describe('the share of lights', () => {
  const nodes = ['n1', 'n2', 'n3'].map((name) => listed(name).eligible);
  const of = (registered: number, at: number, before?: Parameters<typeof sharesOf>[3]) =>
    sharesOf(nodes, () => registered, at, before);

  it('is online of registered, and comes closer by an eightieth a second', () => {
    const first = of(30, 0);
    expect(first).toEqual([{ continent: 'asia', online: 3, registered: 30, ppm: 100_000 }]);
    expect(of(6, 10_000, { at: 0, lights: first })[0]!.ppm).toBe(150_000);
    expect(of(6, 80_000, { at: 0, lights: first })[0]!.ppm).toBe(500_000);
    expect(of(6, 900_000, { at: 0, lights: first })[0]!.ppm).toBe(500_000);
  });

  it('never counts fewer registered than online, and remembers a continent that is dark', () => {
    expect(of(0, 0)[0]).toMatchObject({ registered: 3, ppm: 1_000_000 });
    const before = { at: 0, lights: of(3, 0) };
    const dark = sharesOf([], () => 3, 80_000, before);
    expect(dark).toEqual([{ continent: 'asia', online: 0, registered: 3, ppm: 0 }]);
  });

  it('does not count anchors', () => {
    expect(sharesOf([{ ...nodes[0]!, role: 'anchor' }], () => 0, 0, undefined)).toEqual([]);
  });

  it('is checked by whoever has the list and the head before', () => {
    const before = { at: 0, lights: of(30, 0) };
    const lights = of(30, 10_000, before);
    expect(areSharesOf({ at: 10_000, lights }, nodes, before)).toBe(true);
    expect(areSharesOf({ at: 10_001, lights: of(6, 10_000, before) }, nodes, before)).toBe(false);
    const [share] = lights;
    const lies = [
      { ...share!, online: 2 },
      { ...share!, ppm: share!.ppm + 1 },
      { ...share!, registered: 2 },
    ];
    for (const lie of lies)
      expect(areSharesOf({ at: 10_000, lights: [lie] }, nodes, before)).toBe(false);
    expect(areSharesOf({ at: 10_000, lights: [] }, nodes, before)).toBe(false);
  });
});

describe('the registry', () => {
  const DAY = 86_400_000;
  const nodes = ['n1', 'n2'].map((name) => listed(name).eligible);

  it('is written once a day for each light, and read again', () => {
    const [fresh, begun] = registry(new Map(), 0);
    const writes = listedOn(fresh, nodes, 10);
    expect(writes).toHaveLength(2);
    expect(listedOn(fresh, nodes, DAY - 1)).toEqual([]);
    expect(listedOn(fresh, nodes, DAY)).toHaveLength(2);
    const disk = new Map([...begun, ...writes].map(({ key, value }) => [key, value!]));
    const [again, none] = registry(disk, 5 * DAY);
    expect(none).toEqual([]);
    expect(registeredOf(again, undefined, 5 * DAY)('asia')).toBe(2);
  });

  it('forgets after thirty days, and believes the list before as long as it is young itself', () => {
    const [young] = registry(new Map(), 0);
    listedOn(young, nodes, 0);
    const before = { lights: [{ continent: 'asia', online: 0, registered: 9, ppm: 0 }] };
    expect(registeredOf(young, before, 29 * DAY)('asia')).toBe(9);
    expect(registeredOf(young, before, 31 * DAY)('asia')).toBe(2);
    expect(expire(young, 30 * DAY)).toEqual([]);
    expect(expire(young, 31 * DAY)).toHaveLength(2);
    expect(registeredOf(young, undefined, 31 * DAY)('asia')).toBe(0);
  });
});

describe('a weight', () => {
  const idle = { freeBytes: 500_000_000, loadPermille: 0, roundTripUs: 0 };
  it('of a newcomer is a twentieth, of a full or condemned node nothing', () => {
    expect(weigh(DEFAULT_WEIGHING, 'light', idle, undefined)).toBe(50_000);
    expect(weigh(DEFAULT_WEIGHING, 'light', idle, 1_000)).toBe(1_000_000);
    expect(weigh(DEFAULT_WEIGHING, 'light', { ...idle, freeBytes: 0 }, 1_000)).toBe(0);
    expect(weigh(DEFAULT_WEIGHING, 'light', idle, 0)).toBe(0);
    expect(weigh(DEFAULT_WEIGHING, 'anchor', { ...idle, freeBytes: 1e15 }, undefined)).toBe(
      1_000_000,
    );
  });
  it('stays listed until it is an eighth off', () => {
    expect(settled(800, 900)).toBe(800);
    expect(settled(800, 901)).toBe(901);
    expect(settled(800, 0)).toBe(0);
    expect(settled(0, 1)).toBe(1);
  });
});
