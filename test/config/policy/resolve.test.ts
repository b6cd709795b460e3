/** What a policy means: the defaults, the layouts, the boosts, the features. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '#config/policy/read.ts';
import { isOn, localAcks } from '#config/policy/resolve.ts';
import {
  anchorsIn,
  BY_DAY,
  layoutText,
  MIDNIGHT_IN_TOKYO,
  read,
  resolved,
  stamped,
} from './world.ts';
import { resolve } from '#config/policy/resolve.ts';

describe('the defaults', () => {
  it('are what config/policy.yaml says', () => {
    expect(read(readFileSync('config/policy.yaml', 'utf8')).policy).toEqual(DEFAULTS);
    expect(read('').policy).toEqual(DEFAULTS);
  });
  it('are 10 of 42, 25 acks, 6 and 6', () => {
    const now = resolve(stamped(DEFAULTS), BY_DAY);
    expect(now).toMatchObject({ k: 10, lights: 30, ackNeeded: 25, ackAnchors: 2, fired: [] });
    expect(layoutText(now)).toBe('asia 3/6 europe 3/6');
    expect(localAcks(now.ackLocalPermille, 6)).toBe(4);
    expect(now).toMatchObject({ lightTtlMs: 180 * 86_400_000, anchorTtlMs: 0 });
  });
});

const lights = (roomy: number, full: number) => ({ lights: roomy, fullLights: full });

describe('lights without room', () => {
  it('are stood in for by anchors, piece by piece', () => {
    const none = resolved('', lights(0, 50));
    expect(none).toMatchObject({ lights: 0, ackNeeded: 17 });
    expect(layoutText(none)).toBe('asia 3/21 europe 3/21');
    const some = resolved('', lights(20, 50));
    expect(some).toMatchObject({ lights: 20, ackNeeded: 25 });
    expect(layoutText(some)).toBe('asia 3/11 europe 3/11');
  });
  it('are no lights that are not there, nor more than the policy says, nor anybody where there are no anchors', () => {
    expect(resolved('', lights(20, 0)).lights).toBe(30);
    expect(resolved('', lights(20, 4)).lights).toBe(26);
    expect(resolved('pieces: { stand_in: 3 }', lights(20, 50)).lights).toBe(27);
    expect(resolved('pieces: { stand_in: 0 }', lights(0, 50)).lights).toBe(30);
    expect(resolved('', { ...lights(0, 50), anchors: anchorsIn() }).lights).toBe(30);
  });
});

describe('layouts', () => {
  const ONE = { anchors: anchorsIn('asia') };
  const THREE = { anchors: anchorsIn('america', 'asia', 'europe') };
  const america = 'anchors: { per_continent: { asia: 3, europe: 3, america: 3 } ';

  it('divide over what is present', () => {
    expect(layoutText(resolved(`${america}}`, THREE))).toBe('america 3/4 asia 3/4 europe 3/4');
    expect(layoutText(resolved('', { anchors: anchorsIn() }))).toBe('');
    expect(layoutText(resolved('', { anchors: anchorsIn('africa') }))).toBe('');
  });
  it('keep to one continent where the policy says so', () => {
    const only = 'pieces: { split: europe_only }\nanchors: { survive_loss_of: none }';
    expect(layoutText(resolved(only))).toBe('europe 3/12');
    expect(layoutText(resolved(only, ONE))).toBe('');
  });
  it('add pieces until the loss of an anchor leaves k', () => {
    expect(layoutText(resolved('', ONE))).toBe('asia 3/15');
    expect(layoutText(resolved('anchors: { survive_loss_of: none }', ONE))).toBe('asia 3/12');
  });
  it('add pieces until the loss of a continent leaves k, if another one is there', () => {
    const careful = 'anchors: { survive_loss_of: continent }';
    expect(layoutText(resolved(careful))).toBe('asia 3/10 europe 3/10');
    expect(layoutText(resolved(careful, ONE))).toBe('asia 3/12');
    const three = resolved(`${america}, survive_loss_of: continent }`, THREE);
    expect(layoutText(three)).toBe('america 3/5 asia 3/5 europe 3/5');
  });
  it('hold to a ratio while others have room', () => {
    const ratio = 'anchors: { split_ratio: { asia: 8, europe: 4 }, survive_loss_of: none }';
    expect(layoutText(resolved(ratio))).toBe('asia 3/8 europe 3/4');
    expect(layoutText(resolved(ratio, { at: MIDNIGHT_IN_TOKYO }))).toBe('asia 3/9 europe 3/5');
    expect(layoutText(resolved(ratio, ONE))).toBe('asia 3/12');
    expect(layoutText(resolved(ratio, { anchors: anchorsIn('europe') }))).toBe('europe 3/12');
  });
  it('give the odd piece to the sender, and no anchor of none', () => {
    const odd = 'pieces: { anchor_total: 13 }';
    expect(layoutText(resolved(odd))).toBe('asia 3/7 europe 3/6');
    const there = { city: 'europe.paris.paris' };
    expect(layoutText(resolved(odd, there))).toBe('asia 3/6 europe 3/7');
    const few = 'pieces: { anchor_total: 2 }\nanchors: { survive_loss_of: none }';
    expect(layoutText(resolved(few, ONE))).toBe('asia 2/2');
  });
  it('are on the anchors that are there', () => {
    const two = new Map([
      ['asia', 5],
      ['europe', 1],
    ]);
    expect(layoutText(resolved('', { anchors: two }))).toBe('asia 3/10 europe 1/9');
  });
  it('ask for no more acks than there are', () => {
    const alone =
      'pieces: { light_unique: 12 }\nack_rule: { margin: 14 }\nrepair: { start_at: 20 }';
    expect(resolved(alone, { anchors: anchorsIn() })).toMatchObject({
      ackNeeded: 12,
      ackAnchors: 0,
    });
    expect(resolved(alone).ackNeeded).toBe(24);
  });
});

describe('boosts', () => {
  it('add up, within bounds', () => {
    const low = { pLight: new Map([['asia', 50_000]]) };
    expect(layoutText(resolved('', low))).toBe('asia 3/7 europe 3/7');
    const both = { ...low, at: MIDNIGHT_IN_TOKYO };
    expect(resolved('', both)).toMatchObject({ fired: [0, 1] });
    expect(layoutText(resolved('', both))).toBe('asia 3/8 europe 3/8');
    const bounded = 'bounds: { anchor_total: [12, 15] }';
    expect(layoutText(resolved(bounded, both))).toBe('asia 3/8 europe 3/7');
  });
  it('may take away, and touch lights and the margin', () => {
    const source =
      'boosts: [{ when: p_light > 0.5, light_unique: -9, margin: -5 }]\nbounds: { light_unique: [24, 30] }';
    expect(resolved(source, { pLight: new Map([['asia', 600_000]]) })).toMatchObject({
      lights: 24,
      ackNeeded: 20,
    });
  });
  it('ask for no more lights than there are, unless the policy itself does', () => {
    const source = 'boosts: [{ when: p_light < 0.5, light_unique: 9 }]';
    expect(resolved(source, { lights: 100 }).lights).toBe(39);
    expect(resolved(source, { lights: 33 }).lights).toBe(33);
    expect(resolved(source, { lights: 20 }).lights).toBe(30);
  });
  it('leave anchors alone while anchor_boost_enabled is off', () => {
    const off = 'features: { anchor_boost_enabled: false }';
    const now = resolved(off, { at: MIDNIGHT_IN_TOKYO });
    expect(layoutText(now)).toBe('asia 3/6 europe 3/6');
    expect(now).toMatchObject({ fired: [0], features: ['audits_enabled'] });
  });
});

describe('events', () => {
  it('weigh while they go on', () => {
    const source =
      "events: [{ place: asia.ishikawa.komatsu, weight: 1.5, when: 'time 23:00-24:00 Asia/Tokyo' }, { place: europe.paris.paris, weight: 0.5 }]";
    const paris = { place: 'europe.paris.paris', permille: 500 };
    expect(resolved(source).events).toEqual([paris]);
    const komatsu = { place: 'asia.ishikawa.komatsu', permille: 1_500 };
    expect(resolved(source, { at: MIDNIGHT_IN_TOKYO - 1 }).events).toEqual([komatsu, paris]);
  });
});

describe('features', () => {
  it('are on in some cities', () => {
    const source = 'features: { audits_enabled: { cities: [europe.paris.paris] } }';
    expect(resolved(source).features).not.toContain('audits_enabled');
    expect(resolved(source, { city: 'europe.paris.paris' }).features).toContain('audits_enabled');
  });
  it('are on for a share of the transactions, the same ones each time', () => {
    const lots = Array.from({ length: 20_000 }, (_, i) => Uint8Array.of(i, i >> 8, 7));
    const on = (name: 'audits_enabled' | 'anchor_boost_enabled') =>
      lots.filter((tx) => isOn({ name, millionths: 50_000, cities: [] }, 'a.b.c', tx));
    const [audits, boosts] = [on('audits_enabled'), on('anchor_boost_enabled')];
    expect(Math.abs(audits.length - 1_000)).toBeLessThan(150);
    expect(audits.filter((tx) => boosts.includes(tx)).length).toBeLessThan(150);
    expect(on('audits_enabled')).toEqual(audits);
  });
});
