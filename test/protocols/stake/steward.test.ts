/** A steward: what it says of its delegate, and how often it makes it anew. */
import { expect, it } from 'vitest';
import type { Plain, Signal } from '#protocols/effect.ts';
import { Staked } from '#protocols/ledger.messages.ts';
import type { Self } from '#protocols/self.ts';
import { begin, step } from '#protocols/stake/steward.ts';
import { begun, cityOf, RULES } from './city.ts';

const genesis = cityOf(1n, 1n, 1n, 1n);
const BYTES = new Uint8Array(32);
const LATE = Staked.of({
  height: RULES.epochBatches - 1,
  nodes: genesis.delegates.map(({ node }) => node),
  stakes: begun(genesis),
  standing: genesis.delegates.map(() => 'stands'),
  next: begun(genesis).seats,
  rules: RULES,
});
type Effects = ReturnType<typeof step>[1];
const isDrawn = (effects: Effects): boolean => effects.some((each) => each.do === 'compute');
const at = (now: number) => ({ now, wall: now, entropy: undefined }) as never;
const done = (id: string, output: Plain): Signal => ({ kind: 'computed', id, output });

it('says the same draw until it is ordered, and another one when that is too old', () => {
  const secrets = { vrf: BYTES, signing: { suite: 'ed25519', seed: BYTES } };
  const [steward] = begin({
    genesis,
    node: genesis.delegates[0]!.node,
    secrets,
  } as unknown as Self);
  const told = (now: number): Effects =>
    step(steward, { kind: 'answered', id: 'stakes', message: LATE } as never, at(now))[1];

  expect(isDrawn(told(0))).toBe(true);
  step(steward, done('draw', { proof: BYTES, output: BYTES }), at(1));
  const [said] = step(steward, done('sign/1', BYTES), at(2))[1];
  expect(told(1_000)).toContainEqual(said);
  expect(isDrawn(told(2_000))).toBe(false);
  expect(isDrawn(told(2_000_000))).toBe(true);
});
