/** What is allowed and probably not meant; and the schema for editors. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adviceOn, reachOf } from '#config/policy/advice.ts';
import { readCondition } from '#config/policy/condition.ts';
import { policySchema } from '#config/policy/schema.ts';
import { read } from './world.ts';

const reach = (text: string): string => {
  const result = readCondition(text);
  return result.ok ? reachOf(result.value.condition, result.value.zones) : 'misread';
};
const advice = (source: string): string =>
  adviceOn(read(source).policy)
    .map(({ path, what }) => `${path.join('.')}: ${what}`)
    .join('\n');

describe('conditions', () => {
  it.each([
    ['p_light < 0', 'never'],
    ['strained', 'sometimes'],
    ['strained and p_light < 0', 'never'],
    ['p_light <= 1', 'always'],
    ['p_light < 0.1 and p_light > 0.2', 'never'],
    ['p_light < 0.1 and p_light.asia > 0.2', 'sometimes'],
    ['p_light < 0.2 or p_light >= 0.2', 'always'],
    ['p_light < 0.2 or p_light > 0.2', 'sometimes'],
    ['time 00:00-24:00 UTC', 'always'],
    ['time 23:00-06:00 Asia/Tokyo', 'sometimes'],
    ['time 01:00-02:00 UTC and time 03:00-04:00 UTC', 'never'],
    ['time 01:00-02:00 UTC and time 03:00-04:00 Asia/Tokyo', 'never'],
    ['time 00:00-12:00 UTC or time 12:00-23:00 UTC', 'sometimes'],
    // Ten in the morning in Tokyo is two or three in the morning in Paris, by the time of the year.
    ['time 10:00-10:30 Asia/Tokyo and time 03:00-04:00 Europe/Paris', 'sometimes'],
    ['time 10:00-10:30 Asia/Tokyo and time 02:00-03:00 Europe/Paris', 'sometimes'],
    ['time 03:00-04:00 Europe/Paris and time 10:00-10:30 Asia/Tokyo', 'sometimes'],
    ['time 10:00-10:30 Asia/Tokyo and time 04:00-05:00 Europe/Paris', 'never'],
    ['(time 00:00-12:00 UTC or time 12:00-24:00 UTC) and p_light >= 0', 'always'],
  ])('%s: %s', (text, expected) => expect(reach(text)).toBe(expected));
});

describe('advice', () => {
  it('is none on the defaults', () => expect(advice('')).toBe(''));
  it('is given on what is odd', () => {
    expect(advice('boosts: [{ when: p_light < 0, anchor_total: 1 }]')).toMatch(/0.when: .* never/);
    expect(advice('boosts: [{ when: p_light < 0.1 }]')).toMatch(/boosts.0: .*adds nothing/);
    expect(advice('bounds: { anchor_total: [12, 15] }')).toMatch(/would make 18, and 15/);
    expect(advice('ack_rule: { local_anchor_share: 0.67 }')).toMatch(/5 of 6 pieces in asia/);
    expect(advice('repair: { anchor_pieces_low: 12 }')).toMatch(/never rests/);
    expect(advice('repair: { start_at: 42 }')).toMatch(/never rests/);
    expect(advice('repair: { urgent_at: 9 }')).toMatch(/ever urgent/);
  });
  it('tells when 6 + 6 cannot survive the loss of a continent', () => {
    expect(advice('anchors: { survive_loss_of: continent }')).toMatch(
      /6 in asia \+ 6 in europe would leave fewer than k = 10 .* becomes 10 in asia \+ 10 in europe/,
    );
    const one = 'anchors: { per_continent: { asia: 3 }, survive_loss_of: continent }';
    expect(advice(one)).toMatch(/there is one continent only/);
  });
});

describe('the schema for editors', () => {
  it('is the kept one', () => {
    const kept: unknown = JSON.parse(readFileSync('config/policy.schema.json', 'utf8'));
    expect(policySchema()).toEqual(kept);
  });
});
