/** What delegates say of the policy, as Prometheus sees it. */
import { Registry } from 'prom-client';
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
    { version: 3, isWished: true, isRefused: false, isStrained: true },
    { version: 5, isWished: false, isRefused: true, isStrained: false },
    { version: 4, isWished: true, isRefused: false, isStrained: false },
  ];
  looks = 0;
  const text = await registry.metrics();
  expect(looks).toBe(1);
  expect(text).toMatch(/^city_chain_policy_version\{which="oldest"\} 3$/m);
  expect(text).toMatch(/^city_chain_policy_version\{which="newest"\} 5$/m);
  expect(text).toMatch(/^city_chain_policy_wished 2$/m);
  expect(text).toMatch(/^city_chain_policy_refused 1$/m);
  expect(text).toMatch(/^city_chain_policy_strained 1$/m);
});
