/** Terms from a policy and a frozen list: what every ledger computes again. */
import { describe, expect, it } from 'vitest';
import { readPolicy } from '#config/policy/read.ts';
import type { Eligible } from '#protocols/eligibility.ts';
import { inForce } from '#protocols/policy.ts';
import { areTermsOf, termsOf } from '#protocols/terms-of.ts';
import { anchorsOf, bytesOf, lightsOf, listOf, PARIS } from './sample.ts';

const TX = bytesOf('tx');
const policyOf = (source: string) => {
  const read = readPolicy(source, 'p.yaml');
  if (!read.ok) throw new Error(read.error);
  return inForce(3, read.value.policy);
};
const POLICY = policyOf('');
const NOON_IN_TOKYO = Date.UTC(2_026, 0, 1, 3);
const share = (ppm: number) => [{ continent: 'asia', online: 1, registered: 10, ppm }];
const LIST = listOf([...lightsOf(40), ...anchorsOf(3), ...anchorsOf(2, PARIS, 'b')], {
  at: NOON_IN_TOKYO,
  lights: share(100_000),
});

const weightless = (node: Eligible): Eligible =>
  node.role === 'light' ? { ...node, weight: 0 } : node;
const isRoomy = ({ role, weight }: Eligible): boolean => role === 'light' && weight > 0;

describe('terms of a list', () => {
  it('name their policy, and count the anchors that are there', () => {
    const terms = termsOf(POLICY)(LIST, TX);
    expect(terms).toMatchObject({ version: 3, digest: POLICY.digest, fired: [] });
    expect(terms.continents).toEqual([
      { continent: 'asia', anchors: 3, pieces: 7 },
      { continent: 'europe', anchors: 2, pieces: 6 },
    ]);
  });
  it('follow the time and the lights of the list', () => {
    const later = { ...LIST, head: { ...LIST.head, at: NOON_IN_TOKYO + 12 * 3_600_000 } };
    expect(termsOf(POLICY)(later, TX).fired).toEqual([0]);
    const few = { ...LIST, head: { ...LIST.head, lights: share(79_999) } };
    expect(termsOf(POLICY)(few, TX).fired).toEqual([1]);
  });
  it('let boosts ask for no more lights than devices', () => {
    const more = policyOf('boosts: [{ when: p_light < 0.5, light_unique: 30 }]');
    expect(termsOf(more)(LIST, TX).lights).toBe(40);
    const [one] = LIST.nodes;
    const shared = { ...LIST, nodes: LIST.nodes.map((node) => ({ ...node, device: one!.device })) };
    expect(termsOf(more)(shared, TX).lights).toBe(30);
  });
  it('tell lights without room from those that are not there', () => {
    const full = {
      ...LIST,
      nodes: LIST.nodes.map((node, i) => (i < 30 ? weightless(node) : node)),
    };
    expect(termsOf(POLICY)(full, TX).lights).toBe(full.nodes.filter(isRoomy).length);
    const gone = {
      ...full,
      nodes: full.nodes.filter((node) => node.role === 'anchor' || isRoomy(node)),
    };
    expect(termsOf(POLICY)(gone, TX).lights).toBe(30);
  });
  it('are told from others, byte by byte', () => {
    const terms = termsOf(POLICY)(LIST, TX);
    expect(areTermsOf(POLICY, LIST, TX, terms)).toBe(true);
    expect(areTermsOf(POLICY, LIST, TX, { ...terms, ackNeeded: 10 })).toBe(false);
    expect(areTermsOf(inForce(4, POLICY.policy), LIST, TX, terms)).toBe(false);
  });
});
