/**
 * The carrier: what a system of actors asks of whatever connects it with other processes. It turns
 * envelopes into frames on a wire and back (links/links.ts); where there is no wire, nobody is
 * elsewhere (`noCarrier`): only what is said to a role finds its way back here.
 *
 * The promises: at most once; in order for one pair of nodes, or not at all; an `ask` to where nobody
 * listens comes back as a refusal at once; a tracked peer that dies, falls silent, or starts anew is
 * reported as gone, once.
 */
import type { Envelope } from '#protocols/envelope.ts';
import {
  anyOf,
  nodeOf,
  type Address,
  type NodeAddress,
  type Place,
  type Subject,
} from '#protocols/subjects.ts';

export interface Receiver {
  /** The body is a view of what arrived: it is read at once, or copied. */
  readonly receive: (envelope: Envelope) => void;
  /** A tracked peer is no more: its process died, cannot be reached, or started anew. */
  readonly gone: (peer: NodeAddress) => void;
}

export interface Carrier {
  /** Takes envelopes that are addressed to `node` from now on. The result stops that. */
  readonly host: (node: NodeAddress, receiver: Receiver) => () => void;
  /** Also takes what is sent to any actor of `role` in the city, as one of its queue group. */
  readonly serve: (node: NodeAddress, at: Place, role: string) => () => void;
  /** Never throws, never waits. `reliable` repeats until the other node's link has it. */
  readonly send: (envelope: Envelope, reliable?: boolean) => void;
  /** Watches over a peer until the result is called. */
  readonly track: (from: NodeAddress, peer: NodeAddress) => () => void;
  readonly note: (subject: Subject, bytes: Uint8Array) => void;
}

/** For a system on its own: whoever is not in this process does not exist. */
export function noCarrier(): Carrier {
  const hosts = new Map<NodeAddress, Receiver>();
  const served = new Map<Address, NodeAddress>();
  const receiverOf = (envelope: Envelope): Receiver | undefined =>
    hosts.get(envelope.from.slice(0, envelope.from.lastIndexOf('.')) as NodeAddress);
  return {
    host: (node, receiver) => {
      hosts.set(node, receiver);
      return () => hosts.delete(node);
    },
    serve: (node, at, role) => {
      const any = anyOf(at, role);
      served.set(any, node);
      return () => served.delete(any);
    },
    send: (envelope) => {
      const node = served.get(envelope.to) ?? nodeOf(envelope.to);
      const receiver = hosts.get(node);
      if (receiver !== undefined) return receiver.receive(envelope);
      const back = { to: envelope.from, from: envelope.to, incarnation: 0 } as const;
      if (envelope.form === 'ask') {
        const { number } = envelope;
        receiverOf(envelope)?.receive({ form: 'refusal', ...back, number, why: 'dead' });
      }
      if (envelope.form === 'watch') {
        const { number } = envelope;
        receiverOf(envelope)?.receive({ form: 'ended', ...back, number });
      }
    },
    track: () => () => undefined,
    note: () => undefined,
  };
}
