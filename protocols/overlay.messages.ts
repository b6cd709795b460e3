/**
 * Messages of the overlay (protocols/overlay/): who is a neighbour of whom, and what is spread among them.
 *
 * | kind                   | from     | to       | answer                                              |
 * | ---------------------- | -------- | -------- | --------------------------------------------------- |
 * | `overlay.spread`       | anyone here | overlay | `overlay.heard` at every other node, once          |
 * | `overlay.heard`        | overlay  | listener | `overlay.judged`; nothing is passed on before       |
 * | `overlay.judged`       | listener | overlay  |                                                     |
 * | `overlay.seeds`        | presence | overlay  |                                                     |
 * | `overlay.join`         | overlay  | overlay  | `overlay.agreed`, always; forward-joins to others   |
 * | `overlay.forward-join` | overlay  | overlay  | `overlay.neighbour` to whom it names, or further on |
 * | `overlay.neighbour`    | overlay  | overlay  | `overlay.agreed`, `overlay.declined`                |
 * | `overlay.disconnect`   | overlay  | overlay  |                                                     |
 * | `overlay.still`        | overlay  | overlay  | `overlay.disconnect`, if it is not so               |
 * | `overlay.shuffle`      | overlay  | overlay  | `overlay.shuffled` to its origin, or further on     |
 * | `overlay.gossip`       | overlay  | overlay  | `overlay.prune`, if it is known                     |
 * | `overlay.ihave`        | overlay  | overlay  | `overlay.graft`, if it stays unknown                |
 * | `overlay.graft`        | overlay  | overlay  | `overlay.gossip`                                    |
 * | `overlay.prune`        | overlay  | overlay  |                                                     |
 *
 * The first four stay on one node. All others may be lost: what matters is said again in a `still`.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import {
  bytes,
  catalogue,
  count,
  flag,
  list,
  message,
  oneOf,
  optional,
  record,
  toBytes,
  union,
  type Infer,
} from './codec.ts';
import { digest, nodeName } from './terms.ts';

/** What is spread: each has one listener on every node of the overlay. */
export const Topic = oneOf('city-head');
export type Topic = Infer<typeof Topic>;

/** A head with the signatures of a hundred delegates. */
export const PAYLOAD_BYTES_MAX = 400_000;
const payload = bytes(1, PAYLOAD_BYTES_MAX);
const Payload = record({ topic: Topic, payload });
/** Of a path; whoever claims more is believed this. */
export const HOPS_MAX = 255;
const hops = count(HOPS_MAX);
export const HAVE_MAX = 64;
const have = list(record({ id: digest, hops }), HAVE_MAX);
/** Random walks of joins and shuffles: none is longer. */
export const TTL_MAX = 6;
const ttl = count(TTL_MAX);
export const SHUFFLED_MAX = 8;
const peers = list(nodeName, SHUFFLED_MAX);
export const SEEDS_MAX = 64;

const PAYLOAD = domain('overlay payload');
/** What is spread is called by its hash: the same twice is once. */
export const payloadId = (topic: Topic, spread: Uint8Array): Uint8Array =>
  hash(PAYLOAD, toBytes(Payload, { topic, payload: spread }));

export const Spread = message('overlay.spread', { topic: Topic, payload });
export const Heard = message('overlay.heard', { id: digest, topic: Topic, payload });
/**
 * What it is worth: `fit` is passed on, `stale` is not; whoever sent what is `unfit` is no neighbour any more.
 */
export const Judged = message('overlay.judged', {
  id: digest,
  verdict: oneOf('fit', 'stale', 'unfit'),
});
/** Some of those who are on the newest list: whom to turn to. */
export const Seeds = message('overlay.seeds', { nodes: list(nodeName, SEEDS_MAX) });

/** I am new here, or was out of reach. */
export const Join = message('overlay.join', {});
/** `peer` has joined; it wants neighbours all over. */
export const ForwardJoin = message('overlay.forward-join', { peer: nodeName, ttl });
/** Be my neighbour. Urgent: I have none. */
export const AskNeighbour = message('overlay.neighbour', { isUrgent: flag });
export const Agreed = message('overlay.agreed', {});
export const Declined = message('overlay.declined', {});
/** We are no neighbours any more, or are not; call me again, or do not. */
export const Disconnect = message('overlay.disconnect', { isAlive: flag });
/** We are neighbours still, and this I have: whatever was lost shows here. */
export const Still = message('overlay.still', { have });
export const Shuffle = message('overlay.shuffle', { origin: nodeName, peers, ttl });
export const Shuffled = message('overlay.shuffled', { peers });

export const Gossip = message('overlay.gossip', { id: digest, topic: Topic, payload, hops });
export const IHave = message('overlay.ihave', { have });
/** Send me that, and whatever comes from now on. */
export const Graft = message('overlay.graft', { id: optional(digest) });
/** I have it from others: from now on only tell me that there is something. */
export const Prune = message('overlay.prune', {});

/** Between overlays of different nodes. */
export const OVERLAYS_SAY = catalogue(
  Join,
  ForwardJoin,
  AskNeighbour,
  Agreed,
  Declined,
  Disconnect,
  Still,
  Shuffle,
  Shuffled,
  Gossip,
  IHave,
  Graft,
  Prune,
);
export type OverlaysSay = Infer<typeof OVERLAYS_SAY>;
export const OVERLAY_HEARS = union(catalogue(Spread, Judged, Seeds), OVERLAYS_SAY);
export const OVERLAY_SAYS = union(catalogue(Heard), OVERLAYS_SAY);
export type OverlayHears = Infer<typeof OVERLAY_HEARS>;
export type OverlaySays = Infer<typeof OVERLAY_SAYS>;

export type Have = Infer<typeof have>;
export type Spread = Infer<typeof Spread>;
export type Heard = Infer<typeof Heard>;
export type Judged = Infer<typeof Judged>;
export type ForwardJoin = Infer<typeof ForwardJoin>;
export type AskNeighbour = Infer<typeof AskNeighbour>;
export type Disconnect = Infer<typeof Disconnect>;
export type Still = Infer<typeof Still>;
export type Shuffle = Infer<typeof Shuffle>;
export type Shuffled = Infer<typeof Shuffled>;
export type Gossip = Infer<typeof Gossip>;
export type IHave = Infer<typeof IHave>;
export type Graft = Infer<typeof Graft>;
