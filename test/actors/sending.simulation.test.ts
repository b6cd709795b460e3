/**
 * What the sending layers promise, whatever is lost, repeated or dies: of each transaction and list one
 * manifest, and once all is calm every transaction gets through. Method: histories over a small city, in
 * which messages are lost or come twice and actors end at any input, to start again with their store.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { manifestHashOf } from '#protocols/manifest.ts';
import type { OpenCommit, TakeDistribute } from '#protocols/sending.messages.ts';
import { anchorsOf, KOMATSU, lightsOf, PARIS, termsOf, txOf } from '../protocols/sample.ts';
import { seeded } from '../runtime/manual.ts';
import { LAYERS, SendingYard } from './sending-yard.ts';

const members = [...lightsOf(9), ...anchorsOf(2, KOMATSU), ...anchorsOf(1, PARIS)];
const terms = termsOf({
  k: 3,
  lights: 5,
  continents: [
    { continent: 'asia', anchors: 2, pieces: 2 },
    { continent: 'europe', anchors: 1, pieces: 1 },
  ],
  ackNeeded: 5,
  escalatePieces: 1,
});
const txs = ['one', 'two', 'three'].map((text, seq) => txOf(text, { seq }).tx);

const action = fc.oneof(
  fc.record({ do: fc.constant('drive' as const), which: fc.nat(txs.length - 1) }),
  fc.record({ do: fc.constant('restart' as const), which: fc.nat(LAYERS.length - 1) }),
  fc.record({ do: fc.constant('pass' as const), which: fc.nat(40) }),
);
const history = fc.record({
  actions: fc.array(action, { minLength: 1, maxLength: 10 }),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  loses: fc.nat(3),
  repeats: fc.nat(3),
  kills: fc.nat(2),
});

describe('the sending layers in bad weather', () => {
  it('make one manifest a transaction, and bring all through when it is over', () => {
    fc.assert(
      fc.property(history, ({ actions, seed, loses, repeats, kills }) => {
        const yard = new SendingYard(members, terms);
        const chance = seeded(seed);
        const isOne = (ofTen: number): boolean => chance.below(10) < ofTen;
        yard.weather = () => (isOne(loses) ? 'lost' : isOne(repeats) ? 'twice' : 'arrives');
        yard.dies = () => isOne(kills) && isOne(3);
        for (const each of actions) {
          if (each.do === 'drive') yard.drive(txs[each.which]!);
          else if (each.do === 'restart') yard.restart(LAYERS[each.which]!);
          else yard.manual.pass(each.which);
        }
        yard.weather = () => 'arrives';
        yard.dies = () => false;
        yard.manual.pass(5_000);
        for (const tx of txs) yard.drive(tx, 1);
        yard.manual.pass(100);
        expect(yard.crashed).toEqual([]);
        expectOneManifestEach(yard);
      }),
      { numRuns: 60 },
    );
  });
});

function expectOneManifestEach(yard: SendingYard): void {
  const ordered = yard.of<TakeDistribute>('distribute.take').map(({ manifest }) => manifest);
  const opened = yard.of<OpenCommit>('commit.open').map(({ manifest }) => manifest);
  for (const manifests of [ordered, opened]) {
    const byTx = new Map<string, Set<string>>();
    for (const manifest of manifests) {
      const hashes = byTx.get(hex(manifest.txId)) ?? new Set();
      byTx.set(hex(manifest.txId), hashes.add(hex(manifestHashOf(manifest))));
    }
    expect([...byTx.values()].map(({ size }) => size)).toEqual([1, 1, 1]);
  }
}
