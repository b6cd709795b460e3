/**
 * The policy file: its keys, their defaults, and what cannot be true together. The keys are the
 * operator's (YAML, snake case, units in the names); `compile.ts` makes numbers of them.
 */
import { z } from 'zod';
import { placeText, section, whole } from '../expected.ts';
import {
  ANCHORS_MAX,
  BOOSTS_MAX,
  CITIES_MAX,
  CONTINENTS_MAX,
  EVENTS_MAX,
  FEATURES,
  FLOOR_ACTIONS,
  KEMS,
  LOSSES,
  PIECES_MAX,
  SIGNATURES,
  UNBONDING_EPOCHS_MAX,
} from '../policy.ts';
import { CONDITION_CHARS_MAX, readCondition } from './condition.ts';

export const CONTINENT = /^[a-z]{1,16}$/;
const EXPECT_CONTINENT = 'a continent in lower-case letters, like asia';
const continent = z.string(EXPECT_CONTINENT).regex(CONTINENT, EXPECT_CONTINENT);
/** What a transaction can have on lights, or on anchors. */
const SIDE_MAX = 96;

const byContinent = (most: number) =>
  z
    .record(continent, whole(0, most), 'continents with numbers')
    .refine(
      (map) => Object.keys(map).length <= CONTINENTS_MAX,
      `at most ${CONTINENTS_MAX} continents`,
    );

const oneOf = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.enum(words, `one of ${words.join(', ')}`);

/** A number from 0 to `most` of which so many decimals count. */
function decimal(
  most: number,
  decimals: number,
  expected = `a number from 0 to ${most} with at most ${decimals} decimals`,
) {
  const fits = (value: number): boolean =>
    Math.abs(Number(value.toFixed(decimals)) - value) < Number.EPSILON * most;
  return z.number(expected).min(0, expected).max(most, expected).refine(fits, expected);
}

const RATIO = /^(\d{1,3})\/(\d{1,3})$/;
const EXPECT_SHARE = 'a share such as 2/3, or a number from 0 to 1 with at most 3 decimals';
const isShare = (text: string): boolean => {
  const [, part, whole] = RATIO.exec(text) ?? [];
  return part !== undefined && Number(whole) > 0 && Number(part) <= Number(whole);
};
const share = z.union(
  [decimal(1, 3, EXPECT_SHARE), z.string().regex(RATIO).refine(isShare, EXPECT_SHARE)],
  EXPECT_SHARE,
);

const SPLIT = /^(?:auto|[a-z]{1,16}_only)$/;
const EXPECT_SPLIT = 'auto, or one continent such as asia_only';

const condition = z
  .string('a condition such as p_light < 0.08')
  .max(CONDITION_CHARS_MAX, `a condition of at most ${CONDITION_CHARS_MAX} characters`)
  .superRefine((text, context) => {
    const read = readCondition(text);
    if (read.ok) return;
    const { at, expected } = read.error;
    context.addIssue({ code: 'custom', message: expected, params: { at } });
  });

const more = whole(-SIDE_MAX, SIDE_MAX).default(0);
const boost = section({ when: condition, anchor_total: more, light_unique: more, margin: more });

const bounds = z.tuple(
  [whole(0, PIECES_MAX), whole(0, PIECES_MAX)],
  'two numbers, the least and the most, such as [12, 24]',
);

const feature = z
  .union(
    [
      z.boolean(),
      section({
        percent: decimal(100, 4).default(100),
        cities: z.array(placeText()).max(CITIES_MAX).default([]),
      }),
    ],
    'true, false, or { percent: 5, cities: [asia.ishikawa.komatsu] }',
  )
  .default(true);

const FIELDS = section({
  pieces: section({
    k: whole(1, 64).default(10),
    light_unique: whole(0, SIDE_MAX).default(30),
    anchor_total: whole(0, SIDE_MAX).default(12),
    per_operator: whole(1, SIDE_MAX).default(3),
    stand_in: whole(0, SIDE_MAX).default(30),
    split: z.string(EXPECT_SPLIT).regex(SPLIT, EXPECT_SPLIT).default('auto'),
  }).prefault({}),
  anchors: section({
    per_continent: byContinent(ANCHORS_MAX).default({ asia: 3, europe: 3 }),
    split_ratio: byContinent(SIDE_MAX).default({}),
    survive_loss_of: oneOf(LOSSES).default('anchor'),
  }).prefault({}),
  ack_rule: section({
    margin: whole(0, PIECES_MAX).default(15),
    local_anchor_share: share.default('2/3'),
    anchors: whole(0, ANCHORS_MAX).default(2),
    deadline_ms: whole(1, 60_000).default(300),
    escalate_anchor_pieces: whole(0, 32).default(2),
  }).prefault({}),
  boosts: z
    .array(boost, 'a list of boosts')
    .max(BOOSTS_MAX, `at most ${BOOSTS_MAX} boosts`)
    .prefault([
      { when: 'time 23:00-06:00 Asia/Tokyo', anchor_total: 2 },
      { when: 'p_light < 0.08', anchor_total: 2 },
      { when: 'strained', anchor_total: 2 },
    ]),
  events: z
    .array(
      section({ place: placeText(), weight: decimal(100, 3), when: condition.optional() }),
      'a list of events',
    )
    .max(EVENTS_MAX, `at most ${EVENTS_MAX} events`)
    .default([]),
  bounds: section({
    anchor_total: bounds.optional(),
    light_unique: bounds.optional(),
    margin: bounds.optional(),
  }).prefault({}),
  repair: section({
    light_ttl_days: whole(1, 3_650).default(180),
    anchor_ttl_hours: z
      .union([z.literal('capacity'), whole(1, 100_000)], 'capacity, or hours from 1 to 100000')
      .default('capacity'),
    watermark_hours: whole(0, 100_000).default(6),
    watermark_share: decimal(1, 3).default(0.1),
    settle_s: whole(0, 3_600).default(30),
    missed_light_days: whole(1, 366).default(14),
    missed_anchor_h: whole(1, 8_784).default(6),
    start_at: whole(0, PIECES_MAX).default(26),
    urgent_at: whole(0, PIECES_MAX).default(16),
    anchor_pieces_low: whole(0, PIECES_MAX).default(9),
    online_floor: whole(0, PIECES_MAX).default(12),
    floor_action: oneOf(FLOOR_ACTIONS).default('alarm'),
    bytes_per_s: whole(1_024, 1_000_000_000).default(1_048_576),
    stripe_bytes: whole(64, 1_048_576).default(65_536),
    lease_s: whole(10, 3_600).default(45),
    lease_max_s: whole(10, 86_400).default(120),
    rest_s: whole(1, 86_400).default(60),
    pause_s: whole(1, 3_600).default(5),
    pause_max_s: whole(1, 86_400).default(3_600),
    full_s: whole(1, 86_400).default(60),
    full_max_s: whole(1, 86_400).default(3_600),
  }).prefault({}),
  capacity: section({
    light_mb: whole(1, 1_000_000).default(500),
    anchor_tb: decimal(8_000, 3).default(1_000),
  }).prefault({}),
  audits: section({
    epoch_s: whole(1, 86_400).default(60),
    pieces_per_s: whole(1, 100_000).default(100),
    keep_h: whole(1, 8_760).default(24),
  }).prefault({}),
  rewards: section({
    light_gib_day: decimal(1_000, 6).default(2),
    anchor_gib_day: decimal(1_000, 6).default(0.01),
    delegate_day: decimal(1_000_000, 6).default(10),
    per_day: decimal(1_000_000_000, 3).default(100_000),
    epoch_s: whole(5, 86_400).default(3_600),
    slash_share: share.default(1),
  }).prefault({}),
  stake: section({
    epoch_batches: whole(8, 10_000_000).default(1_000_000),
    seats: whole(1, 256).default(64),
    unbonding_epochs: whole(2, UNBONDING_EPOCHS_MAX).default(21),
    slash_share: share.default(0.05),
    together_epochs: whole(1, UNBONDING_EPOCHS_MAX).default(21),
    present_share: decimal(1, 3).default(0.5),
    away_epochs: whole(1, 1_000).default(2),
    missed_turns: whole(1, 255).default(3),
    passed_batches: whole(1, 65_535).default(64),
  }).prefault({}),
  transfers: section({
    within_days: whole(1, 366).default(30),
  }).prefault({}),
  slo: section({
    good_share: decimal(1, 6).default(0.999),
    write_ms: whole(1, 60_000).default(450),
    read_ms: whole(1, 60_000).default(450),
    window_s: whole(1, 86_400).default(3_600),
    fast_burn: decimal(100_000, 3).default(14.4),
    slow_burn: decimal(100_000, 3).default(6),
  }).prefault({}),
  crypto: section({
    signature: oneOf(SIGNATURES).default('ml-dsa-65'),
    kem: oneOf(KEMS).default('ml-kem-768'),
  }).prefault({}),
  features: section(
    Object.fromEntries(FEATURES.map((name) => [name, feature])) as Readonly<
      Record<(typeof FEATURES)[number], typeof feature>
    >,
  ).prefault({}),
});

export type PolicyFile = z.infer<typeof FIELDS>;

export const POLICY_FILE = FIELDS.superRefine((file, context) => {
  // What is not a number by itself contradicts nothing.
  if (context.issues.length > 0) return;
  for (const [path, expected] of contradictions(file)) {
    context.addIssue({ code: 'custom', path: [...path], message: expected });
  }
});

type Contradiction = readonly [path: readonly string[], expected: string];

/** What each value by itself may be, and not beside the others. */
function contradictions(file: PolicyFile): Contradiction[] {
  return [
    ...ofPieces(file),
    ...ofBounds(file),
    ...ofAnchors(file),
    ...ofRepair(file),
    ...ofObjective(file),
  ];
}

function* ofPieces({ pieces, ack_rule }: PolicyFile): Generator<Contradiction> {
  const all = pieces.light_unique + pieces.anchor_total;
  if (pieces.k > all) {
    yield [['pieces', 'k'], `at most the ${all} pieces of light_unique and anchor_total`];
  }
  const most = Math.max(0, all - pieces.k);
  if (ack_rule.margin > most) {
    yield [['ack_rule', 'margin'], `at most ${most}: k and margin within ${all} pieces`];
  }
}

function* ofBounds({ pieces, ack_rule, bounds }: PolicyFile): Generator<Contradiction> {
  const bases = { ...pieces, margin: ack_rule.margin };
  for (const key of ['anchor_total', 'light_unique', 'margin'] as const) {
    const [least, most] = bounds[key] ?? [0, PIECES_MAX];
    const base = bases[key];
    if (base < least || base > most || least > most) {
      yield [['bounds', key], `two numbers with ${base}, which holds without boosts, between them`];
    }
  }
  const [[lights], [anchors]] = [bounds.light_unique ?? [PIECES_MAX], bounds.anchor_total ?? [0]];
  if (bounds.light_unique !== undefined && lights + anchors < pieces.k) {
    yield [
      ['bounds', 'light_unique'],
      `at least k = ${pieces.k} pieces with those of anchor_total`,
    ];
  }
}

function* ofAnchors({ pieces, anchors, ack_rule }: PolicyFile): Generator<Contradiction> {
  const counts = anchors.per_continent;
  const named = Object.keys(counts).join(', ') || 'none';
  const only = /^(.+)_only$/.exec(pieces.split)?.[1];
  if (only !== undefined && !Object.hasOwn(counts, only)) {
    yield [['pieces', 'split'], `auto, or a continent of anchors.per_continent (${named})`];
  }
  for (const each of Object.keys(anchors.split_ratio)) {
    if (Object.hasOwn(counts, each)) continue;
    yield [['anchors', 'split_ratio', each], `continents of anchors.per_continent only (${named})`];
  }
  const most = Math.max(0, ...Object.values(counts));
  if (ack_rule.anchors > most) {
    yield [['ack_rule', 'anchors'], `at most ${most}, the anchors of a continent`];
  }
  // Rows for escalation are placed with all others: without anybody for them, nothing would be.
  if (ack_rule.escalate_anchor_pieces > 0 && (most === 0 || pieces.anchor_total === 0)) {
    yield [['ack_rule', 'escalate_anchor_pieces'], '0, for no anchor has pieces'];
  }
}

const LONGEST = [
  ['lease_max_s', 'lease_s'],
  ['pause_max_s', 'pause_s'],
  ['full_max_s', 'full_s'],
] as const;

function* ofRepair({ pieces, repair }: PolicyFile): Generator<Contradiction> {
  const all = pieces.light_unique + pieces.anchor_total;
  for (const key of ['start_at', 'online_floor'] as const) {
    if (repair[key] > all) yield [['repair', key], `at most the ${all} pieces that there are`];
  }
  if (repair.urgent_at > repair.start_at) {
    yield [['repair', 'urgent_at'], `at most ${repair.start_at}, where repair starts`];
  }
  for (const [most, least] of LONGEST) {
    if (repair[most] < repair[least])
      yield [['repair', most], `at least ${repair[least]}, which is \`${least}\``];
  }
  const hours = repair.anchor_ttl_hours;
  if (hours !== 'capacity' && repair.watermark_hours >= hours) {
    yield [['repair', 'watermark_hours'], `less than ${hours}, the anchors' time to live`];
  }
}

function* ofObjective({ slo }: PolicyFile): Generator<Contradiction> {
  if (slo.good_share === 1)
    yield [['slo', 'good_share'], 'less than 1: a budget of no errors is no budget'];
  // Below its own pace a budget never runs out, and what returns would return at once.
  for (const key of ['fast_burn', 'slow_burn'] as const) {
    if (slo[key] <= 1) yield [['slo', key], 'more than 1, the pace at which the budget just lasts'];
  }
}
