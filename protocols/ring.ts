/**
 * The ring: a distributed workload whose result shows any lost or doubled write. After the Cycle
 * workload of FoundationDB.
 *
 * Slots, spread over many nodes, each hold the number of another slot; followed from slot to slot they
 * make one ring of all. A turn takes three neighbours and swaps the latter two:
 *
 *   ... a -> b -> c -> d ...     becomes     ... a -> c -> b -> d ...
 *
 * Whatever turns happen in whatever order, the slots make one ring; if one of the three writes of a
 * turn is lost, done twice, or mixed with another turn's, they do not.
 *
 *   driver (drive.ts)       turner (turn.ts)                    keeper (keep.ts)
 *     |                       |                                   |
 *     | -- ring.turn -------> | -- ring.lock a, then b, then c -> | keeps the lock, then answers
 *     |                       | <- ring.locked (what is in it) -- |
 *     |                       | keeps its decision                |
 *     | <- ring.turned ------ | -- ring.write a, b, c ----------> | keeps the value, then answers
 *     |                       | <- ring.written ----------------- |
 *     |                       | forgets its decision              |
 *
 * This is two-phase commit with presumed abort (Mohan, Lindsay, Obermarck 1986): an attempt that its
 * turner knows nothing of was dropped. A locked slot whose turner is silent inquires.
 *
 * Safety: a decision is durable only after all three locks are; a lock ends only by a write or by the
 * word that its attempt was dropped; a decision is forgotten only when all three values are durable.
 * So at every moment, on the disks alone, the slots with the decisions applied make one ring.
 * Liveness: every request is repeated until it is answered; a busy slot makes an attempt give way and
 * a later one try again; a turn that finds no way for too long is refused.
 *
 * This file: where slots are, and what is kept. The messages are in ring.messages.ts.
 */
import { assert } from '#lib/assert.ts';
import { count, flag, list, oneOf, optional, record, text, type Infer } from './codec.ts';
import { address, isAddress, type Address, type NodeAddress } from './subjects.ts';

export const SLOTS_MAX = 4_096;
/** With fewer, a turn's slots and the one after them are not four different ones. */
export const SLOTS_MIN = 4;

export const slot = count(SLOTS_MAX - 1);
/** One more with each value: a write that was lost or done twice shows in the sum. */
export const version = count(0xffff_ffff);
/** Turns are numbered by their driver, one after another. */
export const turnNumber = count(0xffff_ffff);
/** Drawn: no two attempts of a turner have the same. */
export const attempt = count(0xffff_ffff);

/** Who holds which slots: in turn, one after another. */
export interface Ring {
  readonly nodes: readonly NodeAddress[];
  readonly slots: number;
}

export const keeperOf = ({ nodes }: Ring, of: number): Address =>
  address(nodes[of % nodes.length]!, 'keeper');

/** The slots that a node holds. */
export function slotsOf({ nodes, slots }: Ring, node: NodeAddress): number[] {
  const first = nodes.indexOf(node);
  assert(first >= 0, 'a keeper lives on a node of the ring');
  const own: number[] = [];
  for (let at = first; at < slots; at += nodes.length) own.push(at);
  return own;
}

/** At first each slot holds the number of the one after it. */
export const firstValue = ({ slots }: Ring, of: number): Kept => ({
  next: (of + 1) % slots,
  version: 0,
  lock: undefined,
});

/** What a keeper keeps of a slot. */
export const Kept = record({
  next: slot,
  version,
  /** For which attempt it is locked, and who to ask about that. */
  lock: optional(record({ attempt, by: text<Address>(255, isAddress) })),
});
export type Kept = Infer<typeof Kept>;
export const slotKey = (of: number): string => `slot/${of}`;

/** What a turner keeps of a decision until all of it is written. */
export const Decision = record({ writes: list(record({ slot, next: slot, version }), 3) });
export type Decision = Infer<typeof Decision>;
export const DECISION = 'decision/';

/** What a turner keeps of a driver: its last turn, and what came of it. */
export const Last = record({ turn: turnNumber, outcome: oneOf('turned', 'refused') });
export type Last = Infer<typeof Last>;
export const LAST = 'last/';

/** What a driver keeps: the turn it asks for as long as that is open. */
export const Drive = record({ turn: turnNumber, start: slot, isOpen: flag });
export type Drive = Infer<typeof Drive>;
export const DRIVE = 'drive';
