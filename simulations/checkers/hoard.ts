/**
 * What hoarders were promised, against what their disks really have.
 *
 * A piece that was said to be stored is on the platter at that moment, whole at every look, and stays there
 * until its hoarder begins to discard it; one that was said to be gone never comes back. Nothing else is
 * believed: the disks are read as a power cut would leave them.
 */
import { same } from '#lib/bytes.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { durablePieces } from '../durable-pieces.ts';
import { pieceOf, topicOf, type HoardFact } from '../hoard/hoarder.ts';
import type { Machine } from '../machine.ts';
import type { Checker, World } from '../world.ts';

interface Promises {
  readonly stored: Set<string>;
  readonly leaving: Set<string>;
  readonly gone: Set<string>;
}

export function hoardChecker(
  world: World,
  machineOf: ReadonlyMap<NodeAddress, Machine>,
): Checker & { readonly storedBy: (node: NodeAddress) => number } {
  const promises = new Map<NodeAddress, Promises>();
  const storedCounts = new Map<NodeAddress, number>();
  for (const node of machineOf.keys()) {
    promises.set(node, { stored: new Set(), leaving: new Set(), gone: new Set() });
  }
  const onPlatter = (node: NodeAddress): ReadonlyMap<string, Uint8Array> => {
    const disk = machineOf.get(node)!.pieces.of(node);
    return disk === undefined ? new Map() : durablePieces(disk);
  };
  /** A scan of a disk costs much: it is made for one in sixteen of what is said, and at every look. */
  const isDurable = (node: NodeAddress, key: string): boolean =>
    !key.endsWith('0') || onPlatter(node).has(key);
  const look = (node: NodeAddress, { stored, gone }: Promises): void => {
    const there = onPlatter(node);
    for (const key of stored) {
      const piece = there.get(key);
      const isThere = piece !== undefined && same(piece, pieceOf(key));
      world.claim(isThere, () => `${node} has ${key}, as it said`);
    }
    for (const key of gone) {
      world.claim(!there.has(key), () => `${node} has discarded ${key}, as it said`);
    }
  };
  const hear = (node: NodeAddress, of: Promises, fact: HoardFact): void => {
    switch (fact.did) {
      case 'stowed':
        of.stored.add(fact.key);
        storedCounts.set(node, (storedCounts.get(node) ?? 0) + 1);
        return world.claim(
          isDurable(node, fact.key),
          () => `${fact.key} is durable when it is said`,
        );
      case 'discarding':
        of.stored.delete(fact.key);
        return void of.leaving.add(fact.key);
      case 'discarded':
        of.leaving.delete(fact.key);
        return void of.gone.add(fact.key);
      case 'fetched':
        return world.claim(isTrue(of, fact.key, fact.found), () => `${fact.key}: ${fact.found}`);
      case 'listed': {
        const listed = new Set(fact.keys);
        world.claim(
          [...of.stored].every((key) => listed.has(key)),
          () => `${node} lists all it has`,
        );
        world.claim(!fact.keys.some((key) => of.gone.has(key)), () => `${node} lists what is gone`);
      }
    }
  };
  return {
    storedBy: (node) => storedCounts.get(node) ?? 0,
    noted: (subject, fact) => {
      for (const [node, of] of promises) {
        if (subject.endsWith(`.${topicOf(node)}`)) hear(node, of, fact as unknown as HoardFact);
      }
    },
    look: () => {
      for (const [node, of] of promises) look(node, of);
    },
  };
}

function isTrue({ stored, gone }: Promises, key: string, found: string): boolean {
  if (found === 'piece') return !gone.has(key);
  return found === 'nothing' && !stored.has(key);
}
