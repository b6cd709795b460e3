/** What the world is like, for tests of policy: a sender in Komatsu, by day, lights as usual. */
import { readPolicy, type PolicyRead } from '#config/policy/read.ts';
import type { Continent, InForce, Inputs, Policy, Resolved } from '#config/policy.ts';
import { resolve } from '#config/policy/resolve.ts';

export const NOON_IN_TOKYO = Date.UTC(2_026, 0, 1, 3);
export const MIDNIGHT_IN_TOKYO = Date.UTC(2_025, 11, 31, 15);

/** Three on each. */
export const anchorsIn = (...continents: readonly Continent[]): Inputs['anchors'] =>
  new Map(continents.map((continent) => [continent, 3]));

export const BY_DAY: Inputs = {
  at: NOON_IN_TOKYO,
  city: 'asia.ishikawa.komatsu',
  anchors: anchorsIn('asia', 'europe'),
  lights: 100_000,
  fullLights: 0,
  pLight: new Map([
    ['asia', 100_000],
    ['europe', 100_000],
  ]),
  tx: new Uint8Array(32),
};

export const stamped = (policy: Policy): InForce => ({
  version: 1,
  digest: new Uint8Array(32),
  policy,
});

export function read(source: string): PolicyRead {
  const result = readPolicy(source, 'p.yaml');
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

export const fault = (source: string): string => {
  const result = readPolicy(source, 'p.yaml');
  return result.ok ? 'nothing' : result.error;
};

export const resolved = (source: string, inputs: Partial<Inputs> = {}): Resolved =>
  resolve(stamped(read(source).policy), { ...BY_DAY, ...inputs });

/** `asia 3/6 europe 3/6`: anchors and pieces by continent. */
export const layoutText = ({ continents }: Pick<Resolved, 'continents'>): string =>
  continents.map(({ continent, anchors, pieces }) => `${continent} ${anchors}/${pieces}`).join(' ');
