/**
 * Messages of S1 besides those of a transaction (sending.messages.ts): asking who is responsible for a
 * key, as the owner's rendezvous service answers it.
 *
 * | kind            | from   | to         | answer                            |
 * | --------------- | ------ | ---------- | --------------------------------- |
 * | `select.rank`   | anyone | any select | `select.ranked`, `select.refused` |
 *
 * It also hears `policy.in-force` of its own node's policy (policy.messages.ts).
 *
 * Answered from the node list in force, or among nodes that are named. With weights by the logarithmic
 * method, without by score alone (algorithms/rendezvous/). Bounded: whoever asks too much is told `busy`.
 */
import { SCORE_BYTES, ID_BYTES_MAX } from '#algorithms/rendezvous/scoring.ts';
import {
  bytes,
  catalogue,
  count,
  list,
  message,
  oneOf,
  optional,
  record,
  text,
  union,
  type Infer,
} from './codec.ts';
import { PolicyInForce } from './policy.messages.ts';
import { FOLLOWER_HEARS, FOLLOWER_SAYS } from './presence.messages.ts';
import { SELECT_HEARS as TAKES, SELECT_SAYS as MOVES } from './sending.messages.ts';
import { digest } from './terms.ts';

export const RANKED_MAX = 256;
export const RANK_KEY_BYTES_MAX = 512;
const id = text(ID_BYTES_MAX, (value) => value.length > 0);
const weight = count(Number.MAX_SAFE_INTEGER);

export const RankNodes = message('select.rank', {
  key: bytes(1, RANK_KEY_BYTES_MAX),
  count: count(RANKED_MAX),
  by: oneOf('score', 'weight'),
  /** Where not the node list is meant. */
  among: optional(list(record({ node: id, weight }), RANKED_MAX)),
});
export const Ranked = message('select.ranked', {
  /** The node list that was meant. */
  list: optional(digest),
  /** The best first. */
  nodes: list(record({ node: id, score: bytes(SCORE_BYTES), weight }), RANKED_MAX),
});
export const RankRefused = message('select.refused', {
  reason: oneOf('busy', 'no-list', 'named-twice'),
});

export type RankNodes = Infer<typeof RankNodes>;
export type Ranked = Infer<typeof Ranked>;
export type RankRefused = Infer<typeof RankRefused>;

export const SELECT_HEARS = union(
  union(TAKES, FOLLOWER_HEARS),
  catalogue(RankNodes, PolicyInForce),
);
export const SELECT_SAYS = union(union(MOVES, FOLLOWER_SAYS), catalogue(Ranked, RankRefused));
export type SelectHears = Infer<typeof SELECT_HEARS>;
export type SelectSays = Infer<typeof SELECT_SAYS>;
