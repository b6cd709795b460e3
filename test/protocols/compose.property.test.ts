/** Who may read, reads what was written; nobody else does, and nothing else is read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verify } from '#algorithms/signature.ts';
import { text, utf8 } from '#lib/bytes.ts';
import { toBytes, whole } from '#protocols/codec.ts';
import { compose, composeEntropy, read } from '#protocols/compose.ts';
import { SENDING_JOBS } from '#protocols/sending/jobs.ts';
import {
  coverFault,
  READERS_MAX,
  TEXT_BYTES_MAX,
  Tx,
  verifyJobOf,
} from '#protocols/transaction.ts';
import { cases } from '#test/cases.ts';
import { bytesOf, draftOf, member, NETWORK, txOf } from './sample.ts';

const sender = member('sender');
const [alice, bob, mallory] = [member('alice'), member('bob'), member('mallory')];
const readBy = (tx: Tx, who = alice, network = NETWORK) =>
  read({ network, tx, ...who.secrets.sealing });

const job = (readers = [alice.sealing, bob.sealing], words = utf8('words')) => ({
  network: NETWORK,
  draft: draftOf(),
  text: words,
  readers,
  signing: sender.secrets.signing,
  entropy: bytesOf('entropy', composeEntropy(readers)),
});

describe('composing and reading', () => {
  it('brings any text to each reader, over the wire', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (words) => {
        const made = compose(job(undefined, utf8(words)));
        if (!made.ok) throw new Error(made.error);
        const tx = whole(Tx, toBytes(Tx, made.value));
        expect(coverFault(tx.cover)).toBeUndefined();
        expect(verify(verifyJobOf(NETWORK, tx.cover))).toBe(true);
        for (const who of [alice, bob]) {
          const found = readBy(tx, who);
          expect(found.ok && text(found.value)).toBe(words);
        }
        expect(readBy(tx, mallory)).toEqual({ ok: false, error: 'not-a-reader' });
      }),
      { numRuns: cases(20) },
    );
  });

  it('refuses what was changed, anywhere', () => {
    const tx = txOf('secret', {}, sender, alice).tx;
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (where, flip) => {
        const body = tx.body.slice();
        body[where % body.length]! ^= flip;
        expect(readBy({ ...tx, body }).ok).toBe(false);
        const readers = tx.cover.readers.map((each) => {
          const capsule = each.capsule.slice();
          capsule[where % capsule.length]! ^= flip;
          return { ...each, capsule };
        });
        expect(readBy({ ...tx, cover: { ...tx.cover, readers } }).ok).toBe(false);
      }),
      { numRuns: cases(60) },
    );
  });

  it('refuses a capsule of another transaction, network or core', () => {
    const one = txOf('one', { seq: 1 }, sender, alice).tx;
    const two = txOf('two', { seq: 2 }, sender, alice).tx;
    const withReadersOf = { ...one, cover: { ...one.cover, readers: two.cover.readers } };
    expect(readBy(withReadersOf)).toEqual({ ok: false, error: 'unauthentic' });
    expect(readBy(one, alice, utf8('other'))).toEqual({ ok: false, error: 'unauthentic' });
    const { header } = one.cover;
    const otherCore = { ...header, core: { ...header.core, seq: 9 } };
    const moved = { ...one, cover: { ...one.cover, header: otherCore } };
    expect(readBy(moved)).toEqual({ ok: false, error: 'unauthentic' });
  });

  it('says what is wrong with what was asked for', () => {
    const bad = { suite: 'ml-kem-768', key: new Uint8Array(32) } as const;
    const many = Array.from({ length: READERS_MAX + 1 }, () => alice.sealing);
    expect(compose(job([bad]))).toEqual({ ok: false, error: 'bad-reader' });
    expect(compose(job([]))).toEqual({ ok: false, error: 'no-readers' });
    expect(compose(job(many))).toEqual({ ok: false, error: 'too-many-readers' });
    const large = compose(job(undefined, new Uint8Array(TEXT_BYTES_MAX + 1)));
    expect(large).toEqual({ ok: false, error: 'too-large' });
    expect(compose(job(undefined, new Uint8Array(TEXT_BYTES_MAX))).ok).toBe(true);
  });

  it('wipes its entropy, and takes no other amount', () => {
    const one = job();
    compose(one);
    expect(one.entropy.every((byte) => byte === 0)).toBe(true);
    expect(() => compose({ ...job(), entropy: new Uint8Array(10) })).toThrow('entropy');
  });

  it('is a job of a pool', () => {
    const made = SENDING_JOBS['tx.compose']!(job() as never) as unknown as ReturnType<
      typeof compose
    >;
    if (!made.ok) throw new Error(made.error);
    const found = SENDING_JOBS['tx.read']!({
      network: NETWORK,
      tx: made.value,
      ...bob.secrets.sealing,
    } as never);
    expect(found).toEqual({ ok: true, value: utf8('words') });
  });
});
