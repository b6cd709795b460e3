/**
 * Piece stores that last as long as their process, one for each node: the real store over memory. For
 * tests of actors, and for one process on its own.
 */
import type { Entropy } from '#protocols/effect.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { memoryDisk } from '../memory-disk.ts';
import type { Clock, PieceStore, Scheduler } from '../ports.ts';
import { OnDemandPieces } from './on-demand.ts';
import { openPieces, type PieceOptions } from './open.ts';

export interface MemoryPiecePorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly entropy: Entropy;
}

const OPTIONS: PieceOptions = { bytesMax: 16 * 1024 * 1024 };

export function memoryPieces(
  ports: MemoryPiecePorts,
  options: PieceOptions = OPTIONS,
): (node: NodeAddress) => PieceStore {
  const stores = new Map<NodeAddress, PieceStore>();
  const open = (): PieceStore => {
    const disk = memoryDisk(ports.scheduler);
    return new OnDemandPieces(
      (then) => openPieces({ ...ports, disk }, options, then),
      ports.scheduler,
    );
  };
  return (node) => {
    const store = stores.get(node) ?? open();
    stores.set(node, store);
    return store;
  };
}
