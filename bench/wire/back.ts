/**
 * How long nothing gets through when the nats-server of a cluster is killed or frozen: from the blow
 * until a message that was said right after it has been received, on the reliable lane, between two
 * processes. The server is brought back as under `city-chain up` (runtime/bus.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBus, type Bus } from '#runtime/bus.ts';
import { median } from '../bench.ts';
import { Near } from './near.ts';

type Blow = 'SIGKILL' | 'SIGSTOP';

/** Milliseconds, the median of so many blows. Each has a cluster of its own: who dies often waits longer. */
export async function backAfter(blow: Blow, count: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) times.push(await once(blow));
  return median(times);
}

async function once(blow: Blow): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'city-chain-bench-'));
  const env = { ...process.env, NATS_URL: '' };
  const bus = await openBus({ env, folder, log: () => undefined });
  if (!bus.ok) throw new Error(bus.error);
  const near = await Near.open(bus.value.url, { coalesces: true });
  try {
    await near.actorTells(100, true);
    return await timed(near, bus.value, blow);
  } finally {
    await near.close();
    await bus.value.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timed(near: Near, { pid }: Bus, blow: Blow): Promise<number> {
  const since = performance.now();
  process.kill(pid!, blow);
  await near.actorTells(1, true);
  return performance.now() - since;
}
