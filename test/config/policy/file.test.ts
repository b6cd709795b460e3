/** The policy file: what is said of what is unfit, and the owner's own file. */
import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '#config/policy/read.ts';
import { anchorsIn, fault, layoutText, read, resolved } from './world.ts';

describe('what is unfit', () => {
  it('is said with its place', () => {
    expect(fault('pieces: { k: 0 }\n')).toBe(
      'p.yaml:1:14: pieces.k is 0, expected a whole number from 1 to 64\n  pieces: { k: 0 }\n               ^',
    );
  });
  it('is suggested the key of its own section', () => {
    expect(fault('repair:\n  start_att: 3\n')).toMatch(
      /^p.yaml:2:3: there is no 'repair.start_att'; did you mean 'start_at'\?/,
    );
    expect(fault('features: { warp: true }')).toMatch(/known here: anchor_boost_enabled/);
    expect(fault('boosts:\n  - { when: p_light < 0.1, anchors_total: 1 }')).toMatch(
      /^p.yaml:2:28: there is no 'boosts.0.anchors_total'; did you mean 'anchor_total'/,
    );
    expect(fault('__proto__: { k: 3 }')).toMatch(/there is no '__proto__'/);
  });
  it('points into a condition', () => {
    expect(fault('boosts:\n  - when: "p_light < 8"\n')).toBe(
      'p.yaml:2:22: boosts.0.when is "p_light < 8", expected a number from 0 to 1 with at most 6 decimals\n    - when: "p_light < 8"\n                       ^',
    );
    expect(fault('boosts:\n  - when: time 1-2 UTC\n')).toMatch(/^p.yaml:2:16: /);
  });
  it.each([
    ['pieces: { k: 43 }', /:14: pieces.k is 43, expected at most the 42/],
    ['ack_rule: { margin: 33 }', /margin is 33, expected at most 32: k and margin within 42/],
    ['ack_rule: { anchors: 4 }', /anchors is 4, expected at most 3/],
    ['ack_rule: { local_anchor_share: 3/2 }', /expected a share such as 2\/3/],
    ['ack_rule: { local_anchor_share: 0.1234 }', /expected a share such as 2\/3/],
    [
      'pieces: { anchor_total: 0, light_unique: 42 }',
      /escalate_anchor_pieces is 2 where nothing is written, expected 0, for no anchor has pieces/,
    ],
    ['repair: { online_floor: 43 }', /expected at most the 42 pieces/],
    ['repair: { urgent_at: 27 }', /expected at most 26, where repair starts/],
    [
      'repair: { anchor_ttl_hours: 6 }',
      /watermark_hours is 6 where nothing is written, expected less than 6/,
    ],
    ['pieces: { split: africa_only }', /expected auto, or a continent of .*asia, europe/],
    ['anchors: { split_ratio: { africa: 3 } }', /continents of anchors.per_continent only/],
    ['anchors: { per_continent: { Asia: 3 } }', /there can be no 'anchors.per_continent.Asia'/],
    ['bounds: { anchor_total: [13, 20] }', /two numbers with 12/],
    ['bounds: { light_unique: [3, 40], anchor_total: [4, 20] }', /at least k = 10/],
    ['anchors: { survive_loss_of: city }', /expected one of none, anchor, continent/],
    ['features: { audits_enabled: { percent: 101 } }', /expected true, false, or|from 0 to 100/],
    ['boosts:', /boosts is null, expected a list/],
    ['pieces: 3', /pieces is 3, expected keys and values/],
  ])('%s', (source, said) => expect(fault(source)).toMatch(said));
});

const OWNERS = `global:
  k: 10
  light_unique_pieces: 30
  anchor_total_pieces: 12
  split_strategy: auto
boosts:
  - when: "time: 23:00-06:00 Asia/Tokyo"
    anchor_total_pieces_delta: +2
  - when: "p_light < 0.08"
    anchor_total_pieces_delta: +2
repair:
  anchor_ttl_hours: 36
  repair_watermark_hours: 6
  online_piece_floor: 12
  reencode_symbol_size: 1024
allocation:
  continents:
    - name: asia
      anchors: 3
    - name: europe
      anchors: 3
  split_ratio:
    asia: 6
    europe: 6
crypto:
  kem: ntru
  sig: dilithium3
`;

describe("the owner's file", () => {
  it('means what it says', () => {
    const { policy, notes } = read(OWNERS);
    // Ours, but for what nobody had thought of: a city that is strained.
    const boosts = DEFAULTS.boosts.slice(0, 2).map(({ condition, anchors, lights, margin }) => ({
      condition,
      anchors,
      lights,
      margin,
    }));
    expect(policy).toMatchObject({
      pieces: { k: 10, lights: 30, anchors: 12, split: 'auto' },
      surviveLossOf: 'none',
      boosts,
      ttl: { anchorMs: 36 * 3_600_000 },
      repair: { watermarkMs: 6 * 3_600_000, onlineFloor: 12, stripeBytes: 1_024 },
      crypto: { kem: 'sntrup761', signature: 'ml-dsa-65' },
    });
    expect(policy.anchors).toEqual([
      { continent: 'asia', anchors: 3, atMost: 6 },
      { continent: 'europe', anchors: 3, atMost: 6 },
    ]);
    expect(notes).toContain('global.k is pieces.k');
    expect(notes).toContain('ntru is sntrup761');
  });
  it("gives the owner's layouts: 3 x 4 in Asia alone, 6 + 6, and 7 + 7 at night", () => {
    expect(layoutText(resolved(OWNERS, { anchors: anchorsIn('asia') }))).toBe('asia 3/12');
    expect(layoutText(resolved(OWNERS))).toBe('asia 3/6 europe 3/6');
    const low = { pLight: new Map([['asia', 10_000]]) };
    expect(layoutText(resolved(OWNERS, low))).toBe('asia 3/7 europe 3/7');
  });
  it('shows faults where they were written', () => {
    const broken = OWNERS.replace('light_unique_pieces: 30', 'light_unique_pieces: many');
    expect(fault(broken)).toMatch(/^p.yaml:3:24: global.light_unique_pieces is "many", expected/);
    const anchors = OWNERS.replace('anchors: 3', 'anchors: -3');
    expect(fault(anchors)).toMatch(/^p.yaml:19:16: allocation.continents.0.anchors is -3/);
  });
  it('refuses what is said twice, and what it does not know', () => {
    expect(fault('global: { k: 3 }\npieces: { k: 4 }')).toMatch(
      /^p.yaml:1:11: 'global.k' is 'pieces.k', which is said as well/,
    );
    expect(fault('global: { kk: 3 }')).toMatch(/^p.yaml:1:11: there is no 'global.kk'/);
    expect(fault('allocation: { continents: [{ name: asia }] }')).toMatch(/expected \{ name/);
    expect(fault('global: 3')).toMatch(/global is no section/);
  });
});
