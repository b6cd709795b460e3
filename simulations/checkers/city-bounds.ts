/**
 * Is everything bounded, and empty at the end? No mailbox and no disk for pieces ever holds more than it may;
 * and once healed nothing is left at any door, in any layer, or in the order.
 */
import type { City } from '#protocols/dag/state.ts';
import type { Committing } from '#protocols/commit/commit.ts';
import type { Distributing } from '#protocols/distribute/state.ts';
import type { Holding } from '#protocols/hold/state.ts';
import type { Ingress } from '#protocols/ingress/state.ts';
import type { Ledger } from '#protocols/ledger/state.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import type { Town } from '../city/town.ts';
import type { Checker, World } from '../world.ts';

/** The largest that any actor asks for (actors/presence.ts). */
const MAILBOX_MAX = 16_384;

export function boundsChecker(world: World, town: Town): Checker {
  const roomOf = new Map<NodeAddress, number>();
  return {
    look: () => {
      for (const { life } of world.machines) {
        for (const { address: who, waiting } of life?.system.look() ?? [])
          world.claim(waiting <= MAILBOX_MAX, () => `${waiting} wait for ${who}`);
      }
      for (const node of [...town.lights, ...town.anchors]) {
        const { pieces } = town.machineOf.get(node)!;
        // Its owner may give less than there is already: the most that it ever had counts.
        const room = Math.max(roomOf.get(node) ?? 0, pieces.optionsOf(node).bytesMax);
        roomOf.set(node, room);
        const bytes = pieces.of(node)?.bytes() ?? 0;
        world.claim(
          bytes <= room,
          () => `${node} has ${bytes} bytes of pieces, and room for ${room}`,
        );
      }
    },
  };
}

/** What is under way somewhere; rows that a liar will never acknowledge are not asked for here. */
export function underWay(town: Town): readonly string[] {
  const isLossy = town.liars.size + town.perishable.size > 0;
  const of = <T>(node: NodeAddress, role: string): T => {
    const { system } = town.machineOf.get(node)!;
    return system.stateOf(address(node, role)) as T;
  };
  const open: string[] = [];
  /** An actor that is between two lives has something to do. */
  const isThere = (node: NodeAddress, ...roles: readonly string[]): boolean => {
    const missing = roles.find((role) => of(node, role) === undefined);
    if (missing !== undefined) open.push(`${node}: ${missing} is not there`);
    return missing === undefined;
  };
  const count = (node: NodeAddress, what: string, size: number): void => {
    if (size > 0) open.push(`${node}: ${size} ${what}`);
  };
  for (const node of town.delegates) {
    if (!isThere(node, 'ingress', 'ledger', 'city', 'distribute', 'commit')) continue;
    const ingress = of<Ingress>(node, 'ingress');
    count(node, 'guests', ingress.guests.size);
    count(node, 'driven', ingress.driven.size);
    const ledger = of<Ledger>(node, 'ledger');
    count(node, 'being checked', ledger.checking.size + ledger.beingKept.size);
    count(node, 'batch being applied', ledger.applying === undefined ? 0 : 1);
    count(node, 'waiting for the order', of<City>(node, 'city').waiting.size);
    if (isLossy) continue;
    count(node, 'being sent', of<Distributing>(node, 'distribute').sendings.size);
    count(node, 'being counted', of<Committing>(node, 'commit').countings.size);
  }
  for (const node of [...town.lights, ...town.anchors]) {
    if (town.liars.has(node) || !isThere(node, 'holder')) continue;
    count(node, 'pieces coming in', of<Holding>(node, 'holder').pieces);
  }
  return open;
}
