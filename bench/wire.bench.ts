/**
 * What do actors over links over NATS cost, beside the raw client in the same run? Two processes and a
 * nats-server: tells of 256 bytes alone and coalesced, the reliable lane, asks beside the client's own
 * request, single round trips, and the same with ten thousand actors. And how long nothing gets through
 * when the server dies, or hangs.
 *
 * Verified in every sample: each tell came, once, in order; each ask was answered.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchServer } from '#runtime/nats-server/launch.ts';
import { obtainServer } from '#runtime/nats-server/obtain.ts';
import { median, type Bench, type Row } from './bench.ts';
import { backAfter } from './wire/back.ts';
import { Near, type Cost } from './wire/near.ts';

const REPEATS = 7;
const TELLS = 40_000;
const ASKS = 10_000;
const TRIPS = 1_000;
const UNDER_WAY = 100;
const FEW = 10;
const MANY = 10_000;
const KILLS = 11;
const FREEZES = 3;

const both = ({ near, far }: Cost): number => near + far;

const us = (name: string, value: number, more: Partial<Row>): Row => ({
  name,
  value,
  unit: 'us CPU, both sides',
  ...more,
});

const beside = (raws: readonly { readonly raw: number }[], cost: number): Partial<Row> => {
  const raw = median(raws.map((sample) => sample.raw));
  return { against: `raw client, ${raw.toFixed(2)} us`, ratio: raw / cost };
};

/** The first sample warms up, and is not counted. */
async function samples<T>(work: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let i = 0; i <= REPEATS; i++) all.push(await work());
  return all.slice(1);
}

/** A few actors and a crowd, turn about: each pair of processes with a server of its own. */
async function crowd(url: string, otherUrl: string): Promise<Row> {
  const few = await Near.open(url, { coalesces: true, actors: FEW });
  const many = await Near.open(otherUrl, { coalesces: true, actors: MANY });
  const tells = await samples(async () => ({
    few: both(await few.actorTells(TELLS)),
    many: both(await many.actorTells(TELLS)),
  }));
  await Promise.all([few.close(), many.close()]);
  const [base, cost] = [
    median(tells.map((sample) => sample.few)),
    median(tells.map((sample) => sample.many)),
  ];
  return us('tell, 10 000 actors', cost, {
    against: `ten actors, ${base.toFixed(2)} us`,
    ratio: base / cost,
    goal: 'flat',
  });
}

async function measure(url: string, otherUrl: string): Promise<Row[]> {
  // One pair of processes after the other: both would be the same two nodes.
  const alone = await Near.open(url, { coalesces: false });
  const lone = await samples(async () => ({
    raw: both(await alone.rawTells(TELLS)),
    alone: both(await alone.actorTells(TELLS)),
  }));
  await alone.close();
  const together = await Near.open(url, { coalesces: true });
  const tells = await samples(async () => ({
    raw: both(await together.rawTells(TELLS)),
    together: both(await together.actorTells(TELLS)),
    reliable: both(await together.actorTells(TELLS, true)),
  }));
  const asks = await samples(async () => ({
    request: await together.requests(ASKS / 4, UNDER_WAY),
    ask: await together.asks(ASKS, UNDER_WAY),
  }));
  const trips = await together.roundTrips(TRIPS * 2);
  await together.close();
  const [many, reliable] = [
    median(tells.map((sample) => sample.together)),
    median(tells.map((sample) => sample.reliable)),
  ];
  const one = median(lone.map((sample) => sample.alone));
  const [request, ask] = [median(asks.map((it) => it.request)), median(asks.map((it) => it.ask))];
  const [rawTrip, askTrip] = [median(trips.raw.slice(TRIPS)), median(trips.asks.slice(TRIPS))];
  return [
    us('tell, alone', one, { ...beside(lone, one), goal: '>= 0.5x, <= 4 us more' }),
    us('tell, coalesced', many, { ...beside(tells, many), goal: '>= 1.0x' }),
    us('tell, reliable', reliable, { ...beside(tells, reliable), goal: '>= 0.4x' }),
    await crowd(url, otherUrl),
    {
      name: 'ask, 100 under way',
      value: ask,
      unit: 'us CPU, asker',
      against: `request, ${request.toFixed(1)} us`,
      ratio: request / ask,
      goal: '>= 4x',
    },
    {
      name: 'ask, p50',
      value: askTrip,
      unit: 'us',
      against: `raw round trip, ${rawTrip.toFixed(0)} us`,
      ratio: askTrip / rawTrip,
      goal: '<= 1.25x',
    },
  ];
}

async function backRows(): Promise<Row[]> {
  const [killed, frozen] = [await backAfter('SIGKILL', KILLS), await backAfter('SIGSTOP', FREEZES)];
  return [
    { name: 'back after kill -9 of the server', value: killed, unit: 'ms', goal: '<= 250 ms' },
    { name: 'back after a frozen server', value: frozen, unit: 'ms', goal: '<= 5000 ms' },
  ];
}

async function run(): Promise<readonly Row[]> {
  const found = await obtainServer(process.env);
  if (!found.ok) throw new Error(found.error);
  const folder = mkdtempSync(join(tmpdir(), 'city-chain-bench-'));
  const servers = await Promise.all([
    launchServer({ path: found.value.path, folder: join(folder, 'a') }),
    launchServer({ path: found.value.path, folder: join(folder, 'b') }),
  ]);
  try {
    const [url, otherUrl] = servers.map((server) => {
      if (!server.ok) throw new Error(server.error);
      return server.value.url;
    });
    return [...(await measure(url!, otherUrl!)), ...(await backRows())];
  } finally {
    await Promise.all(servers.map((server) => server.ok && server.value.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: 'wire',
  question: 'what do actors over links over NATS cost, beside the raw client?',
  run,
};
