/**
 * The whole of a running cluster on one screen: who exists, under whom, and what happens when one ends.
 *
 *   city-chain up                       one_for_one    a process that dies is started anew, with back-off
 *   |- nats-server                      permanent      back at its port; or the embedded bus, or yours
 *   '- process p1, p2, ...              permanent      5 restarts in 60 s, then `up` gives up
 *      '- <node>.node                   one_for_one    a node whose tree gives up takes its process along
 *
 * of a city (actors/members.ts; cli/city/delegate-tree.ts), by the role of the node
 *
 *         |- <node>.delegate            one_for_one    10 in 10 s
 *         |  |- <node>.presence         permanent      who is here; frozen lists
 *         |  |- <node>.ledger           permanent      certified and ordered, on disk before it is said
 *         |  |- <node>.city             permanent      the order; votes on disk before they are sent
 *         |  |- <node>.policy           permanent      the policy in force; a change takes effect at one height
 *         |  |- <node>.commit           permanent      S5: counts acks, certifies
 *         |  |- <node>.distribute       permanent      S4: rows to holders, until each has an ack
 *         |  |- <node>.attest           permanent      S3: seals, orders
 *         |  |- <node>.shard            permanent      S2: codes
 *         |  |- <node>.select           permanent      S1: draws; a draw is on disk before it is used
 *         |  '- <node>.ingress          permanent      the journal; drives what is lost once more
 *         |- <node>.levels              one_for_one    10 in 10 s; of a delegate (actors/levels.ts)
 *         |  |- <node>.rooting          permanent      how far its city is rooted above it
 *         |  |- <node>.municipality     permanent      of a member: words and seals on disk before they are said
 *         |  |- <node>.continent        permanent      of a member: votes on disk before they are said
 *         |  '- <node>.globe            permanent      of a member: the same above continents
 *         '- <node>.light | .anchor     rest_for_one   10 in 10 s
 *            |- <node>.holder           permanent      pieces on disk before they are acknowledged
 *            '- <node>.heart            permanent      on the list while there is a holder
 *
 * of a ring (actors/ring.ts), the workload that shows any lost or doubled write
 *
 *         '- <node>.ring                rest_for_one   5 in 10 s
 *            |- <node>.keeper           permanent      slots of the ring, kept before they are promised
 *            |- <node>.turner           permanent      carries out turns, remembers its decisions
 *            '- <node>.driver           permanent      has the ring turned, again and again
 *
 * Restart is harmless everywhere: whoever promised something kept it first, and asks again.
 */
import { keeper, type KeeperOptions } from '#actors/keeper.ts';
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

/** A node, whatever it does: the trees below it. */
export const nodeTree = (node: NodeAddress, below: readonly Below[]): AnyActor =>
  supervisor({
    address: treeAddress(node),
    flags: { strategy: 'one_for_one', intensity: 3, periodMs: 30_000 },
    children: below.map((each) => ({ ...each, type: 'supervisor' })),
  });

interface Below {
  readonly id: string;
  readonly start: () => AnyActor;
}

export const keeperTree = (options: KeeperOptions): AnyActor =>
  nodeTree(options.self.node, [{ id: options.role, start: () => keeper(options) }]);

export const ringNodeTree = (node: NodeAddress, all: readonly NodeAddress[]): AnyActor =>
  nodeTree(node, [{ id: 'ring', start: () => ringTree(node, all) }]);

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
