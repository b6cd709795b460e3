/**
 * What anybody was told is COMMITTED stays so, whoever is killed: processes, each with a delegate and its share of
 * the holders, and the nats-server, while two applications send. Afterwards the judge reads the disks.
 *
 * `CITY_CHAIN_SENDS` says how many transactions; the more, the more is killed.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { utf8 } from '#lib/bytes.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { freshSecrets } from '#cli/city/key-file.ts';
import { connect, type CityClient } from '#dapp/client.ts';
import { obtainServer } from '#runtime/nats-server/obtain.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { readDisks } from '#simulations/judge/disks.ts';
import { judge, type Found } from '#simulations/judge/judge.ts';
import type { NodePieces } from '#simulations/judge/pieces.ts';
import { readSent, type Sent } from '#simulations/judge/sent.ts';
import { Running, type Line } from './command.ts';
import { sendMany } from './sends.ts';

const SENDS = Number(process.env['CITY_CHAIN_SENDS'] ?? 120);
/** A process or the server dies each time so many calls have ended, in turn, and not near the end. */
const KILL_EACH = 18;
const CITY = 'asia.ishikawa.komatsu';
const VICTIMS = ['p2', 'bus', 'p3', 'p1', 'p4'] as const;

let folder: string;
let data: string;
let cluster: Running;
const clients: CityClient[] = [];

type Plant = (found: Found, sent: readonly Sent[]) => readonly [Found, readonly Sent[]];
const NOTHING_HELD = { held: new Map(), damaged: 0 };

/** What the judge must see, by what it says of it. */
const PLANTS: Readonly<Record<string, Plant>> = {
  'pieces, and': (found, sent) => [
    { ...found, disks: new Map([...found.disks].map(([node]) => [node, NOTHING_HELD])) },
    sent,
  ],
  'acknowledged, and not on the disk': (found, sent) => {
    const [[node]] = [...found.disks] as [[NodeAddress, NodePieces]];
    return [{ ...found, disks: new Map([...found.disks, [node, NOTHING_HELD]]) }, sent];
  },
  'committed at 2 of 4': (found, sent) => {
    const [one, another] = [...found.ledgers];
    return [{ ...found, ledgers: new Map([one!, another!]) }, sent];
  },
  'its pieces bring back something else': (found, sent) => [
    found,
    sent.map((each) => ({ ...each, body: each.body.with(0, each.body[0]! ^ 1) })),
  ],
  'told REJECTED, and committed': (found, sent) => [
    found,
    sent.map((each) => ({ ...each, told: ['REJECTED'] })),
  ],
  'has not ended': (found, sent) => [found, sent.map((each) => ({ ...each, told: [] }))],
  'no quorum': (found, sent) => [
    { ...found, genesis: { ...found.genesis, network: utf8('another') } },
    sent,
  ],
  '1 of asia does not hold': (found, sent) => [
    { ...found, above: { ...found.above!, world: { ...found.above!.world, network: utf8('x') } } },
    sent,
  ],
};

beforeAll(async () => {
  expect((await obtainServer(process.env)).ok).toBe(true);
  folder = mkdtempSync(join(tmpdir(), 'city-chain-kills-'));
  data = join(folder, 'data');
  const ports = ['--api-port', '0', '--bus-port', '0'];
  cluster = new Running(['up', '--json', '--show', ...ports, '--data', data], { NATS_URL: '' });
});

afterAll(async () => {
  for (const each of clients) await each.close();
  cluster.child.kill('SIGKILL');
  await cluster.ended;
  rmSync(folder, { recursive: true, force: true });
});

const starts = (victim: string): readonly Line[] =>
  cluster.lines.filter(({ event, process: name }) =>
    victim === 'bus' ? event === 'bus' || event === 'bus-restart' : name === victim,
  );

/** The newest of it; its successor is awaited, so that one at a time is dead. */
async function killAndAwait(victim: string): Promise<void> {
  const before = starts(victim);
  process.kill(before.at(-1)!['pid'] as number, 'SIGKILL');
  await cluster.line(() => starts(victim).length > before.length);
}

it('loses nothing that anybody was told is committed', { timeout: 1_800_000 }, async () => {
  const first = await cluster.line((line) => line.event?.startsWith('first') === true);
  expect(first.event, first.text).toBe('first');
  const url = cluster.lines.find(({ event }) => event === 'bus')!['url'] as string;
  const file = join(folder, 'sent.jsonl');
  writeFileSync(file, '');
  const killings: Promise<void>[] = [];
  let killing = Promise.resolve();
  let calls = 0;
  const ended = (): void => {
    calls++;
    if (calls % KILL_EACH !== 0 || calls > SENDS - KILL_EACH) return;
    const victim = VICTIMS[killings.length % VICTIMS.length]!;
    killing = killing.then(() => killAndAwait(victim));
    killings.push(killing);
  };
  const count = Math.ceil(SENDS / 2);
  for (let i = 0; i < 2; i++) clients.push(await connect({ nats: url, city: CITY }));
  await Promise.all(
    clients.map((city) =>
      sendMany({ city, keys: freshSecrets(systemEntropy()), count, file, ended }),
    ),
  );
  await Promise.all(killings);
  expect(killings.length).toBeGreaterThan(0);
  // Whoever was killed last has caught up once the city keeps something while everybody is there.
  const [city] = clients as [CityClient];
  const keys = freshSecrets(systemEntropy());
  await sendMany({ city, keys, count: 8, file, ended: () => undefined });

  cluster.child.kill('SIGTERM');
  expect(await cluster.ended).toMatchObject({ code: 0 });
  const found = readDisks(data);
  const sent = readSent(readFileSync(file, 'utf8'));
  const report = judge(found, sent);
  console.log(JSON.stringify({ ...report, kills: killings.length }));
  expect(report.faults).toEqual([]);
  expect(report.faultsAbove).toEqual([]);
  expect(report.sent).toBe(2 * count + 8);
  expect(report.told['COMMITTED']).toBeGreaterThan(count);
  expect(report.kept).toBe(report.told['COMMITTED']);
  for (const [what, plant] of Object.entries(PLANTS)) {
    const [planted, said] = plant(found, sent);
    const { faults: own, faultsAbove } = judge(planted, said);
    const faults = [...own, ...faultsAbove].map((fault) => fault.what);
    expect(faults.join('\n'), what).toContain(what);
  }
});
