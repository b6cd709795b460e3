/** Proofs as files: checked by a process that has the genesis of a network and no network. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { worldFileOf, writeWorldFile } from '#cli/city/world-file.ts';
import { nameText } from '#algorithms/identity.ts';
import { utf8 } from '#lib/bytes.ts';
import { bundleText } from '#protocols/proof/bundle.ts';
import { bundleOf, WORLD, worldOf } from '#test/protocols/proof/network.ts';
import { scratch } from '#test/scratch.ts';
import { ran } from './command.ts';

const { path, remove } = scratch();
afterAll(remove);

const BUNDLE = bundleOf();
const ID = nameText(BUNDLE.city.entry.txId);
const genesis = worldFileOf(path);
writeWorldFile(genesis, { world: WORLD, places: WORLD.cities.map(({ place }) => place) });

const proof = (text: string): string => {
  const file = join(path, 'p.json');
  writeFileSync(file, text);
  return file;
};
const verified = (text: string, ...more: string[]) =>
  ran(['verify', proof(text), '--genesis', genesis, ...more]);

describe('verify', () => {
  it('says of each layer what signed it, and how far it goes', async () => {
    const { code, text, errors } = await verified(bundleText(BUNDLE), '--up-to', 'globe');
    expect([code, errors]).toEqual([0, '']);
    expect(text.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
      expect.stringMatching(/^subject \| 1 signed \| by [a-z2-7]{52}$/),
      'city | 3 signed | asia.ishikawa.komatsu, batch 7 of 2023-11-14T22:13:20.007Z',
      'municipality | 3 signed | asia.ishikawa, batch 8',
      'continent | 3 signed | asia, block 7',
      'globe | 3 signed | block 8',
      `COMMITTED, up to the globe: ${ID}`,
    ]);
  });

  it('ends with 1 when a proof does not hold or does not go far enough, by one line', async () => {
    const { globe: _globe, ...less } = BUNDLE;
    const short = await verified(bundleText(less), '--up-to', 'globe', '--json');
    expect(short.code).toBe(1);
    expect(JSON.parse(short.text)).toMatchObject({
      txId: ID,
      state: 'COMMITTED',
      upTo: 'continent',
    });
    expect(short.errors).toContain('goes up to the continent only, not to the globe');
    const other = bundleOf({ seq: 2, height: 9 });
    const mixed = await verified(bundleText({ ...BUNDLE, globe: other.globe }));
    expect([mixed.code, mixed.text]).toEqual([1, '']);
    expect(mixed.errors).toMatch(/^city-chain: the globe does not hold: .*\(not-carried\)\n$/);
    const elsewhere = await verified(bundleText(bundleOf({ world: worldOf(utf8('other')) })));
    expect(elsewhere.errors).toContain('(bad-signature)');
  });

  it('ends with 2 when it is no proof, or no genesis', async () => {
    const text = bundleText(BUNDLE);
    const broken = await verified(text.replace('0', 'x'));
    expect([broken.code, broken.errors]).toEqual([2, expect.stringContaining('as a proof')]);
    const none = await ran(['verify', proof(text), '--genesis', join(path, 'p.json')]);
    expect([none.code, none.errors]).toEqual([2, expect.stringContaining('as the genesis')]);
  });
});
