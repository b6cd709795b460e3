/** What delegates say of the policy, as Prometheus sees it. */
import { Registry } from '#runtime/seen/prometheus.ts';
import { expect, it } from 'vitest';
import { showPolicy, type PolicySeen } from '#runtime/seen/policy-metrics.ts';

it('shows the oldest and the newest version, and how many wish or were refused, of one look', async () => {
  const registry = new Registry();
  let all: readonly PolicySeen[] = [];
  let looks = 0;
  showPolicy(registry, async () => {
    looks++;
    return all;
  });
  expect(await registry.metrics()).not.toMatch(/^city_chain_policy_version/m);
  all = [
    { city: 'here', version: 3, isWished: true, isRefused: false, isStrained: true },
    { city: 'here', version: 5, isWished: false, isRefused: true, isStrained: false },
    { city: 'here', version: 4, isWished: true, isRefused: false, isStrained: false },
    { city: 'there', version: 9, isWished: false, isRefused: false, isStrained: false },
  ];
  looks = 0;
  const text = await registry.metrics();
  expect(looks).toBe(1);
  const of = (name: string, labels: string) =>
    Number(new RegExp(`^city_chain_policy_${name}\\{${labels}\\} (\\d+)$`, 'm').exec(text)?.[1]);
  expect(of('version', 'city="here",which="oldest"')).toBe(3);
  expect(of('version', 'city="here",which="newest"')).toBe(5);
  expect(of('wished', 'city="here"')).toBe(2);
  expect(of('refused', 'city="here"')).toBe(1);
  expect(of('strained', 'city="here"')).toBe(1);
  // Another city is ahead by a version of its own, and not of these.
  expect(of('version', 'city="there",which="oldest"')).toBe(9);
  expect(of('version', 'city="there",which="newest"')).toBe(9);
  expect(of('wished', 'city="there"')).toBe(0);
});
