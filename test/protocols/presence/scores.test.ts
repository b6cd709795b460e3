/** What counts for a weight: audits, and above them that a node does not come back; over a restart as well. */
import { expect, it } from 'vitest';
import { parted, scored, scoreOf, scoresOf } from '#protocols/presence/scores.ts';
import { Parted, Score } from '#protocols/presence.messages.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';

const node = nodeAddress(place('asia.ishikawa.komatsu'), 'l7');

it('is nothing for a node that does not come back, until that is taken back', () => {
  const disk = new Map<string, Uint8Array>();
  const keep = (writes: ReturnType<typeof parted>): void => {
    for (const { key, value } of writes) {
      if (value === undefined) disk.delete(key);
      else disk.set(key, value);
    }
  };
  let scores = scoresOf(disk);
  expect(scoreOf(scores, node)).toBe(undefined);
  keep(scored(scores, Score.of({ node, permille: 900 })));
  keep(parted(scores, Parted.of({ node, isBack: false })));
  keep(scored(scores, Score.of({ node, permille: 950 })));
  expect(scoreOf(scores, node)).toBe(0);
  scores = scoresOf(disk);
  expect(scoreOf(scores, node)).toBe(0);
  expect(parted(scores, Parted.of({ node, isBack: false }))).toEqual([]);
  keep(parted(scores, Parted.of({ node, isBack: true })));
  scores = scoresOf(disk);
  expect(scoreOf(scores, node)).toBe(950);
});
