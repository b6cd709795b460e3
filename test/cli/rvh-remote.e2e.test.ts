/** `rvh --remote` over a bus: a delegate's S1 answers for its own list, and for nodes that are named. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { select } from '#actors/select.ts';
import { rankRemote } from '#cli/rvh-remote.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import { Links } from '#runtime/links/links.ts';
import { inlinePool } from '#runtime/pool/inline-pool.ts';
import { memoryStore } from '#runtime/memory-store.ts';
import { NatsWire } from '#runtime/nats-wire.ts';
import { openBus, type Bus } from '#runtime/bus.ts';
import { System } from '#runtime/system.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { nodeTable } from '#algorithms/rendezvous/scoring.ts';
import { rank } from '#algorithms/rendezvous/core.ts';
import { PRESENCE_JOBS } from '#protocols/presence/jobs.ts';
import type { Selecting } from '#protocols/select.ts';
import { address } from '#protocols/subjects.ts';
import { cityOf, holders, KOMATSU, listOf, selfOf, termsOf } from '#test/protocols/sample.ts';
import { scratch, type Scratch } from '#test/scratch.ts';

const log = (): void => undefined;
let folder: Scratch;
let bus: Bus;
let wire: NatsWire;
let system: System;
const { genesis, delegates } = cityOf(1);
const at = address(delegates[0]!.node, 'select');

beforeEach(async () => {
  folder = scratch();
  const opened = await openBus({ nats: 'embedded', env: {}, folder: folder.path, log });
  if (!opened.ok) throw new Error(opened.error);
  bus = opened.value;
  const joined = await NatsWire.open({ url: bus.url });
  if (!joined.ok) throw new Error(joined.error);
  wire = joined.value;
  const carrier = new Links({ wire, clock: wallClock, turnEnd: eventLoop }, { life: 1 });
  const ports = {
    clock: wallClock,
    scheduler: eventLoop,
    entropy: systemEntropy(),
    carrier,
    store: memoryStore(),
    pool: inlinePool(PRESENCE_JOBS),
  };
  system = new System(ports);
  system.spawn(select(selfOf(genesis, delegates[0]!), { terms: () => termsOf() }));
});

afterEach(async () => {
  system.close();
  await wire.close();
  await bus.close();
  folder.remove();
});

const among = ['alpha', 'beta', 'gamma'].map((node) => ({ node, weight: 1 }));
const question = { key: 'txn-42', count: 3, isWeighted: false, among, data: '', city: KOMATSU };

it('answers for nodes that are named, as the command does by itself', async () => {
  const found = await rankRemote({ ...question, nats: bus.url });
  expect(found.map(({ node }) => node)).toEqual(['gamma', 'beta', 'alpha']);
  expect(hex(found[0]!.score)).toBe('efd13564f3f64755966f6db0f1bbeb09');
});

it('answers for the list of the city, once there is one', async () => {
  const own = { ...question, among: undefined, nats: bus.url };
  await expect(rankRemote(own)).rejects.toThrow('no list of nodes yet');
  const list = listOf(holders());
  const state = system.stateOf(at) as Selecting;
  state.copy.rolls = [{ list, members: [], frozen: { head: list.head, endorsements: [] } }];
  const found = await rankRemote(own);
  const names = list.nodes.map(({ node }) => node);
  const expected = Array.from(rank(nodeTable(names.map(utf8)), utf8('txn-42'), 3), (i) => names[i]);
  expect(found.map(({ node }) => node)).toEqual(expected);
});

it('says what is wrong with a question that makes no sense, and where no city answers', async () => {
  const asked = { ...question, nats: bus.url };
  await expect(rankRemote({ ...asked, key: '' })).rejects.toThrow('--key has 0 bytes');
  await expect(rankRemote({ ...asked, among: [...among, among[0]!] })).rejects.toThrow('twice');
  system.close();
  await expect(rankRemote(asked)).rejects.toThrow('is the city up?');
});
