/**
 * An edit of the policy file of a running city, in real processes: in force everywhere at one height, without a
 * restart; one that is wrong changes nothing and is said.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ran, Running, type Line } from './command.ts';

const PATIENT = { timeout: 120_000, interval: 200 };

let folder: string;
const running: Running[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'city-chain-policy-'))));
afterEach(async () => {
  for (const each of running.splice(0)) {
    each.child.kill('SIGKILL');
    await each.ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

const SMALL = `pieces: { light_unique: 12 }
ack_rule: { margin: 6 } # of a city this small
repair: { start_at: 18 }
`;
const is = (event: string) => (line: Line) => line.event === event;

function up(policy: string, data: string): Running {
  const city = [
    '--delegates',
    '4',
    '--lights',
    '12',
    '--processes',
    '2',
    '--policy',
    policy,
    '--alone',
  ];
  const ports = ['--nats', 'embedded', '--bus-port', '0', '--api-port', '0'];
  const started = new Running(['up', '--json', ...city, ...ports, '--data', data], {
    NATS_URL: '',
  });
  running.push(started);
  return started;
}

interface PolicyOfCity {
  readonly delegates: readonly { readonly version: number; readonly refused?: string }[];
}

interface Fact {
  readonly node?: string;
  readonly version?: number;
  readonly digest?: string;
  readonly fromHeight?: number;
  readonly fault?: string;
}

/** So many facts of a topic, from now on: when this is there, the bus knows who listens. */
async function facts(
  url: string,
  topic: string,
  count: number,
): Promise<{ readonly all: Promise<readonly Fact[]> }> {
  const bus = await connect({ servers: url });
  const subscription = bus.subscribe(`cc1.note.asia.ishikawa.komatsu.${topic}`, { max: count });
  await bus.flush();
  const read = async (): Promise<readonly Fact[]> => {
    const found: Fact[] = [];
    for await (const message of subscription)
      found.push(message.json<{ fact?: Fact } & Fact>().fact ?? message.json<Fact>());
    await bus.close();
    return found;
  };
  return { all: read() };
}

/** What a process of the cluster says of the policy to Prometheus: two delegates live in each. */
async function metricsOf(data: string): Promise<() => Promise<Record<string, number>>> {
  const { text } = await ran(['top', '--once', '--json', '--data', data], { NATS_URL: '' });
  const api = /"api": ?"(http:[^"]+)"/.exec(text)![1]!;
  return async () => {
    const shown = await (await fetch(`${api}/metrics`)).text();
    const values = shown.matchAll(
      /^city_chain_policy_(\w+)\{city="[^"]+",(?:which="(\w+)",)?[^}]*\} (\d+)$/gm,
    );
    return Object.fromEntries(
      Array.from(values, ([, what, which, value]) => [which ?? what, Number(value)]),
    );
  };
}

describe('an edit of the policy of a running city', () => {
  it('is in force at one height on all delegates; a wrong one changes nothing and is said', async () => {
    const [file, data] = [join(folder, 'policy.yaml'), join(folder, 'data')];
    writeFileSync(file, SMALL);
    const cluster = up(file, data);
    const bus = await cluster.line(is('bus'));
    await cluster.line(is('ready'));
    const url = bus['url'] as string;

    const metrics = await metricsOf(data);
    const shows = (what: object): Promise<void> =>
      vi.waitFor(async () => expect(await metrics()).toMatchObject(what), PATIENT);
    await shows({ oldest: 1, newest: 1, refused: 0 });
    const changed = await facts(url, 'policy', 4);
    const wrong = await facts(url, 'policy.refused', 4);
    expect((await ran(['policy', 'set', file, 'pieces.k=9'])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('# of a city this small');
    const all = await changed.all;
    expect(all.map(({ version }) => version)).toEqual([2, 2, 2, 2]);
    expect(new Set(all.map(({ digest }) => digest)).size).toBe(1);
    expect(new Set(all.map(({ fromHeight }) => fromHeight)).size).toBe(1);

    // At once: a file that is being written says something else for a moment.
    writeFileSync(`${file}.new`, 'pieces: { k: nine }\n');
    renameSync(`${file}.new`, file);
    const refused = await wrong.all;
    expect(new Set(refused.map(({ node }) => node)).size).toBe(4);
    expect(refused.map(({ fault }) => fault)).toEqual(['unread', 'unread', 'unread', 'unread']);
    await vi.waitFor(async () => {
      const asked = ['policy', 'status', '--data', data, '--json'];
      const { code, text } = await ran(asked, { NATS_URL: '' });
      expect(code).toBe(0);
      const [status, ...others] = JSON.parse(text) as readonly PolicyOfCity[];
      expect(others).toEqual([]);
      expect(status).toMatchObject({ version: 2, digest: all[0]!.digest });
      expect(status!.delegates.map(({ version }) => version)).toEqual([2, 2, 2, 2]);
      for (const each of status!.delegates)
        expect(each.refused).toMatch(/policy.yaml:1:14: pieces.k is "nine"/);
    }, PATIENT);
    await shows({ oldest: 2, newest: 2, refused: 2 });
    expect(cluster.child.exitCode).toBeNull();
    cluster.child.kill('SIGTERM');
    expect(await cluster.ended).toMatchObject({ code: 0 });
  });
});
