/** Policies, for any file and any inputs: read or refused; and what is resolved can be kept. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPolicy } from '#config/policy/read.ts';
import { readCondition } from '#config/policy/condition.ts';
import { layOut, piecesOnAnchor, survives } from '#config/policy/layout.ts';
import { resolve } from '#config/policy/resolve.ts';
import { LOSSES, PIECES_MAX, type Inputs, type Resolved } from '#config/policy.ts';
import { cases } from '#test/cases.ts';
import { BY_DAY, stamped } from './world.ts';

const anchored = ({ continents }: Pick<Resolved, 'continents'>): number =>
  continents.reduce((sum, { pieces }) => sum + pieces, 0);

const CONTINENTS = ['africa', 'america', 'asia', 'europe'] as const;
const small = fc.integer({ min: 0, max: 40 });
const anyCondition = fc
  .array(
    fc.constantFrom('time 23:00-06:00 Asia/Tokyo', 'p_light < 0.08', 'p_light.europe >= 0.2'),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(' or '));
const anyFile = fc.record({
  pieces: fc.record({
    k: fc.integer({ min: 1, max: 20 }),
    light_unique: small,
    anchor_total: small,
  }),
  anchors: fc.record({
    per_continent: fc.dictionary(fc.constantFrom(...CONTINENTS), fc.integer({ min: 2, max: 5 })),
    survive_loss_of: fc.constantFrom(...LOSSES),
  }),
  ack_rule: fc.record({ margin: fc.integer({ min: 0, max: 8 }), anchors: fc.constant(0) }),
  boosts: fc.array(
    fc.record({ when: anyCondition, anchor_total: fc.integer({ min: -30, max: 30 }) }),
    { maxLength: 3 },
  ),
  repair: fc.constant({ start_at: 0, urgent_at: 0, online_floor: 0 }),
});
const byContinent = (max: number) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...CONTINENTS), fc.nat(max)), {
      selector: ([name]) => name,
    })
    .map((pairs): ReadonlyMap<string, number> => new Map(pairs));
const anyInputs: fc.Arbitrary<Inputs> = fc.record({
  at: fc.integer({ min: 0, max: Date.UTC(2_060, 0, 1) }),
  city: fc.constantFrom(...CONTINENTS).map((continent) => `${continent}.b.c`),
  anchors: byContinent(6),
  lights: fc.nat(100),
  fullLights: fc.nat(60),
  pLight: byContinent(1_000_000),
  tx: fc.uint8Array({ minLength: 32, maxLength: 32 }),
});

describe('policy file, for any text', () => {
  const word = fc.constantFrom(
    'pieces',
    'k',
    'global',
    'allocation',
    'continents',
    'boosts',
    'when',
    '__proto__',
    'repair',
    'anchors',
    'per_continent',
    'name',
    'features',
    'bounds',
    'anchor_total_pieces',
    'x',
  );
  const scalar = fc.oneof(fc.string(), fc.json(), fc.integer().map(String), anyCondition);
  const line = fc.tuple(fc.constantFrom('', '  ', '    ', '  - '), word, scalar);
  it('is read or refused', () => {
    const source = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .array(line, { maxLength: 8 })
        .map((lines) =>
          lines.map(([indent, key, value]) => `${indent}${key}: ${value}`).join('\n'),
        ),
      fc
        .dictionary(word, fc.oneof(fc.dictionary(word, fc.jsonValue()), fc.jsonValue()))
        .map((tree) => JSON.stringify(tree)),
    );
    fc.assert(
      fc.property(source, (text) => {
        const read = readPolicy(text, 'p.yaml');
        if (!read.ok) expect(read.error).toContain('p.yaml');
      }),
      { numRuns: cases(200) },
    );
    expect(({} as Record<string, unknown>)['k']).toBeUndefined();
  });
  it('has conditions that are read or refused within their text', () => {
    const part = fc.constantFrom(
      'time',
      'p_light',
      '<',
      '<=',
      '0.1',
      '(',
      ')',
      'and',
      'or',
      'UTC',
      '01:00-02:00',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(part, { maxLength: 12 }).map((all) => all.join(' ')),
    );
    fc.assert(
      fc.property(text, (condition) => {
        const read = readCondition(condition);
        if (!read.ok) expect(read.error.at).toBeLessThanOrEqual(condition.length);
      }),
      { numRuns: cases(200) },
    );
  });
});

describe('what is resolved, for any policy and inputs', () => {
  it('is within bounds, can be coded and acknowledged, and is a function of both', () => {
    fc.assert(
      fc.property(anyFile, anyInputs, (file, inputs) => {
        const read = readPolicy(JSON.stringify(file), 'p.yaml');
        fc.pre(read.ok);
        const policy = stamped(read.value.policy);
        const now = resolve(policy, inputs);
        const pieces = now.continents.reduce((sum, each) => sum + each.pieces, now.lights);
        expect(pieces + now.escalatePieces).toBeLessThanOrEqual(PIECES_MAX);
        expect(now.ackNeeded).toBeLessThanOrEqual(pieces);
        if (now.continents.length > 0) expect(pieces).toBeGreaterThanOrEqual(now.k);
        for (const { continent, anchors, pieces: there } of now.continents) {
          expect(anchors).toBeLessThanOrEqual(inputs.anchors.get(continent) ?? 0);
          expect(anchors).toBeLessThanOrEqual(there);
        }
        const turned = new Map([...inputs.anchors].toReversed());
        expect(resolve(policy, { ...inputs, anchors: turned })).toEqual(now);
      }),
      { numRuns: cases(200) },
    );
  });
  it('has anchors stand in for lights without room: as many pieces, and k left of what must be acknowledged', () => {
    fc.assert(
      fc.property(anyFile, anyInputs, small, (file, inputs, substitutes) => {
        const pieces = { ...file.pieces, stand_in: substitutes };
        const read = readPolicy(JSON.stringify({ ...file, pieces }), 'p.yaml');
        fc.pre(read.ok);
        const policy = stamped(read.value.policy);
        const now = resolve(policy, inputs);
        const plain = resolve(policy, { ...inputs, fullLights: 0 });
        const moved = plain.lights - now.lights;
        const lacking = Math.max(0, plain.lights - inputs.lights);
        const canStandIn = plain.continents.length > 0;
        expect(moved).toBe(canStandIn ? Math.min(lacking, inputs.fullLights, substitutes) : 0);
        expect(anchored(now)).toBeGreaterThanOrEqual(anchored(plain));
        expect(anchored(now)).toBeGreaterThanOrEqual(moved);
        if (moved === 0) expect(now).toEqual(plain);
        if (moved === 0) return;
        const worst = Math.max(...now.continents.map((each) => piecesOnAnchor(each, 0)));
        const isAsBefore = now.ackNeeded === plain.ackNeeded;
        const left = now.ackNeeded - Math.max(now.lights, worst);
        expect(isAsBefore || left >= now.k).toBe(true);
      }),
      { numRuns: cases(200) },
    );
  });
  it('never fires less as more of its condition is so', () => {
    fc.assert(
      fc.property(anyInputs, fc.nat(1_000_000), (inputs, lower) => {
        const read = readPolicy('', 'p.yaml');
        fc.pre(read.ok);
        const policy = stamped(read.value.policy);
        const own = inputs.city.split('.')[0]!;
        const at = (pLight: number) =>
          resolve(policy, { ...inputs, pLight: new Map([[own, pLight]]) }).fired.length;
        const higher = inputs.pLight.get(own) ?? BY_DAY.at % 1_000_000;
        expect(at(Math.min(lower, higher))).toBeGreaterThanOrEqual(at(Math.max(lower, higher)));
      }),
      { numRuns: cases(100) },
    );
  });
});

describe('layouts, for any continents', () => {
  const anyThere = fc.uniqueArray(fc.constantFrom(...CONTINENTS), { maxLength: 4 }).chain((names) =>
    fc.tuple(
      ...names.map((continent) =>
        fc.record({
          continent: fc.constant(continent),
          anchors: fc.integer({ min: 1, max: 5 }),
          atMost: small,
        }),
      ),
    ),
  );
  const anyWanted = fc.record({
    k: fc.integer({ min: 1, max: 20 }),
    pieces: small,
    loss: fc.constantFrom(...LOSSES),
    most: fc.constant(200),
  });
  it('survive what they shall, with not a piece more than that takes', () => {
    fc.assert(
      fc.property(anyThere, anyWanted, (there, wanted) => {
        const placed = layOut(there, wanted);
        const pieces = placed.reduce((sum, each) => sum + each.pieces, 0);
        if (there.length > 0) expect(pieces).toBeGreaterThanOrEqual(wanted.pieces);
        const can =
          wanted.loss === 'continent'
            ? there.length > 1
            : there.some((each) => each.anchors > 1) || there.length > 1;
        if (can) expect(survives(placed, wanted.loss, wanted.k)).toBe(true);
        if (pieces > wanted.pieces) {
          const less = layOut(there, { ...wanted, most: pieces - 1 });
          expect(survives(less, wanted.loss, wanted.k)).toBe(false);
        }
        for (const each of placed) {
          const held = Array.from({ length: each.anchors }, (_, i) => piecesOnAnchor(each, i));
          expect(held.reduce((sum, of) => sum + of, 0)).toBe(each.pieces);
          expect(held[0]! - held.at(-1)!).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: cases(300) },
    );
  });
});
