/**
 * What Prometheus and Grafana are given: the rules do what they say, tried by Prometheus' own tool, and rules and
 * dashboard read nothing but what a running city exports.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { LAYERS } from '#protocols/figures.ts';
import type { SloStatus } from '#protocols/slo.messages.ts';
import { ran, Running, type Line } from '#test/cli/command.ts';
import { selectedIn, type Selected } from './expressions.ts';
import { obtainPromtool } from './promtool.ts';

const FOLDER = 'config/prometheus';
/** A city that just came up has no holders yet, and figures come when their actors have their turn. */
const PATIENT = { timeout: 120_000, interval: 500 };
const ENV = { NATS_URL: '' };
const is = (event: string) => (line: Line) => line.event === event;

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
}
const rules = (
  parse(readFileSync(join(FOLDER, 'rules.yaml'), 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[];
  }
).groups.flatMap((group) => group.rules);

const dashboard = JSON.parse(readFileSync('config/grafana/city.json', 'utf8')) as {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
};
const shown = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

describe('the rules', () => {
  it('do what they say, just below their bounds and just above', async () => {
    const { path } = await obtainPromtool();
    const tried = (...args: string[]): string => execFileSync(path, args, { encoding: 'utf8' });
    expect(tried('check', 'config', join(FOLDER, 'prometheus.yaml'))).toContain('SUCCESS');
    expect(tried('test', 'rules', join(FOLDER, 'rules.test.yaml'))).toContain('SUCCESS');
  });
  it('are each tried', () => {
    const tests = readFileSync(join(FOLDER, 'rules.test.yaml'), 'utf8');
    const untried = rules.flatMap(({ alert }) =>
      alert === undefined || tests.includes(`alertname: ${alert}`) ? [] : [alert],
    );
    expect(untried).toEqual([]);
  });
});

/** Series of all processes: the metric's name with its labels. */
class Exported {
  readonly #series: readonly {
    readonly metric: string;
    readonly labels: string;
    readonly value: number;
  }[];

  constructor(text: string) {
    const lines = text.matchAll(/^([a-zA-Z_:][\w:]*)(\{[^\n]*\})? (\S+)$/gm);
    this.#series = Array.from(lines, ([, metric, labels = '', value]) => ({
      metric: metric!,
      labels,
      value: Number(value),
    }));
  }

  has({ metric, labels }: Selected): boolean {
    return this.#series.some(
      (each) =>
        each.metric === metric &&
        labels.every(([label, word]) => each.labels.includes(`${label}="${word}"`)),
    );
  }

  sum(metric: string, labels = ''): number {
    return this.#series
      .filter((each) => each.metric === metric && each.labels.includes(labels))
      .reduce((sum, { value }) => sum + value, 0);
  }
}

/** What a command prints that does what it is told. */
async function done(...args: readonly string[]): Promise<string> {
  const { code, text, errors } = await ran(args, ENV);
  expect(code, errors).toBe(0);
  return text;
}

describe('a running city', () => {
  let folder: string;
  let cluster: Running;
  let apis: readonly string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'city-chain-metrics-'));
    const [file, data] = [join(folder, 'policy.yaml'), join(folder, 'data')];
    writeFileSync(
      file,
      'pieces: { light_unique: 12 }\nack_rule: { margin: 6 }\nrepair: { start_at: 18 }\n',
    );
    const city = [
      '--delegates',
      '4',
      '--lights',
      '12',
      '--processes',
      '2',
      '--policy',
      file,
      '--alone',
    ];
    const ports = ['--nats', 'embedded', '--bus-port', '0', '--api-port', '0'];
    cluster = new Running(['up', '--json', ...city, ...ports, '--data', data], ENV);
    await cluster.line(is('ready'));
    const sent = await vi.waitFor(() => done('send', 'kept', '--data', data, '--json'), PATIENT);
    const id = /"(?:id|txId|tx)": ?"([a-z2-7]{52})"/.exec(sent)![1]!;
    await vi.waitFor(() => done('get', id, '--data', data, '--json'), PATIENT);
    const looks = await done('top', '--once', '--json', '--data', data);
    const named = looks.matchAll(/"api": ?"(http:[^"]+)"/g);
    apis = [...new Set(Array.from(named, ([, api]) => api!))];
  });
  afterAll(async () => {
    cluster.child.kill('SIGKILL');
    await cluster.ended;
    rmSync(folder, { recursive: true, force: true });
  });

  /** What all processes export, when it is as it must be. */
  const exportedOnce = (holds: (exported: Exported) => void): Promise<void> =>
    vi.waitFor(async () => {
      const texts = apis.map(async (api) => (await fetch(`${api}/metrics`)).text());
      holds(new Exported((await Promise.all(texts)).join('\n')));
    }, PATIENT);

  it('tells how its reads and writes do', async () => {
    type Told = Pick<SloStatus, 'reads' | 'writes'>;
    await vi.waitFor(async () => {
      const live = await done('slo', 'live', '--data', join(folder, 'data'), '--json');
      const all = JSON.parse(live) as readonly Told[];
      expect(all).toHaveLength(4);
      const seen = (kind: keyof Told): number =>
        all.reduce((sum, { [kind]: { slowLong } }) => sum + slowLong.good + slowLong.bad, 0);
      // A client that hears nothing for long asks another delegate, who sees it as well.
      expect(Math.min(seen('reads'), seen('writes'))).toBeGreaterThanOrEqual(1);
    }, PATIENT);
  });
  it('exports whatever the rules and the dashboard read', async () => {
    const recorded = new Set(rules.flatMap(({ record }) => record ?? []));
    await exportedOnce((exported) => {
      const unknown = [...rules.map(({ expr }) => expr), ...shown].flatMap((expression) =>
        selectedIn(expression)
          .filter((selected) => !recorded.has(selected.metric) && !exported.has(selected))
          .map(({ metric, labels }) => `${metric} ${labels.join(' ')} of ${expression}`),
      );
      expect(unknown).toEqual([]);
    });
  });
  it('measures each layer that a transaction went through, and what was waited for', async () => {
    await exportedOnce((exported) => {
      const silent = LAYERS.filter(
        (layer) => exported.sum('dag_layer_latency_seconds_count', `layer="${layer}"`) === 0,
      );
      expect(silent).toEqual([]);
      for (const metric of [
        'poh_ack_latency_count',
        'online_pieces_count',
        'city_chain_send_seconds_count',
        'city_chain_read_seconds_count',
        'city_chain_wait_seconds_count',
        'city_chain_slo_judged_total',
        'city_chain_ordered_total',
      ])
        expect(exported.sum(metric), metric).toBeGreaterThan(0);
      expect(exported.sum('p_light', 'continent="asia"')).toBeGreaterThan(0);
      expect(exported.sum('anchor_fill')).toBeGreaterThan(0);
      expect(exported.sum('light_fill')).toBeGreaterThan(0);
      expect(exported.sum('city_chain_policy_version', 'which="newest"')).toBe(2);
    });
  });
});
