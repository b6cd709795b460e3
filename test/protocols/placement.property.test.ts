/**
 * Placements: what is true of each, whatever the list and the terms; and of very many of them, that
 * nobody gets more than its weight (T13), and bad luck is only luck (T14). Lists are drawn without keys:
 * nothing here encrypts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outputOf, proven, vrfKeyOf } from '#algorithms/vrf.ts';
import { hex } from '#lib/bytes.ts';
import {
  eligibleDigest,
  eligibleHead,
  type Eligible,
  type EligibleList,
} from '#protocols/eligibility.ts';
import { isLightRow } from '#protocols/manifest.ts';
import {
  checkJobOf,
  drawnFrom,
  drawPlacement,
  placementFault,
  proveJob,
  sparesOf,
  type Drawn,
} from '#protocols/placement.ts';
import { piecesOf, type Resolved } from '#protocols/policy.ts';
import { mayProve, provers } from '#protocols/provers.ts';
import { nodeAddress, placeOf, type NodeAddress, type Place } from '#protocols/subjects.ts';
import { cases } from '#test/cases.ts';
import { bytesOf, cityOf, KANAZAWA, KOMATSU, NETWORK, PARIS, termsOf, TOKYO } from './sample.ts';
import { WALL } from './moments.ts';

/** A node without keys. */
const bare = (name: string, at: Place, more: Partial<Eligible> = {}): Eligible => {
  const node = nodeAddress(at, name);
  const own = bytesOf(`bare ${node}`);
  const role = name.startsWith('a') ? 'anchor' : 'light';
  const defaults = { role, operator: own, device: own, weight: 1_000 } as const;
  return { node, ...defaults, fingerprint: own, signer: own, ...more };
};

const many = (count: number, name: string, at: Place, more?: (i: number) => Partial<Eligible>) =>
  Array.from({ length: count }, (_, i) => bare(`${name}${i}`, at, more?.(i)));

function bareList(nodes: readonly Eligible[]): EligibleList {
  const standing = nodes.toSorted((a, b) => (a.node < b.node ? -1 : 1));
  const by = nodeAddress(KOMATSU, 'd1');
  const freeze = { place: KOMATSU, number: 1, at: WALL, by, follows: undefined, lights: [] };
  const head = eligibleHead(freeze, standing);
  return { head, digest: eligibleDigest(head), nodes: standing, keys: [], signers: [] };
}

const anchors = [...many(5, 'a', KOMATSU), ...many(4, 'a', PARIS)];
const output = (n: number): Uint8Array => bytesOf(`output ${n}`, 64);

function drawnFor(
  list: EligibleList,
  n: number,
  terms: Resolved = termsOf(),
  from = KOMATSU,
): Drawn {
  const found = drawPlacement({ list, terms, from, output: output(n) });
  if (!found.ok) throw new Error(found.error);
  return found.value;
}

/** Who is of the list, by name. */
const byName = ({ nodes }: EligibleList): Map<NodeAddress, Eligible> =>
  new Map(nodes.map((node) => [node.node, node]));

const lightsOf = ({ nodes }: EligibleList) => nodes.filter(({ role }) => role === 'light');

function checkRules(list: EligibleList, terms: Resolved, { holders, spares }: Drawn): void {
  const named = byName(list);
  const rows = piecesOf(terms) + terms.escalatePieces;
  expect(holders).toHaveLength(rows);
  expect(spares.length).toBeLessThanOrEqual(sparesOf(terms));
  const lights = [...holders.slice(0, terms.lights), ...spares];
  const devices = new Set(lights.map((node) => hex(named.get(node)!.device)));
  expect(devices.size).toBe(lights.length);
  for (const [row, node] of holders.entries()) {
    expect(named.get(node)!.role).toBe(isLightRow({ terms }, row) ? 'light' : 'anchor');
  }
  const asia = holders.slice(30, 36);
  const europe = holders.slice(36, 42);
  expect(asia.every((node) => node.startsWith('asia.'))).toBe(true);
  expect(europe.every((node) => node.startsWith('europe.'))).toBe(true);
  // Three anchors with two pieces each, on each continent.
  for (const group of [asia, europe]) {
    expect(new Set(group).size).toBe(3);
    expect(group.slice(0, 3)).toEqual(group.slice(3));
  }
  const more = holders.slice(42);
  expect(more.every((node) => node.startsWith('asia.'))).toBe(true);
  expect(more.slice(0, 2).every((node) => !asia.includes(node))).toBe(true);
}

const operated = (operators: number) => (i: number) => ({
  operator: bytesOf(`operator ${i % operators}`),
});

const refusal = (nodes: readonly Eligible[], more: Partial<Resolved> = {}) => {
  const list = bareList(nodes);
  const found = drawPlacement({ list, terms: termsOf(more), from: KOMATSU, output: output(1) });
  return found.ok ? 'placed' : found.error;
};

/** So many of 30 lights has the operator that has most. */
const most = (operators: number): number => {
  const list = bareList([...many(80, 'l', KOMATSU, operated(operators)), ...anchors]);
  const named = byName(list);
  const counts = new Map<string, number>();
  for (const node of drawnFor(list, 1).holders.slice(0, 30)) {
    const operator = hex(named.get(node)!.operator);
    counts.set(operator, (counts.get(operator) ?? 0) + 1);
  }
  return Math.max(...counts.values());
};

describe('a placement', () => {
  const scene = fc.record({
    city: fc.integer({ min: 20, max: 60 }),
    near: fc.integer({ min: 0, max: 20 }),
    far: fc.integer({ min: 0, max: 40 }),
    operators: fc.integer({ min: 3, max: 60 }),
    twins: fc.boolean(),
    escalatePieces: fc.integer({ min: 0, max: 4 }),
    perOperator: fc.integer({ min: 1, max: 5 }),
    n: fc.nat(1_000),
  });

  it('gives each row to whom the rules allow, in whatever order the nodes came', () => {
    fc.assert(
      fc.property(scene, ({ city, near, far, operators, twins, n, ...more }) => {
        const operated = (i: number) => ({
          operator: bytesOf(`operator ${i % operators}`),
          ...(twins && i % 2 === 1 ? { device: bytesOf(`device ${i % 7}`) } : {}),
        });
        const nodes = [
          ...many(city, 'l', KOMATSU, operated),
          ...many(near, 'l', KANAZAWA, operated),
          ...many(far, 'l', TOKYO, operated),
          ...anchors,
        ];
        const list = bareList(nodes);
        const terms = termsOf(more);
        const found = drawPlacement({ list, terms, from: KOMATSU, output: output(n) });
        const again = bareList(nodes.toReversed());
        expect(drawPlacement({ list: again, terms, from: KOMATSU, output: output(n) })).toEqual(
          found,
        );
        if (found.ok) checkRules(list, terms, found.value);
        else expect(new Set(lightsOf(list).map(({ device }) => hex(device))).size).toBeLessThan(30);
      }),
      { numRuns: cases(60) },
    );
  });

  it('keeps to so many of an operator while there are enough of others, and is kept by few else', () => {
    expect(most(20)).toBeLessThanOrEqual(3);
    expect(most(2)).toBeGreaterThan(3);
  });

  it("is of the sender's city first, then of its municipality, continent, globe", () => {
    const list = bareList([
      ...many(12, 'l', KOMATSU),
      ...many(9, 'l', KANAZAWA),
      ...many(6, 'l', TOKYO),
      ...many(40, 'l', PARIS),
      ...anchors,
    ]);
    const places = drawnFor(list, 3).holders.slice(0, 30).map(placeOf);
    expect(places.slice(0, 12).every((at) => at === KOMATSU)).toBe(true);
    expect(places.slice(12, 21).every((at) => at === KANAZAWA)).toBe(true);
    expect(places.slice(21, 27).every((at) => at === TOKYO)).toBe(true);
    expect(places.slice(27).every((at) => at === PARIS)).toBe(true);
    const abroad = drawnFor(list, 3, termsOf(), PARIS);
    expect(abroad.holders.slice(0, 30).every((node) => placeOf(node) === PARIS)).toBe(true);
    expect(abroad.holders.slice(42).every((node) => placeOf(node) === PARIS)).toBe(true);
  });

  it('tells places apart whose names begin alike', () => {
    const names = ['komatsu', 'komatsu-2', 'komatsu0', 'komatsu_x', 'komat', 'kom'];
    const places = names.map((name) => `asia.ishikawa.${name}` as Place);
    const next = 'asia.ishikawa-2.komatsu' as Place;
    const nodes = [...places, next].flatMap((place) => many(6, 'l', place));
    const list = bareList([...nodes, ...anchors]);
    for (const from of places) {
      const found = drawnFor(list, 1, termsOf(), from).holders.slice(0, 30).map(placeOf);
      expect(found.slice(0, 6)).toEqual(Array.from({ length: 6 }, () => from));
      expect(found.includes(next)).toBe(false);
    }
  });

  it('has at least 5 of the first 10 from the city, where half of 50 are', () => {
    const list = bareList([...many(25, 'l', KOMATSU), ...many(25, 'l', KANAZAWA), ...anchors]);
    for (let n = 0; n < 50; n++) {
      const ten = drawnFor(list, n).holders.slice(0, 10);
      expect(ten.filter((node) => placeOf(node) === KOMATSU).length).toBeGreaterThanOrEqual(5);
    }
  });

  it('weighs nodes by what goes on at their place', () => {
    const list = bareList([...many(60, 'l', TOKYO), ...many(60, 'l', PARIS), ...anchors]);
    const oslo = 'africa.kenya.nairobi' as Place; // Far from both: one circle holds all.
    const inTokyo = (events: Resolved['events']): number => {
      let count = 0;
      for (let n = 0; n < 40; n++) {
        const { holders } = drawnFor(list, n, termsOf({ events }), oslo);
        count += holders.slice(0, 30).filter((node) => placeOf(node) === TOKYO).length;
      }
      return count / 40;
    };
    const plain = inTokyo([]);
    expect(plain).toBeGreaterThan(13);
    expect(plain).toBeLessThan(17);
    expect(inTokyo([{ place: TOKYO, permille: 5_000 }])).toBeGreaterThan(21);
    expect(inTokyo([{ place: TOKYO, permille: 0 }])).toBeLessThan(4);
  });

  it('refuses where there are too few devices, anchors or continents', () => {
    const enough = many(30, 'l', KOMATSU);
    expect(refusal([...enough, ...anchors])).toBe('placed');
    expect(refusal([...enough.slice(1), ...anchors])).toBe('no-capacity');
    const twins = enough.map((node, i) => (i < 2 ? { ...node, device: bytesOf('twin') } : node));
    expect(refusal([...twins, ...anchors])).toBe('no-capacity');
    const full = enough.map((node, i) => (i === 0 ? { ...node, weight: 0 } : node));
    expect(refusal([...full, ...anchors])).toBe('no-capacity');
    expect(refusal([...enough, ...many(4, 'a', KOMATSU)])).toBe('no-capacity');
    expect(refusal([...enough, ...many(1, 'a', KOMATSU), ...many(1, 'a', PARIS)])).toBe('placed');
    expect(refusal([...enough, ...anchors], { ackAnchors: 9 })).toBe('no-capacity');
    expect(refusal([...enough, ...anchors], { continents: [] })).toBe('no-capacity');
  });

  it('is disturbed little by one more node', () => {
    const before = [...many(300, 'l', KOMATSU), ...anchors];
    const list = bareList(before);
    const more = bareList([...before, bare('lnew', KOMATSU)]);
    let kept = 0;
    for (let n = 0; n < 100; n++) {
      const now = new Set(drawnFor(more, n).holders);
      kept += drawnFor(list, n)
        .holders.slice(0, 30)
        .filter((node) => now.has(node)).length;
    }
    expect(kept / 3_000).toBeGreaterThan(0.95);
  });
});

describe('whoever checks a placement', () => {
  const { genesis, delegates } = cityOf();
  const list = bareList([...many(50, 'l', KOMATSU), ...anchors]);
  const terms = termsOf();
  const txId = bytesOf('tx');
  const prover = delegates[1]!;
  const made = proven(proveJob(prover.secrets.vrf, drawnFrom(NETWORK, txId, list.digest)));
  const draw = { list, terms, from: KOMATSU, output: made.output };
  const drawn = drawPlacement(draw);
  if (!drawn.ok) throw new Error(drawn.error);
  const placement = { list: list.digest, prover: prover.node, proof: made.proof, ...drawn.value };

  it('finds the output by the proof, and the same holders by the output', () => {
    const check = checkJobOf(NETWORK, txId, placement, { vrf: vrfKeyOf(prover.secrets.vrf) });
    expect(outputOf(check)).toEqual(made.output);
    expect(placementFault(draw, placement)).toBeUndefined();
  });

  it('finds no output for another transaction, list, network or delegate', () => {
    const vrf = vrfKeyOf(prover.secrets.vrf);
    const outputs = [
      outputOf(checkJobOf(NETWORK, bytesOf('other'), placement, { vrf })),
      outputOf(checkJobOf(NETWORK, txId, { ...placement, list: bytesOf('other') }, { vrf })),
      outputOf(checkJobOf(bytesOf('other'), txId, placement, { vrf })),
      outputOf(checkJobOf(NETWORK, txId, placement, { vrf: vrfKeyOf(bytesOf('other')) })),
    ];
    expect(outputs).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('finds fault with one row swapped, one spare left out, other terms or another list', () => {
    const { holders, spares } = placement;
    const swapped = [holders[1]!, holders[0]!, ...holders.slice(2)];
    expect(placementFault(draw, { ...placement, holders: swapped })).toBe('other-holders');
    expect(placementFault(draw, { ...placement, spares: spares.slice(1) })).toBe('other-holders');
    expect(placementFault({ ...draw, terms: termsOf({ lights: 29 }) }, placement)).toBe(
      'other-holders',
    );
    expect(placementFault({ ...draw, output: output(2) }, placement)).toBe('other-holders');
    const other = bareList([...many(51, 'l', KOMATSU), ...anchors]);
    expect(placementFault({ ...draw, list: other }, placement)).toBe('other-list');
  });

  it('lets as many delegates prove as have a third of the stake, each in its turn', () => {
    const first = new Map<string, number>();
    for (let n = 0; n < 400; n++) {
      const ranked = provers(genesis, bytesOf(`tx ${n}`));
      expect(ranked).toHaveLength(2);
      first.set(ranked[0]!.node, (first.get(ranked[0]!.node) ?? 0) + 1);
      const may = genesis.delegates.filter(({ node }) =>
        mayProve(genesis, bytesOf(`tx ${n}`), node),
      );
      expect(may).toHaveLength(2);
    }
    // 100 each, within five standard deviations.
    for (const { node } of delegates) expect(Math.abs(first.get(node)! - 100)).toBeLessThan(44);
  });
});

describe('very many placements', () => {
  const TRIES = cases(10_000);

  it('give an attacker what it weighs, whatever nonce it tries (T13)', () => {
    // A fifth of the weight in a tenth of the nodes, all under one prefix of tags as if ground.
    const lights = many(500, 'l', KOMATSU, (i) => {
      if (i % 10 !== 0) return { weight: 900 };
      const fingerprint = bytesOf(`ground ${i}`);
      fingerprint[0] = 0;
      return { weight: 2_025, fingerprint };
    });
    const total = lights.reduce((sum, { weight }) => sum + weight, 0);
    const list = bareList([...lights, ...anchors]);
    const named = byName(list);
    const share = (50 * 2_025) / total;
    let first = 0;
    for (let n = 0; n < TRIES; n++) {
      const [holder] = drawnFor(list, n).holders;
      if (named.get(holder!)!.weight === 2_025) first++;
    }
    const deviation = Math.sqrt(TRIES * share * (1 - share));
    expect(Math.abs(first - TRIES * share)).toBeLessThanOrEqual(3 * deviation);
  });

  it('are unlucky as often as the hypergeometric tail says (T14)', () => {
    // 100 of 400 equal lights withhold; among 30 drawn, how often are 12 or more of them?
    const list = bareList([...many(400, 'l', KOMATSU), ...anchors]);
    const bad = new Set(
      list.nodes
        .filter(({ role }) => role === 'light')
        .slice(0, 100)
        .map(({ node }) => node),
    );
    let unlucky = 0;
    let sum = 0;
    for (let n = 0; n < TRIES; n++) {
      const count = drawnFor(list, n)
        .holders.slice(0, 30)
        .filter((node) => bad.has(node)).length;
      sum += count;
      if (count >= 12) unlucky++;
    }
    const tail = hypergeometricTail(400, 100, 30, 12);
    expect(Math.abs(unlucky - TRIES * tail)).toBeLessThanOrEqual(
      3 * Math.sqrt(TRIES * tail * (1 - tail)),
    );
    const variance = (30 * 0.25 * 0.75 * 370) / 399;
    expect(Math.abs(sum / TRIES - 7.5)).toBeLessThanOrEqual(3 * Math.sqrt(variance / TRIES));
  });
});

const logChoose = (n: number, k: number): number => {
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log(n - k + i) - Math.log(i);
  return sum;
};

/** P[at least `least` of `drawn` are bad], for `bad` of `all`. */
function hypergeometricTail(all: number, bad: number, drawn: number, least: number): number {
  let tail = 0;
  for (let k = least; k <= drawn; k++) {
    tail += Math.exp(logChoose(bad, k) + logChoose(all - bad, drawn - k) - logChoose(all, drawn));
  }
  return tail;
}
