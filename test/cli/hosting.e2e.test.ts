/**
 * One process, put together as in production, with an actor that stows and computes: on real disks and
 * threads, and seen from outside.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sign, verifyingKeyOf, type VerifyJob } from '#algorithms/signature.ts';
import { hostNodes, LIGHT, type Hosted } from '#cli/hosting.ts';
import { utf8 } from '#lib/bytes.ts';
import { catalogue } from '#protocols/codec.ts';
import {
  compute,
  fetch,
  NOTHING,
  stow,
  type Effect,
  type Plain,
  type Signal,
} from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';
import { anyActor, type AnyActor } from '#runtime/actor.ts';
import { Hub } from '#runtime/hub.ts';
import { memoryStore } from '#runtime/memory-store.ts';
import { MemoryWire } from '#runtime/memory-wire.ts';
import { endOfTurn } from '#runtime/wall-clock.ts';
import { treeAddress } from '#supervision/tree.ts';

const node = nodeAddress(place('asia.ishikawa.komatsu'), 'n1');
const UNTIL = millis(4_000_000_000_000);

let folder: string;
const running: Hosted[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'city-chain-hosting-'))));
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
  rmSync(folder, { recursive: true, force: true });
});

function claims(): VerifyJob[] {
  const speech = { suite: 'ml-dsa-65', purpose: 'tx', network: utf8('test') } as const;
  const seed = new Uint8Array(32).fill(7);
  const bytes = utf8('a claim');
  const signature = sign({ ...speech, seed, bytes });
  const publicKey = verifyingKeyOf(speech.suite, seed);
  const claim = { ...speech, publicKey, bytes, signature };
  return [claim, { ...claim, bytes: utf8('another') }];
}

type Does = readonly Effect<never>[];

/** The only actor of a node: does what it is given, once, and tells what it hears. */
const worker = (does: Does, hear: (signal: Signal) => void): AnyActor =>
  anyActor<null, never, never>({
    address: treeAddress(node),
    listens: catalogue(),
    start: () => [null, does],
    receive: (_, signal) => {
      hear(signal);
      return [null, NOTHING];
    },
  });

async function host(
  name: string,
  threads: number,
  does: Does,
): Promise<{ readonly hosted: Hosted; readonly heard: Signal[] }> {
  const all = Promise.withResolvers<undefined>();
  const heard: Signal[] = [];
  const hear = (signal: Signal): void => {
    heard.push(signal);
    if (heard.length === does.length) all.resolve(undefined);
  };
  const hosted = await hostNodes({
    process: name,
    nodes: [node],
    treeOf: () => worker(does, hear),
    openWire: async (observer) => {
      const wire = new MemoryWire(new Hub(), endOfTurn, observer);
      return Object.assign(wire, { close: async () => undefined });
    },
    store: memoryStore(),
    folder: join(folder, name),
    pieceFolder: join(folder, 'pieces'),
    threads,
    apiPort: 0,
    log: () => undefined,
    gaveUp: (_, reason) => all.reject(new Error(reason.detail)),
  });
  running.push(hosted);
  await all.promise;
  return { hosted, heard };
}

const metricsOf = async ({ api }: Hosted): Promise<string> =>
  (await globalThis.fetch(`${api}/metrics`)).text();

describe.each([0, 1])('a process with %i threads', (threads) => {
  it('computes for its actors, and says how long it took', async () => {
    const job = 'ingress.verify';
    const does = [
      compute('c', job, claims() as unknown as Plain),
      compute('d', 'no such job', null),
    ];
    const { hosted, heard } = await host('p1', threads, does);
    expect(heard).toContainEqual({ kind: 'computed', id: 'c', output: [true, false] });
    expect(heard).toContainEqual(expect.objectContaining({ kind: 'uncomputed', id: 'd' }));
    const text = await metricsOf(hosted);
    expect(text).toMatch(
      /city_chain_job_seconds_count\{[^}]*job="ingress.verify",outcome="computed"[^}]*\} 1/,
    );
    expect(text).toMatch(/city_chain_jobs\{job="ingress.verify",process="p1"\} 0/);
  });
});

describe('a process', () => {
  it('keeps the pieces of its nodes for whichever process hosts them next', async () => {
    const value = new Uint8Array(2_000).fill(9);
    const first = await host('p1', 0, [stow('s', 'tx/1', value, UNTIL)]);
    expect(first.heard).toEqual([{ kind: 'stowed', id: 's', outcome: 'stored' }]);
    const text = await metricsOf(first.hosted);
    expect(text).toMatch(/city_chain_pieces\{process="p1"\} 1/);
    expect(text).toMatch(
      new RegExp(`city_chain_piece_bytes_max\\{process="p1"\\} ${LIGHT.bytesMax}`),
    );
    expect(text).toMatch(/city_chain_pieces_damaged_total\{process="p1"\} 0/);
    await running.pop()!.stop();
    const second = await host('p2', 0, [fetch('f', 'tx/1')]);
    expect(second.heard).toEqual([
      { kind: 'fetched', id: 'f', found: 'piece', value, expiresAt: UNTIL },
    ]);
  });
});
