/**
 * What does it cost to find the holders of a transaction among many nodes?
 *
 *   cold   the first transaction of a list that was never drawn from: its tables, and one placement
 *   warm   a transaction that was never placed, on a list whose tables exist: nothing is remembered of
 *          another transaction, so this is what each one costs
 *   flat   the same number of nodes by a ranking of all of them (algorithms/rendezvous/weighted.ts)
 *
 * A placement has 30 lights on different devices, few of an operator, 10 spares, 12 anchor rows on two
 * continents and 2 rows for escalation. The list is in memory and was checked before.
 */
import { nodeTable } from '#algorithms/rendezvous/scoring.ts';
import { rankWeighted, weightsOf } from '#algorithms/rendezvous/weighted.ts';
import { assert } from '#lib/assert.ts';
import { utf8 } from '#lib/bytes.ts';
import type { Eligible, EligibleList } from '#protocols/eligibility.ts';
import { drawPlacement } from '#protocols/placement.ts';
import type { Resolved } from '#protocols/policy.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';
import { compare, type Bench, type Row } from './bench.ts';

const KOMATSU = place('asia.ishikawa.komatsu');
const PARIS = place('europe.france.paris');
const DIGEST = new Uint8Array(32);
const ANCHORS = 6;
const OUTPUT = new Uint8Array(64);
const WANTED = 42;

const TERMS: Resolved = {
  version: 1,
  digest: DIGEST,
  k: 10,
  lights: 30,
  perOperator: 3,
  events: [],
  continents: [
    { continent: 'asia', anchors: 3, pieces: 6 },
    { continent: 'europe', anchors: 3, pieces: 6 },
  ],
  ackNeeded: 25,
  ackLocalPermille: 666,
  ackAnchors: 2,
  ackDeadlineMs: 300,
  escalatePieces: 2,
  lightTtlMs: 1,
  anchorTtlMs: 0,
  stripeBytes: 65_536,
  signatureSuite: 'ml-dsa-65',
  kemSuite: 'ml-kem-768',
  repairAt: 26,
  urgentAt: 16,
  anchorPiecesLow: 9,
  onlineFloor: 12,
  features: [],
  fired: [],
};

/** Spread as hashes are: odd multipliers of the golden ratio. */
function digestOf(i: number): Uint8Array {
  const digest = new Uint8Array(32);
  const words = new DataView(digest.buffer);
  words.setUint32(0, Math.imul(i + 1, 0x9e37_79b1) >>> 0);
  words.setUint32(4, i);
  return digest;
}

function nodesOf(count: number): Eligible[] {
  const node = (i: number): Eligible => {
    const isAnchor = i < ANCHORS;
    const at = isAnchor && i % 2 === 1 ? PARIS : KOMATSU;
    const own = digestOf(i);
    return {
      node: nodeAddress(at, `n${String(i).padStart(8, '0')}`),
      role: isAnchor ? 'anchor' : 'light',
      operator: digestOf(i % Math.ceil(count / 4)),
      device: own,
      weight: 1 + ((i * 7_919) % 65_535),
      fingerprint: own,
      signer: own,
    };
  };
  const nodes = Array.from({ length: count }, (_, i) => node(i));
  return nodes.toSorted((a, b) => (a.node < b.node ? -1 : 1));
}

/** A list that nobody has drawn from: another object each time. */
const freshList = (nodes: readonly Eligible[]): EligibleList => ({
  head: {
    place: KOMATSU,
    number: 1,
    at: 0,
    by: nodeAddress(KOMATSU, 'd1'),
    follows: undefined,
    lights: [],
    root: DIGEST,
    count: nodes.length,
  },
  digest: DIGEST,
  nodes,
  keys: [],
  signers: [],
});

/** Another transaction each time. */
function drawing(): (list: EligibleList) => void {
  const words = new DataView(OUTPUT.slice().buffer);
  let asked = 0;
  return (list) => {
    words.setUint32(0, asked++);
    const output = new Uint8Array(words.buffer);
    const found = drawPlacement({ list, terms: TERMS, from: KOMATSU, output });
    assert(found.ok && found.value.holders.length === WANTED + 2, 'a placement was found');
  };
}

function flat(nodes: readonly Eligible[]): (key: Uint8Array) => void {
  const table = nodeTable(nodes.map(({ node }) => utf8(node)));
  const weights = weightsOf(
    table,
    nodes.map(({ weight }) => weight),
  );
  return (key) => void rankWeighted(table, weights, key, WANTED);
}

const repeat =
  (work: (i: number) => void) =>
  (times: number): void => {
    for (let i = 0; i < times; i++) work(i);
  };

function rowsOf(count: number): Row[] {
  const nodes = nodesOf(count);
  const known = freshList(nodes);
  const draw = drawing();
  draw(known);
  const rank = flat(nodes);
  const key = new Uint8Array(32);
  const words = new DataView(key.buffer);
  const micros = compare(
    { name: 'cold', run: repeat(() => draw(freshList(nodes))) },
    { name: 'warm', run: repeat(() => draw(known)) },
    { name: 'flat', run: repeat((i) => (words.setUint32(0, i), rank(key))) },
  );
  const row = (name: string, goal: string): Row => ({
    name: `${WANTED} of ${count}, ${name}`,
    value: micros.get(name)!,
    unit: 'us',
    against: 'a ranking of all',
    ratio: micros.get('flat')! / micros.get(name)!,
    goal,
  });
  return [row('cold', '<= 20 ms'), row('warm', '<= 0.2 ms')];
}

export const bench: Bench = {
  name: 'select',
  question: 'What does it cost to place a transaction on 42 of many nodes?',
  run: async () => [...rowsOf(60), ...rowsOf(2_000), ...rowsOf(100_000)],
};
