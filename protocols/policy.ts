/**
 * The numbers of a policy at one moment: what a manifest carries, so that anyone can check later that a
 * transaction was kept by the rules that it was made under.
 */
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { count, list, record, type Infer } from './codec.ts';
import {
  continentName,
  CONTINENTS_MAX,
  digest,
  kemSuite,
  permille,
  placeName,
  signatureSuite,
  unixMs,
} from './terms.ts';

const pieces = count(PIECES_MAX);
export const EVENTS_MAX = 32;
/** A hundredfold: beyond that an event would decide alone. */
export const EVENT_PERMILLE_MAX = 100_000;

export const Resolved = record({
  /** Which policy, and its text. */
  version: count(0xffff_ffff),
  digest,
  /** So many pieces bring a transaction back. */
  k: pieces,
  /** Pieces on lights, one each. */
  lights: pieces,
  /** Of the lights of one operator at most so many, where there are enough of others. */
  perOperator: pieces,
  /** Where something goes on: the nodes of these cities weigh so much more, or less. */
  events: list(record({ place: placeName, permille: count(EVENT_PERMILLE_MAX) }), EVENTS_MAX),
  /** Anchor pieces: on each continent so many, over so many anchors. */
  continents: list(
    record({ continent: continentName, anchors: count(64), pieces }),
    CONTINENTS_MAX,
  ),
  /** The ack rule: so many acks, of the sender's continent's anchor pieces this share, from so many anchors. */
  ackNeeded: pieces,
  ackLocalPermille: permille,
  ackAnchors: count(64),
  ackDeadlineMs: count(60_000),
  /** Further anchor pieces when the deadline passes with too few acks. */
  escalatePieces: pieces,
  lightTtlMs: unixMs,
  /** 0: as long as capacity allows. */
  anchorTtlMs: unixMs,
  stripeBytes: count(1 << 20),
  signatureSuite,
  kemSuite,
});
export type Resolved = Infer<typeof Resolved>;

/** All pieces of a transaction before any escalation: lights first, then anchors by continent. */
export const piecesOf = ({ lights, continents }: Resolved): number =>
  continents.reduce((sum, { pieces: anchored }) => sum + anchored, lights);
