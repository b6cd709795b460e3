/**
 * Tips: what anchors and delegates believe of how far the order is, was ordered; and once healed, nobody is behind.
 */
import { hex } from '#lib/bytes.ts';
import { headDigest } from '#protocols/city-batch.ts';
import { tipOf, type Tips } from '#protocols/tip/tip.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import type { Town } from '../city/town.ts';
import type { Checker, World } from '../world.ts';

export interface TipsChecker extends Checker {
  /** Who does not know of this height. */
  readonly behind: (height: number) => readonly NodeAddress[];
}

export function tipsChecker(world: World, town: Town): TipsChecker {
  /** By height: one head, whoever believes in it. */
  const heads = new Map<number, string>();
  const nodes = [...town.delegates, ...town.anchors];
  const knownBy = (node: NodeAddress) =>
    (town.machineOf.get(node)!.life?.system.stateOf(tipOf(node)) as Tips | undefined)?.known?.tip;
  return {
    look: () => {
      for (const node of nodes) {
        const tip = knownBy(node);
        if (tip === undefined) continue;
        const { height } = tip.head;
        const digest = hex(headDigest(tip.head));
        const one = heads.get(height) ?? digest;
        world.claim(one === digest, () => `${node} has another head of height ${height}`);
        heads.set(height, digest);
      }
    },
    behind: (height) => nodes.filter((node) => (knownBy(node)?.head.height ?? 0) < height),
  };
}
