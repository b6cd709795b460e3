/**
 * Anyone: the actors here that answer for their role in their city, one after another. Between
 * processes the wire's queue group chooses; within one, they take turns.
 */
import {
  anyOf,
  nodeOf,
  placeOf,
  roleOf,
  type Address,
  type NodeAddress,
} from '#protocols/subjects.ts';
import type { Carrier } from './carrier.ts';
import type { Cell } from './cell.ts';

interface Group {
  readonly leave: () => void;
  readonly cells: Cell[];
}

const NOBODY: Cell[] = [];

export class Anyone {
  readonly #carrier: Carrier;
  readonly #groups = new Map<Address, Group>();

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
  }

  join(node: NodeAddress, cell: Cell): void {
    const role = roleOf(cell.address);
    const at = placeOf(node);
    const any = anyOf(at, role);
    const group = this.#groups.get(any) ?? {
      leave: this.#carrier.serve(node, at, role),
      cells: [],
    };
    group.cells.push(cell);
    this.#groups.set(any, group);
  }

  leave(cell: Cell): void {
    if (cell.actor.anyone !== true) return;
    const any = anyOf(placeOf(nodeOf(cell.address)), roleOf(cell.address));
    const group = this.#groups.get(any);
    if (group === undefined) return;
    group.cells.splice(group.cells.indexOf(cell), 1);
    if (group.cells.length > 0) return;
    this.#groups.delete(any);
    group.leave();
  }

  next(any: Address): Cell | undefined {
    const cells = this.#groups.get(any)?.cells ?? NOBODY;
    // Whoever is between two lives is passed over, as long as there is somebody else.
    const ready = cells.findIndex(({ isAlive, phase }) => isAlive && phase !== 'stopping');
    const [cell] = cells.splice(Math.max(0, ready), 1);
    if (cell !== undefined) cells.push(cell);
    return cell;
  }

  close(): void {
    for (const { leave } of this.#groups.values()) leave();
    this.#groups.clear();
  }
}
