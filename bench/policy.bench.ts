/**
 * What does a policy cost a transaction? Resolving it for one, with the owner's two boosts and with a large
 * policy (eight boosts, three zones with daylight saving, three continents, loss of a continent), beside
 * asking the machine for the time of day in one zone, which is what evaluation never does; and the terms as
 * bytes, which a ledger computes again for each manifest.
 *
 * And how long an edit takes: a calm city of 60 nodes in virtual time, 25 ms between any two. From when the
 * processes of all delegates have read the file (which has kept still for 150 ms by then) until the last of
 * them follows the new version.
 */
import { assert } from '#lib/assert.ts';
import { DEFAULTS, readPolicy } from '#config/policy/read.ts';
import type { Inputs } from '#config/policy.ts';
import { same } from '#lib/bytes.ts';
import { toBytes } from '#protocols/codec.ts';
import { inForce, policyBytes, resolved, Resolved } from '#protocols/policy.ts';
import { AskPolicy, Edit, type PolicyStatus } from '#protocols/policy.messages.ts';
import { address } from '#protocols/subjects.ts';
import { measured } from '#simulations/measured.ts';
import { compare, type Bench, type Row } from './bench.ts';
import { CalmTown } from '#simulations/calm/town.ts';

const LARGE = `
anchors: { per_continent: { america: 3, asia: 3, europe: 3 }, survive_loss_of: continent }
boosts:
${['Europe/Paris', 'America/New_York', 'Asia/Tokyo']
  .map((zone) => `  - { when: 'time 23:00-06:00 ${zone} or p_light < 0.05', anchor_total: +1 }`)
  .join('\n')}
${['asia', 'europe', 'america']
  .map(
    (name) =>
      `  - { when: '(p_light.${name} < 0.08 or p_light.${name} > 0.9) and p_light < 0.5', margin: +1 }`,
  )
  .join('\n')}
features: { audits_enabled: { percent: 5 }, anchor_boost_enabled: { percent: 50 } }
`;
const LARGE_GOAL_US = 5;

const inputs: Inputs = {
  at: Date.UTC(2_026, 6, 1, 14, 30),
  city: 'asia.ishikawa.komatsu',
  anchors: new Map([
    ['america', 3],
    ['asia', 3],
    ['europe', 3],
  ]),
  lights: 1_000,
  fullLights: 0,
  pLight: new Map([
    ['america', 100_000],
    ['asia', 70_000],
    ['europe', 120_000],
  ]),
  tx: Uint8Array.from({ length: 32 }, (_, i) => i),
};

export const bench: Bench = {
  name: 'policy',
  question: 'what does a policy cost a transaction',
  run: () => Promise.resolve([...terms(), reload()]),
};

const repeated =
  (work: () => unknown) =>
  (count: number): void => {
    for (let i = 0; i < count; i++) work();
  };

function terms(): Row[] {
  const read = readPolicy(LARGE, 'large');
  assert(read.ok, 'the large policy is one');
  const [small, large] = [inForce(1, DEFAULTS), inForce(1, read.value.policy)];
  const terms = resolved(large, inputs);
  assert(terms.fired.length === 2 && terms.continents.length === 3, 'the large policy is at work');
  assert(same(toBytes(Resolved, terms), toBytes(Resolved, resolved(large, inputs))), 'one form');
  const clock = new Intl.DateTimeFormat('en-US', { timeZone: 'Asia/Tokyo', timeStyle: 'short' });
  const micros = compare(
    { name: 'small', run: repeated(() => resolved(small, inputs)) },
    { name: 'large', run: repeated(() => resolved(large, inputs)) },
    { name: 'bytes', run: repeated(() => toBytes(Resolved, terms)) },
    { name: 'clock', run: repeated(() => clock.format(inputs.at)) },
  );
  const beside = micros.get('clock')!;
  const row = (name: string, key: string, goal?: string): Row => ({
    name,
    value: micros.get(key)!,
    unit: 'us',
    against: 'the time of day in one zone',
    ratio: micros.get(key)! / beside,
    ...(goal === undefined ? {} : { goal }),
  });
  return [
    row('terms: two boosts', 'small', `<= ${LARGE_GOAL_US} us`),
    row('terms: six boosts, three zones and continents', 'large', `<= ${LARGE_GOAL_US} us`),
    row('terms as bytes', 'bytes'),
  ];
}

const SEED = 11;
const NODES = 60;
const LOOK_MS = 5;
const RELOAD_MS_MAX = 10_000;

function reload(): Row {
  const tookMs = measured(SEED, (world) => {
    const { town } = new CalmTown(world, { nodes: NODES });
    const delegates = town.genesis.delegates.map(({ node }) => node);
    const edit = Edit.of({ bytes: policyBytes({ ...DEFAULTS, surviveLossOf: 'none' }) });
    const versions = new Map<string, number>();
    const look = (): void => {
      for (const node of delegates) {
        const { system } = town.machineOf.get(node)!;
        system.ask(address(node, 'policy'), AskPolicy.of({}), LOOK_MS, (outcome) => {
          if (outcome.kind !== 'answered') return;
          versions.set(node, (outcome.message as PolicyStatus).version);
        });
      }
    };
    const editedAt = world.nowMs;
    for (const node of delegates)
      town.machineOf.get(node)!.system.send(address(node, 'policy'), edit);
    const isInForce = (): boolean => {
      look();
      return delegates.every((node) => versions.get(node) === 2);
    };
    world.passUntil(isInForce, RELOAD_MS_MAX, LOOK_MS);
    assert(isInForce(), 'the edit is in force everywhere');
    return world.nowMs - editedAt;
  });
  return {
    name: `an edit is in force on all of ${NODES} nodes`,
    value: tookMs,
    unit: 'virtual ms',
    goal: '<= 1000 ms',
  };
}
