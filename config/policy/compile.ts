/** From the keys of the file to the numbers of a policy. */
import { assert } from '#lib/assert.ts';
import {
  FEATURES,
  MILLION,
  PIECES_MAX,
  THOUSAND,
  type Bounds,
  type Condition,
  type Feature,
  type Objective,
  type Policy,
  type Zone,
} from '../policy.ts';
import { readCondition } from './condition.ts';
import type { PolicyFile } from './file.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Units of storage are binary, as everywhere in this project. */
const MEGABYTE = 1_024 ** 2;
const TERABYTE = 1_024 ** 4;

export function compile(file: PolicyFile): Policy {
  const { pieces, anchors, ack_rule: rule, capacity, crypto } = file;
  return {
    pieces: {
      k: pieces.k,
      lights: pieces.light_unique,
      anchors: pieces.anchor_total,
      split: pieces.split.replace(/_only$/, ''),
      perOperator: pieces.per_operator,
      substitutes: pieces.stand_in,
    },
    anchors: Object.entries(anchors.per_continent)
      .map(([continent, count]) => ({
        continent,
        anchors: count,
        atMost: new Map(Object.entries(anchors.split_ratio)).get(continent) ?? PIECES_MAX,
      }))
      .toSorted((a, b) => (a.continent < b.continent ? -1 : 1)),
    surviveLossOf: anchors.survive_loss_of,
    acks: {
      margin: rule.margin,
      localPermille: permilleOf(rule.local_anchor_share),
      anchors: rule.anchors,
      deadlineMs: rule.deadline_ms,
      escalatePieces: rule.escalate_anchor_pieces,
    },
    ...conditionsOf(file),
    bounds: boundsOf(file),
    ...keptOf(file),
    capacity: {
      lightBytes: capacity.light_mb * MEGABYTE,
      anchorBytes: Math.round(capacity.anchor_tb * TERABYTE),
    },
    ...auditedOf(file),
    stake: stakeOf(file),
    transfers: { withinMs: file.transfers.within_days * DAY_MS },
    crypto,
    features: featuresOf(file),
    slo: objectiveOf(file),
    isStrained: false,
  };
}

/**
 * A ratio is rounded down: the pieces that follow from it are rounded up, and two thirds of 12 pieces
 * are 8, as they are of 666 thousandths (of up to 256 pieces it is always the same number).
 */
function permilleOf(share: number | string): number {
  if (typeof share === 'number') return Math.round(share * THOUSAND);
  const [part, whole] = share.split('/').map(Number);
  return Math.floor((THOUSAND * part!) / whole!);
}

function conditionsOf({ boosts, events }: PolicyFile): Pick<Policy, 'boosts' | 'events' | 'zones'> {
  let zones: readonly Zone[] = [];
  const conditionOf = (text: string | undefined): Condition => {
    if (text === undefined) return [];
    const read = readCondition(text, zones);
    assert(read.ok, 'a condition was read when the file was checked');
    ({ zones } = read.value);
    return read.value.condition;
  };
  const compiled = {
    boosts: boosts.map(({ when, anchor_total: anchors, light_unique: lights, margin }) => ({
      when,
      condition: conditionOf(when),
      anchors,
      lights,
      margin,
    })),
    events: events.map(({ place, weight, when }) => ({
      place,
      permille: Math.round(weight * THOUSAND),
      condition: conditionOf(when),
    })),
  };
  return { ...compiled, zones };
}

/** Where the file says nothing: from what holds without boosts to twice as much. */
function boundsOf({ bounds, pieces }: PolicyFile): Policy['bounds'] {
  const all = pieces.light_unique + pieces.anchor_total;
  return {
    anchors: pair(bounds.anchor_total ?? [pieces.anchor_total, 2 * pieces.anchor_total]),
    lights: pair(bounds.light_unique ?? [pieces.light_unique, 2 * pieces.light_unique]),
    margin: pair(bounds.margin ?? [0, all - pieces.k]),
  };
}

const pair = ([least, most]: readonly [number, number]): Bounds => ({ least, most });

function keptOf({ repair }: PolicyFile): Pick<Policy, 'ttl' | 'repair'> {
  const hours = repair.anchor_ttl_hours;
  return {
    ttl: {
      lightMs: repair.light_ttl_days * DAY_MS,
      anchorMs: hours === 'capacity' ? 0 : hours * HOUR_MS,
    },
    repair: {
      settleMs: repair.settle_s * SECOND_MS,
      missedMs: {
        light: repair.missed_light_days * DAY_MS,
        anchor: repair.missed_anchor_h * HOUR_MS,
      },
      startAt: repair.start_at,
      urgentAt: repair.urgent_at,
      anchorPiecesLow: repair.anchor_pieces_low,
      onlineFloor: repair.online_floor,
      floorAction: repair.floor_action,
      watermarkMs: repair.watermark_hours * HOUR_MS,
      watermarkPermille: Math.round(repair.watermark_share * THOUSAND),
      bytesPerSecond: repair.bytes_per_s,
      stripeBytes: repair.stripe_bytes,
      turns: {
        leaseMs: repair.lease_s * SECOND_MS,
        leaseMsMax: repair.lease_max_s * SECOND_MS,
        restMs: repair.rest_s * SECOND_MS,
        pauseMs: repair.pause_s * SECOND_MS,
        pauseMsMax: repair.pause_max_s * SECOND_MS,
      },
      fullMs: repair.full_s * SECOND_MS,
      fullMsMax: repair.full_max_s * SECOND_MS,
    },
  };
}

const millionths = (value: number): number => Math.round(value * MILLION);

function auditedOf({ audits, rewards }: PolicyFile): Pick<Policy, 'audits' | 'rewards'> {
  return {
    audits: {
      epochMs: audits.epoch_s * SECOND_MS,
      piecesPerSecond: audits.pieces_per_s,
      keepMs: audits.keep_h * HOUR_MS,
    },
    rewards: {
      lightPerGibDay: millionths(rewards.light_gib_day),
      anchorPerGibDay: millionths(rewards.anchor_gib_day),
      delegatePerDay: millionths(rewards.delegate_day),
      perDay: millionths(rewards.per_day),
      epochMs: rewards.epoch_s * SECOND_MS,
      slashPermille: permilleOf(rewards.slash_share),
    },
  };
}

const stakeOf = ({ stake }: PolicyFile): Policy['stake'] => ({
  epochBatches: stake.epoch_batches,
  seats: stake.seats,
  unbondingEpochs: stake.unbonding_epochs,
  slashPermille: permilleOf(stake.slash_share),
  togetherEpochs: stake.together_epochs,
  presentPermille: Math.round(stake.present_share * THOUSAND),
  awayEpochs: stake.away_epochs,
  missedTurns: stake.missed_turns,
  passedBatches: stake.passed_batches,
});

const objectiveOf = ({ slo }: PolicyFile): Objective => ({
  goodMillionths: millionths(slo.good_share),
  writeMs: slo.write_ms,
  readMs: slo.read_ms,
  windowMs: slo.window_s * SECOND_MS,
  fastPermille: Math.round(slo.fast_burn * THOUSAND),
  slowPermille: Math.round(slo.slow_burn * THOUSAND),
});

const featuresOf = ({ features }: PolicyFile): Feature[] =>
  FEATURES.map((name) => {
    const spec = features[name];
    if (typeof spec === 'boolean') return { name, millionths: spec ? MILLION : 0, cities: [] };
    return { name, millionths: Math.round((spec.percent * MILLION) / 100), cities: spec.cities };
  });
