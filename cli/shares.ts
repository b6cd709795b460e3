/** Nodes by number, and which process hosts which. */
import { nodeAddress, type NodeAddress } from '#protocols/subjects.ts';

/** The nodes of a cluster, by number: n01, n02, ... */
export function nodesOf(at: Parameters<typeof nodeAddress>[0], count: number): NodeAddress[] {
  const digits = String(count).length;
  return Array.from({ length: count }, (_, i) =>
    nodeAddress(at, `n${String(i + 1).padStart(digits, '0')}`),
  );
}

/** A process's share: every so-many-th, so that neighbours on the ring live in different processes. */
export const shareOf = (
  all: readonly NodeAddress[],
  index: number,
  processes: number,
): NodeAddress[] => all.filter((_, i) => i % processes === index);
