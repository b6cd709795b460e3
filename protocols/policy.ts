/**
 * The policy as bytes: one canonical form of a whole policy, and of what it means for one transaction.
 *
 *   Policy     what a city agrees on: its digest names it, and nobody needs the file to follow it
 *   Resolved   the numbers at one moment: what a manifest carries, so that anyone can check later that a
 *              transaction was kept by the rules that it was made under
 *
 * Bytes of a peer may be any policy at all; `policyFault` says what cannot be judged or coded. Whether a
 * policy is wise was the proposer's to check.
 */
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { domain, hash } from '#algorithms/hash/hash.ts';
import {
  ANCHORS_MAX,
  BOOSTS_MAX,
  CITIES_MAX,
  EVENT_PERMILLE_MAX,
  EVENTS_MAX,
  FEATURES,
  FLOOR_ACTIONS,
  KEMS,
  LOSSES,
  MILLION,
  COMPARISONS,
  SIGNATURES,
  UNBONDING_EPOCHS_MAX,
  type InForce,
  type Inputs,
  type Policy as PolicyNumbers,
  type Term,
} from '#config/policy.ts';
import { isCondition, CONDITION_CHARS_MAX, TERMS_MAX } from '#config/policy/condition.ts';
import { resolve } from '#config/policy/resolve.ts';
import { DAY_MS } from '#config/policy/zone.ts';
import {
  count,
  either,
  flag,
  list,
  Malformed,
  oneOf,
  record,
  text,
  toBytes,
  whole,
  type Codec,
  type Infer,
} from './codec.ts';
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
import { DELEGATES_MAX } from './genesis.ts';

const pieces = count(PIECES_MAX);
const anchorCount = count(ANCHORS_MAX);
const version = count(0xffff_ffff);
const millionths = count(MILLION);
const ackDeadlineMs = count(60_000);
const stripeBytes = count(1 << 20);
const eventPermille = count(EVENT_PERMILLE_MAX);

export const Resolved = record({
  /** Which policy, and its bytes. */
  version,
  digest,
  /** So many pieces bring a transaction back. */
  k: pieces,
  /** Pieces on lights, one each. */
  lights: pieces,
  /** Of the lights of one operator at most so many, where there are enough of others. */
  perOperator: pieces,
  /** Where something goes on: the nodes of these cities weigh so much more, or less. */
  events: list(record({ place: placeName, permille: eventPermille }), EVENTS_MAX),
  /** Anchor pieces, by continent's name: on each so many, over so many anchors. */
  continents: list(
    record({ continent: continentName, anchors: anchorCount, pieces }),
    CONTINENTS_MAX,
  ),
  /** The ack rule: so many acks, of the sender's continent's anchor pieces this share, from so many anchors. */
  ackNeeded: pieces,
  ackLocalPermille: permille,
  ackAnchors: anchorCount,
  ackDeadlineMs,
  /** Further anchor pieces when the deadline passes with too few acks. */
  escalatePieces: pieces,
  lightTtlMs: unixMs,
  /** 0: as long as capacity allows. */
  anchorTtlMs: unixMs,
  stripeBytes,
  signatureSuite,
  kemSuite,
  /** Repair starts at so many healthy pieces, urgently at so many, or at so many on anchors. */
  repairAt: pieces,
  urgentAt: pieces,
  anchorPiecesLow: pieces,
  /** Fewer pieces online are an alarm. */
  onlineFloor: pieces,
  /** What is on for this transaction. */
  features: list(oneOf(...FEATURES), FEATURES.length),
  /** Which boosts applied. */
  fired: list(count(BOOSTS_MAX - 1), BOOSTS_MAX),
});
export type Resolved = Infer<typeof Resolved>;

/** What the policy in force means for one transaction: the terms of its manifest. */
export const resolved = (policy: InForce, inputs: Inputs): Resolved =>
  // Places are checked where a policy is read.
  resolve(policy, inputs) as Resolved;

/** All pieces of a transaction before any escalation: lights first, then anchors by continent. */
export const piecesOf = ({ lights, continents }: Pick<Resolved, 'lights' | 'continents'>): number =>
  continents.reduce((sum, { pieces: anchored }) => sum + anchored, lights);

/** A number from -most to most. */
function signed(most: number): Codec<number> {
  const shifted = count(2 * most);
  return {
    shape: `integer ${-most}..${most}`,
    write: (writer, value) => shifted.write(writer, value + most),
    read: (reader) => shifted.read(reader) - most,
    check: (value) =>
      typeof value === 'number' && shifted.check(value + most) === undefined
        ? undefined
        : `expected an integer ${-most}..${most}`,
  };
}

const minute = count(24 * 60);
const TERMS = {
  time: record({ zone: count(TERMS_MAX), from: minute, to: minute }),
  p_light: record({
    continent: text(16, (name) => name === '' || continentName.check(name) === undefined),
    compare: oneOf(...COMPARISONS),
    millionths,
  }),
  strained: record({}),
  and: record({}),
  or: record({}),
} as const satisfies Readonly<Record<Term['op'], Codec<unknown>>>;

/** Which term, and then what it has. */
const term: Codec<Term> = either('op', TERMS);

const condition = list(term, TERMS_MAX);
const ZONES_MAX = 64;
/** Two changes a year for a hundred years. */
const SPANS_MAX = 200;
const bounds = record({ least: pieces, most: pieces });
const bytesKept = count(Number.MAX_SAFE_INTEGER);
const epochs = count(UNBONDING_EPOCHS_MAX);
const harmony = count(Number.MAX_SAFE_INTEGER);

/** Of delegates: who orders, and what it costs to lie. */
export const StakeRules = record({
  epochBatches: count(0xffff_ffff),
  seats: count(DELEGATES_MAX),
  unbondingEpochs: epochs,
  slashPermille: permille,
  togetherEpochs: epochs,
  presentPermille: permille,
  awayEpochs: count(0xffff),
  missedTurns: count(0xff),
  passedBatches: count(0xffff),
});

export const Policy = record({
  pieces: record({
    k: pieces,
    lights: pieces,
    anchors: pieces,
    split: text(16),
    perOperator: pieces,
    substitutes: pieces,
  }),
  anchors: list(
    record({ continent: continentName, anchors: anchorCount, atMost: pieces }),
    CONTINENTS_MAX,
  ),
  surviveLossOf: oneOf(...LOSSES),
  acks: record({
    margin: pieces,
    localPermille: permille,
    anchors: anchorCount,
    deadlineMs: ackDeadlineMs,
    escalatePieces: pieces,
  }),
  boosts: list(
    record({
      when: text(4 * CONDITION_CHARS_MAX),
      condition,
      anchors: signed(PIECES_MAX),
      lights: signed(PIECES_MAX),
      margin: signed(PIECES_MAX),
    }),
    BOOSTS_MAX,
  ),
  events: list(record({ place: placeName, permille: eventPermille, condition }), EVENTS_MAX),
  bounds: record({ anchors: bounds, lights: bounds, margin: bounds }),
  zones: list(
    record({
      name: text(64),
      spans: list(record({ from: unixMs, offsetMs: signed(DAY_MS) }), SPANS_MAX),
    }),
    ZONES_MAX,
  ),
  ttl: record({ lightMs: unixMs, anchorMs: unixMs }),
  repair: record({
    settleMs: unixMs,
    missedMs: record({ light: unixMs, anchor: unixMs }),
    startAt: pieces,
    urgentAt: pieces,
    anchorPiecesLow: pieces,
    onlineFloor: pieces,
    floorAction: oneOf(...FLOOR_ACTIONS),
    watermarkMs: unixMs,
    watermarkPermille: permille,
    bytesPerSecond: bytesKept,
    stripeBytes,
    turns: record({
      leaseMs: unixMs,
      leaseMsMax: unixMs,
      restMs: unixMs,
      pauseMs: unixMs,
      pauseMsMax: unixMs,
    }),
    fullMs: unixMs,
    fullMsMax: unixMs,
  }),
  capacity: record({ lightBytes: bytesKept, anchorBytes: bytesKept }),
  audits: record({ epochMs: unixMs, piecesPerSecond: count(0xffff_ffff), keepMs: unixMs }),
  rewards: record({
    lightPerGibDay: harmony,
    anchorPerGibDay: harmony,
    delegatePerDay: harmony,
    perDay: harmony,
    epochMs: unixMs,
    slashPermille: permille,
  }),
  stake: StakeRules,
  transfers: record({ withinMs: unixMs }),
  crypto: record({ signature: oneOf(...SIGNATURES), kem: oneOf(...KEMS) }),
  features: list(
    record({ name: oneOf(...FEATURES), millionths, cities: list(placeName, CITIES_MAX) }),
    FEATURES.length,
  ),
  slo: record({
    goodMillionths: millionths,
    writeMs: count(60_000),
    readMs: count(60_000),
    windowMs: unixMs,
    fastPermille: count(0xffff_ffff),
    slowPermille: count(0xffff_ffff),
  }),
  isStrained: flag,
});

const POLICY = domain('policy');

export const policyBytes = (policy: PolicyNumbers): Uint8Array =>
  toBytes(Policy, policy as Infer<typeof Policy>);

/** A policy with its number and the name of its bytes. */
export const inForce = (version: number, policy: PolicyNumbers): InForce => ({
  version,
  digest: digestOfPolicy(policyBytes(policy)),
  policy,
});

export const digestOfPolicy = (bytes: Uint8Array): Uint8Array => hash(POLICY, bytes);

/** Reading is total in what a peer sends: what can be read can be resolved. */
export function readPolicyBytes(bytes: Uint8Array): PolicyNumbers {
  const policy = whole(Policy, bytes);
  const fault = policyFault(policy);
  if (fault !== undefined) throw new Malformed('range', fault);
  return policy;
}

/** What cannot be judged or coded. */
export function policyFault({
  pieces: base,
  anchors,
  acks,
  boosts,
  events,
  bounds: within,
  zones,
  audits,
  stake,
  slo,
}: PolicyNumbers): string | undefined {
  if (base.k < 1 || base.k > within.lights.least + within.anchors.least) return 'too few pieces';
  if (within.lights.most + acks.escalatePieces > PIECES_MAX) return 'more pieces than rows';
  const isOrdered = Object.values(within).every(({ least, most }) => least <= most);
  if (!isOrdered || !isSorted(anchors.map(({ continent }) => continent))) return 'out of order';
  if (!zones.every(({ spans }) => isSpans(spans))) return 'a zone without its times';
  if (audits.epochMs < 1 || audits.piecesPerSecond < 1 || audits.keepMs < 1)
    return 'no audits at all';
  if (stake.epochBatches < 1 || stake.seats < 1) return 'nobody orders';
  if (slo.windowMs < 1_000 || slo.goodMillionths >= MILLION) return 'no budget of errors';
  const areRead =
    boosts.every((each) => isCondition(each.condition, zones.length)) &&
    events.every(
      (each) => each.condition.length === 0 || isCondition(each.condition, zones.length),
    );
  return areRead ? undefined : 'a condition without a verdict';
}

const isSorted = (names: readonly string[]): boolean =>
  names.every((name, i) => i === 0 || names[i - 1]! < name);

const isSpans = (spans: PolicyNumbers['zones'][number]['spans']): boolean =>
  spans[0]?.from === 0 && spans.every(({ from }, i) => i === 0 || spans[i - 1]!.from < from);
