/** The anchors file: what it means, and what is said of what is unfit, to the letter. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readAnchors } from '#config/anchors.ts';
import { contractsOf } from '#protocols/credential.ts';

const key = (letter: string): string => letter.repeat(51) + 'a';
const one = (more: Record<string, string> = {}): string => {
  const fields = {
    id: 'a1',
    continent: 'asia',
    node: 'asia.ishikawa.komatsu.a1',
    operator: 'Hokuriku Storage',
    signing: key('b'),
    sealing: key('c'),
    ...more,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return `  - ${lines.join('\n    ')}\n`;
};
const read = (...anchors: string[]) => readAnchors(`anchors:\n${anchors.join('')}`, 'a.yaml');
const fault = (...anchors: string[]): string => {
  const found = read(...anchors);
  return found.ok ? 'nothing' : found.error;
};

describe('anchors file', () => {
  it('names nobody by default, as the one that comes with the project', () => {
    expect(readAnchors('', 'a.yaml')).toEqual({ ok: true, value: [] });
    const own = readFileSync('config/anchors.yaml', 'utf8');
    expect(readAnchors(own, 'a.yaml')).toEqual({ ok: true, value: [] });
  });

  it('says who promised what, by which keys', () => {
    const found = read(
      one(),
      one({
        id: 'e1',
        continent: 'europe',
        node: 'europe.hesse.kassel.e1',
        signing: key('d'),
        sealing: key('e'),
        sla: '{ capacity_tb: 20 }',
      }),
    );
    expect(found).toMatchObject({
      ok: true,
      value: [
        { id: 'a1', sla: { availability: 0.999, capacity_tb: 1_000 } },
        { id: 'e1', sla: { availability: 0.999, capacity_tb: 20 } },
      ],
    });
    const contracts = contractsOf(found.ok ? found.value : []);
    expect([...contracts.keys()]).toEqual(['asia.ishikawa.komatsu.a1', 'europe.hesse.kassel.e1']);
  });

  it('shows what is unfit, where it stands', () => {
    expect(fault(one({ signing: 'short' }))).toBe(
      'a.yaml:6:14: anchors.0.signing is "short", expected the fingerprint of a key: 52 characters of base32\n      signing: short\n               ^',
    );
    expect(fault(one({ node: 'komatsu.a1' }))).toMatch(
      /^a\.yaml:4:11: anchors\.0\.node is "komatsu\.a1"/,
    );
    expect(fault(one({ sla: '{ availability: 2 }' }))).toMatch(/expected a share from 0\.5 to 1/);
    expect(fault(one({ sealin: key('c') }))).toMatch(
      /there is no 'anchors\.0\.sealin'; did you mean 'sealing'/,
    );
  });

  it('shows contradictions between anchors', () => {
    expect(fault(one({ continent: 'europe' }))).toMatch(
      /^a\.yaml:3:16: anchors\.0\.continent is "europe", expected asia, where its node is/,
    );
    const twin = fault(one(), one({ id: 'a2' }));
    expect(twin).toMatch(
      /a\.yaml:10:11: anchors\.1\.node is .*, expected another one than that of a1/,
    );
    expect(twin.match(/another one than that of a1/g)).toHaveLength(3);
  });
});
