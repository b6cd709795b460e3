/**
 * Watches an overlay from outside: who was told of what, what each thing spread cost, and who says that it is
 * whose neighbour.
 *
 *   A's active view holds B     wrong, unless B has said to this life of A that it is or would be its neighbour
 *   a payload leaves A          wrong, if A's listener would not find it fit, unless it is A's own
 */
import { hex } from '#lib/bytes.ts';
import { whole } from '#protocols/codec.ts';
import type { Json } from '#protocols/effect.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { Gossip, payloadId } from '#protocols/overlay.messages.ts';
import { OVERLAY, overlayOf, type Overlay } from '#protocols/overlay/state.ts';
import { nodeOf, roleOf, type NodeAddress } from '#protocols/subjects.ts';
import type { Life, Machine } from '../machine.ts';
import { FIT } from '../overlay/listener.ts';
import type { Checker, World } from '../world.ts';

/** Who says one of these neither is a neighbour nor would be one. */
const NO_CONSENT: readonly string[] = [
  'overlay.declined',
  'overlay.disconnect',
  'overlay.shuffled',
];

export interface Watched {
  readonly checker: Checker;
  /** By what was spread: how often each node was told. */
  readonly told: ReadonlyMap<string, ReadonlyMap<NodeAddress, number>>;
  /** What was sent between nodes, by kind. */
  readonly said: ReadonlyMap<string, number>;
}

export const overlayAt = (machines: ReadonlyMap<NodeAddress, Machine>, node: NodeAddress) =>
  machines.get(node)!.life?.system.stateOf(overlayOf(node)) as Overlay | undefined;

const isOfOverlays = ({ to }: Envelope): boolean => roleOf(to) === OVERLAY;

export function overlayChecker(world: World, machines: ReadonlyMap<NodeAddress, Machine>): Watched {
  const told = new Map<string, Map<NodeAddress, number>>();
  const said = new Map<string, number>();
  const consents = new WeakMap<Life, Set<NodeAddress>>();
  const agreesIn = (node: NodeAddress, peer: NodeAddress): boolean => {
    const { life } = machines.get(node)!;
    return life !== undefined && consents.get(life)?.has(peer) === true;
  };
  const checker: Checker = {
    sent: (envelope) => {
      if (!isOfOverlays(envelope) || envelope.form !== 'tell') return;
      said.set(envelope.kind, (said.get(envelope.kind) ?? 0) + 1);
      if (envelope.kind !== Gossip.kind) return;
      const { id, topic, payload, hops } = whole(Gossip.body, envelope.body);
      const isName = hex(payloadId(topic, payload)) === hex(id);
      const mayPass = isName && (payload[0] === FIT || hops === 1);
      world.claim(mayPass, () => `${envelope.from} passes on what is not fit`);
    },
    received: (envelope, life) => {
      if (!isOfOverlays(envelope) || envelope.form !== 'tell') return;
      if (NO_CONSENT.includes(envelope.kind)) return;
      let peers = consents.get(life);
      if (peers === undefined) consents.set(life, (peers = new Set()));
      peers.add(nodeOf(envelope.from));
    },
    noted: (subject, fact: Json) => {
      if (!subject.includes('.overlay.')) return;
      const { node, id } = fact as unknown as { node: NodeAddress; id: string };
      let nodes = told.get(id);
      if (nodes === undefined) told.set(id, (nodes = new Map()));
      nodes.set(node, (nodes.get(node) ?? 0) + 1);
    },
    look: () => {
      for (const node of machines.keys())
        for (const peer of overlayAt(machines, node)?.active.keys() ?? [])
          world.claim(agreesIn(node, peer), () => `${peer} has agreed to be ${node}'s neighbour`);
    },
  };
  return { checker, told, said };
}
