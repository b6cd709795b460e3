/**
 * The whole of a running cluster on one screen: who exists, under whom, and what happens when one ends.
 *
 *   city-chain up                 one_for_one    a process that dies is started anew, with back-off
 *   |- nats-server                permanent      back at its port; or the embedded bus, or yours
 *   '- process p1, p2, ...        permanent      5 restarts in 60 s, then `up` gives up
 *      '- <node>.node             one_for_one    a node whose tree gives up takes its process along
 *         '- <node>.ring          rest_for_one   5 in 10 s
 *            |- <node>.keeper     permanent      slots of the ring, kept before they are promised
 *            |- <node>.turner     permanent      carries out turns, remembers its decisions
 *            '- <node>.driver     permanent      has the ring turned, again and again
 *
 * The ring (protocols/ring.ts) is the workload that every node runs: any lost or doubled write breaks
 * it. Restart is harmless everywhere: whoever promised something kept it first, and asks again.
 */
import { ringNode } from '#actors/ring.ts';
import { NO_PROBE } from '#lib/probe.ts';
import type { Ring } from '#protocols/ring.ts';
import { address, type Address, type NodeAddress } from '#protocols/subjects.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { supervisor } from './supervisor.ts';

/** Slots of the ring for each node. */
const SLOTS_PER_NODE = 2;
const PAUSE_MS_MAX = 1_000;
const MAILBOX_MAX = 1_024;

export const treeAddress = (node: NodeAddress): Address => address(node, 'node');

export const ringOf = (all: readonly NodeAddress[]): Ring => ({
  nodes: all,
  slots: all.length * SLOTS_PER_NODE,
});

export function nodeTree(node: NodeAddress, all: readonly NodeAddress[]): AnyActor {
  return supervisor({
    address: treeAddress(node),
    flags: { strategy: 'one_for_one', intensity: 3, periodMs: 30_000 },
    children: [{ id: 'ring', type: 'supervisor', start: () => ringTree(node, all) }],
  });
}

function ringTree(node: NodeAddress, all: readonly NodeAddress[]): AnyActor {
  return ringNode({
    ring: ringOf(all),
    node,
    // The next node's turner, so that every turn crosses processes.
    turnedBy: all[(all.indexOf(node) + 1) % all.length]!,
    pauseMsMax: PAUSE_MS_MAX,
    mailboxMax: MAILBOX_MAX,
    flags: { strategy: 'rest_for_one', intensity: 5, periodMs: 10_000 },
    probe: NO_PROBE,
  });
}
