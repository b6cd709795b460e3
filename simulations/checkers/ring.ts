/**
 * Is it one ring? Looked at from outside: what is durable on the disks, what was said, what was noted.
 *
 * - At every moment: the slots, with the decisions that are durable but not yet written put in, make
 *   one ring, whoever is down.
 * - What promises that something is durable leaves when it is: a lock, a value, an outcome.
 * - No turn is noted as turned and as refused.
 * - At the end: three writes for each turn that was turned, and none else.
 */
import { whole } from '#protocols/codec.ts';
import type { Envelope } from '#protocols/envelope.ts';
import type { Keeping } from '#protocols/ring/keep.ts';
import { RingTurned, SlotLocked, SlotWritten } from '#protocols/ring.messages.ts';
import {
  Decision,
  DECISION,
  firstValue,
  Kept,
  keeperOf,
  LAST,
  Last,
  slotKey,
  type Ring,
} from '#protocols/ring.ts';
import { address, nodeOf, type NodeAddress } from '#protocols/subjects.ts';
import { keyPrefix } from '#runtime/lives.ts';
import type { Life, Machine } from '../machine.ts';
import type { Checker, World } from '../world.ts';

type Written = Decision['writes'][number];

/** What is durable now. */
interface Disks {
  readonly slotOf: (of: number) => Kept;
  readonly diskOf: (node: NodeAddress) => Machine['disk'];
}

export interface RingChecker extends Checker {
  /** Of the run as a whole, once everything rests. */
  readonly conclude: () => void;
}

export function ringChecker(
  world: World,
  ring: Ring,
  machineOf: ReadonlyMap<NodeAddress, Machine>,
): RingChecker {
  const outcomes = new Map<string, string>();
  const diskOf = (node: NodeAddress): Machine['disk'] => machineOf.get(node)!.disk;
  const slotOf = (of: number): Kept => {
    const keeper = keeperOf(ring, of);
    const bytes = diskOf(nodeOf(keeper)).durable(keyPrefix(keeper) + slotKey(of));
    return bytes === undefined ? firstValue(ring, of) : whole(Kept, bytes);
  };
  const look = (): void => {
    const decided = durableDecisions(ring, diskOf);
    const next = Array.from({ length: ring.slots }, (_, of) => {
      const { next, lock } = slotOf(of);
      return (lock && decided.get(`${lock.attempt} ${of}`)?.next) ?? next;
    });
    world.claim(isOneRing(next), () => `the slots make one ring: ${next.join(' ')}`);
  };
  const isDurable = (envelope: Envelope, { system }: Life): boolean => {
    if (envelope.form !== 'answer') return true;
    const state = system.stateOf(envelope.from);
    return isPromiseKept(envelope, state, { slotOf, diskOf });
  };
  return {
    look,
    sent: (envelope, life) =>
      world.claim(
        isDurable(envelope, life),
        () => `durable before it is said: ${saidBy(envelope)}`,
      ),
    noted: (subject, fact) => {
      if (!subject.includes('.ring.n')) return;
      const outcome = (fact as { readonly outcome: string }).outcome;
      const before = outcomes.get(subject);
      outcomes.set(subject, outcome);
      world.claim(before === undefined || before === outcome, () => `${subject} has one outcome`);
    },
    conclude: () => {
      look();
      let writes = 0;
      for (let of = 0; of < ring.slots; of++) writes += slotOf(of).version;
      const turned = [...outcomes.values()].filter((outcome) => outcome === 'turned').length;
      world.claim(
        writes === 3 * turned,
        () => `${writes} writes are three for each of ${turned} turns`,
      );
    },
  };
}

function durableDecisions(
  ring: Ring,
  diskOf: (node: NodeAddress) => Machine['disk'],
): Map<string, Written> {
  const decided = new Map<string, Written>();
  for (const node of ring.nodes) {
    const prefix = keyPrefix(address(node, 'turner')) + DECISION;
    for (const [key, bytes] of diskOf(node).durableUnder(prefix)) {
      for (const write of whole(Decision, bytes).writes)
        decided.set(`${key.slice(prefix.length)} ${write.slot}`, write);
    }
  }
  return decided;
}

/** What an answer says is durable now, or was and has been overtaken since. */
function isPromiseKept(
  { kind, body, from, to }: Extract<Envelope, { form: 'answer' }>,
  state: unknown,
  { slotOf, diskOf }: Disks,
): boolean {
  if (kind === SlotLocked.kind) {
    const { attempt, slot } = whole(SlotLocked.body, body);
    const isStillLocked = (state as Keeping).slots.get(slot)?.value.lock?.attempt === attempt;
    return !isStillLocked || slotOf(slot).lock?.attempt === attempt;
  }
  if (kind === SlotWritten.kind) {
    const { attempt, slot } = whole(SlotWritten.body, body);
    const decided = diskOf(nodeOf(to)).durable(keyPrefix(to) + DECISION + attempt);
    if (decided === undefined) return true; // Forgotten, since all of it was written before.
    const write = whole(Decision, decided).writes.find((each) => each.slot === slot);
    return write === undefined || slotOf(slot).version >= write.version;
  }
  if (kind !== RingTurned.kind) return true;
  const { turn } = whole(RingTurned.body, body);
  const last = diskOf(nodeOf(from)).durable(keyPrefix(from) + LAST + to);
  return last !== undefined && whole(Last, last).turn >= turn;
}

/** Followed from the first, every slot is met once before the first comes again. */
function isOneRing(next: readonly number[]): boolean {
  let met = 0;
  let at = 0;
  do {
    at = next[at]!;
    met++;
  } while (at !== 0 && met <= next.length);
  return met === next.length;
}

const saidBy = (envelope: Envelope): string =>
  `${'kind' in envelope ? envelope.kind : envelope.form} by ${envelope.from}`;
