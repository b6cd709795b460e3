/** Identities: golden bytes, computed with noble from the table in the header; names as text. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  ackLeaf,
  keyFingerprint,
  nameText,
  nodeId,
  readName,
  transactionId,
} from '#algorithms/identity.ts';
import { hex, same, utf8 } from '#lib/bytes.ts';

const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const bytes = (value: number) => new Uint8Array(32).fill(value);

describe('identities', () => {
  it('of a key, a node, a transaction and an ack are these', () => {
    expect(hex(keyFingerprint(1, key))).toBe(
      '9a0234582443ff86e97e6e07869d36b29278ee4c06ef2e690cc8b08b0487c729',
    );
    expect(hex(nodeId(keyFingerprint(1, key)))).toBe(
      'a741383a29f3a6771ac944a29cd6a91c8aae940556331f91de1c70c3235d7e96',
    );
    expect(hex(transactionId(utf8('header')))).toBe(
      '7623bab302ff82ca043162de0a043ec6aada19a951285ddf4d79b75f472b89d1',
    );
    expect(hex(ackLeaf(bytes(0xaa), 41, bytes(0xbb), 1_800_000_000_000))).toBe(
      'aef1adb947a40ee3df8b0f5c6272e1ebf802bd8cb137851846132c90416fb38d',
    );
  });

  it('differ when anything differs', () => {
    const leaves = [
      ackLeaf(bytes(1), 0, bytes(2), 5),
      ackLeaf(bytes(2), 0, bytes(1), 5),
      ackLeaf(bytes(1), 1, bytes(2), 5),
      ackLeaf(bytes(1), 256, bytes(2), 5),
      ackLeaf(bytes(1), 0, bytes(2), 6),
    ];
    const names = [keyFingerprint(1, key), keyFingerprint(2, key), nodeId(key), transactionId(key)];
    expect(new Set([...leaves, ...names].map(hex)).size).toBe(leaves.length + names.length);
  });

  it('have one text, a token of 52 characters', () => {
    const text = nameText(nodeId(key));
    expect(text).toMatch(/^[a-z2-7]{52}$/);
    expect(readName(text)).toEqual(nodeId(key));
    for (const bad of ['', text.slice(1), `${text}a`, text.toUpperCase(), `${text.slice(1)}1`]) {
      expect(readName(bad)).toBeUndefined();
    }
  });
  it('are read only from the text that they have', () =>
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'abcq4567'), minLength: 52, maxLength: 52 }),
        (text) => {
          const name = readName(text);
          return name === undefined || nameText(name) === text;
        },
      ),
    ));

  it('insist on the widths of their fields', () => {
    expect(() => keyFingerprint(256, key)).toThrow('one byte');
    expect(() => nodeId(bytes(1).subarray(1))).toThrow('fingerprint');
    expect(() => ackLeaf(bytes(1).subarray(1), 0, bytes(2), 5)).toThrow('hashes');
    for (const index of [-1, 65_536, 0.5]) {
      expect(() => ackLeaf(bytes(1), index, bytes(2), 5)).toThrow('two bytes');
    }
    for (const moment of [-1, 0.5, 2 ** 53]) {
      expect(() => ackLeaf(bytes(1), 0, bytes(2), moment)).toThrow('natural');
    }
    expect(same(ackLeaf(bytes(1), 0, bytes(2), 0), ackLeaf(bytes(1), 0, bytes(2), 1))).toBe(false);
    expect(() => nameText(bytes(1).subarray(1))).toThrow('a hash');
  });
});
