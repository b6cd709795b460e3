/**
 * Placing anew: whatever is lost, whoever is silent, what a repairer assigns is what everybody checks; and
 * what it would rather have is refused. Lists are drawn without keys: nothing here encrypts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import type { Renewal } from '#protocols/act.ts';
import {
  eligibleDigest,
  eligibleHead,
  type Eligible,
  type EligibleList,
} from '#protocols/eligibility.ts';
import { drawPlacement, sparesOf } from '#protocols/placement.ts';
import { piecesOf } from '#protocols/policy.ts';
import {
  assigned,
  candidatesOf,
  promisedUntil,
  renewalFault,
  type Renewing,
} from '#protocols/repair/placing.ts';
import { nodeAddress, type NodeAddress, type Place } from '#protocols/subjects.ts';
import { bytesOf, KOMATSU, PARIS, termsOf } from '../sample.ts';
import { WALL } from '../moments.ts';

const DAY_MS = 86_400_000;
const terms = termsOf();
const ROWS = piecesOf(terms) + terms.escalatePieces;
const output = bytesOf('output', 64);

const bare = (role: 'light' | 'anchor', name: string, at: Place, device = name): Eligible => {
  const node = nodeAddress(at, name);
  const own = bytesOf(`bare ${node}`);
  const operator = bytesOf(`operator ${node}`);
  const of = { operator, device: bytesOf(`device ${at} ${device}`), weight: 1_000 };
  return { node, role, ...of, fingerprint: own, signer: own };
};

function listOf(nodes: readonly Eligible[], at = WALL): EligibleList {
  const standing = nodes.toSorted((a, b) => (a.node < b.node ? -1 : 1));
  const by = nodeAddress(KOMATSU, 'd1');
  const freeze = { place: KOMATSU, number: 1, at, by, follows: undefined, lights: [] };
  const head = eligibleHead(freeze, standing);
  return { head, digest: eligibleDigest(head), nodes: standing, keys: [], signers: [] };
}

const named = (count: number, name: string, at: Place): Eligible[] =>
  Array.from({ length: count }, (_, i) =>
    bare(name === 'l' ? 'light' : 'anchor', `${name}${i}`, at),
  );

const everybody = [...named(75, 'l', KOMATSU), ...named(7, 'a', KOMATSU), ...named(7, 'a', PARIS)];

/** A transaction as it was placed at first, and a later list without those that are gone. */
function renewingOf(
  gone: ReadonlySet<NodeAddress>,
  more: Partial<Renewing> = {},
  nodes: readonly Eligible[] = everybody,
): Renewing {
  const first = drawPlacement({ list: listOf(nodes), terms, from: KOMATSU, output });
  if (!first.ok) throw new Error(first.error);
  const until = (row: number): number => WALL + (row < 30 ? 180 : 365) * DAY_MS;
  return {
    manifest: { terms, pieceHashes: new Uint8Array(ROWS * 32) },
    list: listOf(
      nodes.filter(({ node }) => !gone.has(node)),
      WALL + DAY_MS,
    ),
    from: KOMATSU,
    output,
    round: 1,
    places: first.value.holders.map((holder, row) => ({ holder, until: until(row) })),
    expiresAt: WALL + 365 * DAY_MS,
    ...more,
  };
}

function renewalOf(renewing: Renewing, to: ReadonlyMap<number, NodeAddress>): Renewal {
  const rows = [...to.keys()].toSorted((a, b) => a - b);
  return {
    round: renewing.round,
    list: renewing.list.digest,
    rows,
    holders: rows.map((row) => to.get(row)!),
    until: rows.map((row) => promisedUntil(renewing, row)),
  };
}

/** Those of the rows that are to be replaced, and who would be drawn for them. */
const drawn = (renewing: Renewing, rows: readonly number[], without = new Set<NodeAddress>()) =>
  assigned(renewing, candidatesOf(renewing), { rows, given: new Map(), without });

const firstHolders = renewingOf(new Set()).places.map(({ holder }) => holder);
const losing = (rows: readonly number[]) => new Set(rows.map((row) => firstHolders[row]!));

/** So many of those that were drawn before the last one that is used are not used. */
const passedOver = (ranked: readonly NodeAddress[], used: ReadonlySet<NodeAddress>): number => {
  const last = ranked.findLastIndex((node) => used.has(node));
  return ranked.slice(0, last + 1).filter((node) => !used.has(node)).length;
};

describe('a renewal', () => {
  const scene = fc.record({
    rows: fc.uniqueArray(fc.integer({ min: 0, max: 41 }), { minLength: 1, maxLength: 32 }),
    silent: fc.array(fc.nat(60), { maxLength: 12 }),
    part: fc.nat(0xffff),
    round: fc.integer({ min: 1, max: 900 }),
  });

  it('that a repairer assigns is found by everybody, the whole of it and each part that passes over few', () => {
    fc.assert(
      fc.property(scene, ({ rows, silent, part, round }) => {
        const renewing = renewingOf(losing(rows), { round });
        const { lights, anchors } = candidatesOf(renewing);
        const all = [...lights, ...anchors.flatMap(({ fresh }) => fresh)];
        const without = new Set(silent.map((i) => all[i % all.length]!));
        const to = drawn(renewing, rows, without);
        expect(renewalFault(renewing, renewalOf(renewing, to))).toBe(undefined);
        const some = new Map([...to].filter((_, i) => (part >> (i % 16)) & 1));
        const used = new Set(some.values());
        const isTooFar =
          passedOver(lights, used) > sparesOf(terms) ||
          anchors.some(({ fresh, passed }) => passedOver(fresh, used) > passed);
        const fault = isTooFar ? 'other-holders' : undefined;
        expect(renewalFault(renewing, renewalOf(renewing, some))).toBe(fault);
        expect([...to.values()].some((node) => without.has(node))).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  it('gives each light row to a light that had none, on a device that had none, and each anchor row to its continent', () => {
    fc.assert(
      fc.property(scene, ({ rows, round }) => {
        const renewing = renewingOf(losing(rows), { round });
        const to = drawn(renewing, rows);
        const missing = rows.filter((row) => !to.has(row));
        expect(missing).toEqual([]);
        const after = renewing.places.map(({ holder }, row) => to.get(row) ?? holder);
        const devices = after.slice(0, 30).map((node) => hex(deviceOf(node)));
        expect(new Set(devices).size).toBe(30);
        expect(after.slice(30, 36).every((node) => node.startsWith('asia.'))).toBe(true);
        expect(after.slice(36, 42).every((node) => node.startsWith('europe.'))).toBe(true);
        for (const group of [after.slice(30, 36), after.slice(36, 42)]) {
          for (const node of to.values()) {
            expect(group.filter((each) => each === node).length).toBeLessThanOrEqual(2);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is not what a repairer would rather have', () => {
    const rows = [3, 4, 5, 31, 37];
    const renewing = renewingOf(losing(rows));
    const good = renewalOf(renewing, drawn(renewing, rows));
    const { lights, anchors } = candidatesOf(renewing);
    const holding = (row: number, node: NodeAddress): Renewal => ({
      ...good,
      holders: good.holders.map((each, i) => (rows[i] === row ? node : each)),
    });
    const fault = (renewal: Renewal) => renewalFault(renewing, renewal);
    expect(fault(good)).toBe(undefined);
    // Beyond those that may be passed over; who holds another row; twice the same; a light for an anchor's row.
    expect(fault(holding(3, lights[3 + 10]!))).toBe('other-holders');
    expect(fault(holding(3, firstHolders[7]!))).toBe('other-holders');
    expect(fault(holding(3, good.holders[1]!))).toBe('other-holders');
    expect(fault(holding(31, lights[0]!))).toBe('other-holders');
    expect(fault(holding(31, anchors[1]!.fresh[0]!))).toBe('other-holders');
    expect(fault({ ...good, round: 2 })).toBe('other-round');
    expect(fault({ ...good, list: bytesOf('another') })).toBe('other-list');
    expect(fault({ ...good, rows: [3, 4, 5, 37, 31] })).toBe('no-such-rows');
    expect(fault({ ...good, holders: good.holders.slice(1) })).toBe('no-such-rows');
    const shorter = good.until.map((until) => until - 1);
    const longer = good.until.map(() => renewing.expiresAt + 1);
    expect(fault({ ...good, until: shorter })).toBe('other-times');
    expect(fault({ ...good, until: longer })).toBe('other-times');
    const over = renewing.list.head.at;
    const ended = renewing.places.map(({ holder }) => ({ holder, until: over }));
    const until = good.until.map(() => over);
    expect(renewalFault({ ...renewing, places: ended }, { ...good, until })).toBe('other-times');
  });

  it('does not put all anchor rows of a continent into one hand, where there are others', () => {
    const rows = [30, 31, 32, 33, 34, 35];
    const renewing = renewingOf(losing(rows), {}, [
      ...everybody,
      ...named(14, 'a', KOMATSU).slice(7),
    ]);
    const good = renewalOf(renewing, drawn(renewing, rows));
    const holders = rows.map(() => good.holders[0]!);
    expect(renewalFault(renewing, good)).toBe(undefined);
    expect(renewalFault(renewing, { ...good, holders })).toBe('other-holders');
  });

  it('of another round is drawn anew', () => {
    const rows = Array.from({ length: 12 }, (_, i) => i);
    const gone = losing(rows);
    const [first, second] = [1, 2].map((round) => drawn(renewingOf(gone, { round }), rows));
    expect([...first!.values()]).not.toEqual([...second!.values()]);
  });

  it('leaves rows where they are, for longer, and rows for escalation too', () => {
    const renewing = renewingOf(new Set(), { expiresAt: WALL + 700 * DAY_MS });
    const rows = renewing.places.map((_, row) => row);
    const until = rows.map((row) => WALL + (row < 30 ? 181 : 700) * DAY_MS);
    const stays = { round: 1, list: renewing.list.digest, rows, until };
    expect(renewalFault(renewing, { ...stays, holders: firstHolders })).toBe(undefined);
    const later = until.map((at) => at + 1);
    expect(renewalFault(renewing, { ...stays, holders: firstHolders, until: later })).toBe(
      'other-times',
    );
    const moved = firstHolders.with(42, nodeAddress(KOMATSU, 'a0'));
    const other = moved[42] === firstHolders[42] ? nodeAddress(KOMATSU, 'a1') : moved[42]!;
    const holders = firstHolders.with(42, other);
    expect(renewalFault(renewing, { ...stays, holders })).toBe('other-holders');
  });

  it('has the anchors of others for a continent that is dark, and gives its rows back when it is not', () => {
    const dark = new Set(
      everybody.flatMap(({ node }) => (node.startsWith('europe.') ? [node] : [])),
    );
    const renewing = renewingOf(dark);
    const rows = [36, 37, 38, 39, 40, 41];
    const away = drawn(renewing, rows);
    expect(away.size).toBe(6);
    expect([...away.values()].every((node) => node.startsWith('asia.'))).toBe(true);
    expect(renewalFault(renewing, renewalOf(renewing, away))).toBe(undefined);
    const places = renewing.places.map(({ holder, until }, row) => ({
      holder: away.get(row) ?? holder,
      until,
    }));
    const light = renewingOf(new Set(), { places, round: 2 });
    const back = drawn(light, rows);
    expect([...back.values()].every((node) => node.startsWith('europe.'))).toBe(true);
    expect(renewalFault(light, renewalOf(light, back))).toBe(undefined);
  });

  it('is kept by few where there are only few, and by nobody twice', () => {
    const few = [...named(34, 'l', KOMATSU), ...named(3, 'a', KOMATSU), ...named(2, 'a', PARIS)];
    const holders = renewingOf(new Set(), {}, few).places.map(({ holder }) => holder);
    const gone = new Set([holders[0]!, holders[1]!, holders[30]!]);
    const renewing = renewingOf(gone, {}, few);
    const rows = holders.flatMap((node, row) => (gone.has(node) && row < 42 ? [row] : []));
    const to = drawn(renewing, rows);
    expect(to.size).toBe(rows.length);
    expect(renewalFault(renewing, renewalOf(renewing, to))).toBe(undefined);
  });
});

const devices = new Map(everybody.map(({ node, device }) => [node, device]));
const deviceOf = (node: NodeAddress): Uint8Array => devices.get(node)!;
