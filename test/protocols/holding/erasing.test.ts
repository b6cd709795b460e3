/** Erasing: the sender's word alone, of that transaction alone; and nothing is said before it is gone. */
import { describe, expect, it } from 'vitest';
import { sign, verifyMany } from '#algorithms/signature.ts';
import { actSignJob, type Act, type SignedAct } from '#protocols/act.ts';
import { erase, eraseDiscarded, eraseVerified, noneErased } from '#protocols/hold/erasing.ts';
import { pieceKey } from '#protocols/hold/held-piece.ts';
import { Erase } from '#protocols/holder.messages.ts';
import { address } from '#protocols/subjects.ts';
import { from } from '../moments.ts';
import { cityOf, KOMATSU, member, NETWORK, selfOf, txOf } from '../sample.ts';

const { genesis } = cityOf();
const { tx, txId } = txOf();
const { header } = tx.cover;
const anchor = { ...selfOf(genesis, member('a1')), role: 'anchor' } as const;
const asker = from(address(member('d1').node, 'repair'));

function said(by = 'sender', about = txId, what: Act['what'] = { says: 'erase' }): SignedAct {
  const { secrets, signing } = member(by);
  const act: Act = { version: 1, place: KOMATSU, about, at: new Uint8Array(8), what };
  return { act, key: signing, signature: sign(actSignJob(NETWORK, act, secrets.signing)) };
}

function told(signed: SignedAct, rows: readonly number[] = [30, 33]) {
  const erasing = noneErased();
  const asked = erase(erasing, anchor, Erase.of({ header, erase: signed, rows }), asker);
  const [job] = asked;
  if (job?.do !== 'compute') return { erasing, discards: [] };
  const stands = verifyMany(job.input as unknown as Parameters<typeof verifyMany>[0]);
  return { erasing, discards: eraseVerified(erasing, job.id, stands) };
}

describe('a holder that is to erase', () => {
  it('discards its rows, and says so when none can come back', () => {
    const { erasing, discards } = told(said());
    const keys = discards.map((effect) => (effect.do === 'discard' ? effect.key : effect.do));
    expect(keys).toEqual([30, 33].map((row) => pieceKey('anchor', txId, row)));
    const [first, second] = discards.map((effect) => (effect.do === 'discard' ? effect.id : ''));
    expect(eraseDiscarded(erasing, first!, 'gone')).toEqual([]);
    const [done] = eraseDiscarded(erasing, second!, 'gone');
    expect(done).toMatchObject({ do: 'send', to: asker.from, message: { kind: 'holder.erased' } });
    expect(erasing.underWay.size).toBe(0);
  });

  it('believes nobody but the sender of that transaction', () => {
    const other = txOf('another', { seq: 2 }).txId;
    const forged = { ...said(), signature: said('reader').signature };
    for (const word of [
      said('reader'),
      said('sender', other),
      said('sender', txId, { says: 'claim' }),
      forged,
    ]) {
      const { erasing, discards } = told(word);
      expect(discards).toEqual([]);
      expect(erasing.underWay.size).toBe(0);
    }
  });

  it('says nothing where the disk has no room for its going', () => {
    const { erasing, discards } = told(said(), [30]);
    const id = discards[0]?.do === 'discard' ? discards[0].id : '';
    expect(eraseDiscarded(erasing, id, 'full')).toEqual([]);
    expect(erasing.underWay.size).toBe(0);
  });
});
