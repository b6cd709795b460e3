/**
 * A process as its operator sees it: metrics, health and traces over real sockets. Method: a small
 * system that does known things, and the figures it must then show.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { catalogue, count, message, type Infer } from '#protocols/codec.ts';
import { end, NOTHING } from '#protocols/effect.ts';
import { address, nodeAddress, place } from '#protocols/subjects.ts';
import { anyActor } from '#runtime/actor.ts';
import { makeExporter } from '#runtime/seen/otlp.ts';
import { serveHealth } from '#runtime/seen/health.ts';
import { citiesOf } from '#runtime/seen/cities.ts';
import { makeMetrics, observers } from '#runtime/seen/metrics.ts';
import { System } from '#runtime/system.ts';
import { Manual, seeded } from '../manual.ts';

const Say = message('test.say', { n: count(9) });
const TALK = catalogue(Say);
type Talk = Infer<typeof TALK>;
const node = nodeAddress(place('asia.ishikawa.komatsu'), 'n1');

function counted() {
  const manual = new Manual();
  const metrics = makeMetrics({ process: 'p1' }, citiesOf([node]));
  const seen: string[] = [];
  const observer = observers(metrics.observer, { ended: (_, __, how) => seen.push(how) });
  const { clock, scheduler } = manual;
  const system = new System({ clock, scheduler, entropy: seeded(1), observer });
  metrics.show(system);
  for (const instance of [1, 2, 3]) {
    system.spawn(
      anyActor<null, Talk, Talk>({
        address: address(node, 'holder', instance),
        listens: TALK,
        start: () => [null, NOTHING],
        receive: (_, input) => {
          if (input.kind === 'test.say' && input.n === 9) throw new Error('nine');
          return [null, input.kind === 'test.say' && input.n === 8 ? [end()] : NOTHING];
        },
      }),
    );
  }
  const say = (instance: number, n: number) =>
    system.send(address(node, 'holder', instance), Say.of({ n }));
  for (const n of [1, 2, 9]) say(1, n);
  say(2, 1);
  manual.settle();
  say(1, 1);
  say(2, 99);
  return { metrics, system, seen, manual };
}

describe('metrics', () => {
  it('count by role, not by actor', async () => {
    const { metrics, seen, system } = counted();
    system.send(address(node, 'holder', 2), Say.of({ n: 1 }));
    const text = await metrics.text();
    const value = (name: string, labels: string) =>
      new RegExp(`^${name}\\{${labels}process="p1"\\} (\\d+)$`, 'm').exec(text)?.[1];
    expect(value('city_chain_actors_handled_total', 'role="holder",')).toBe('4');
    expect(value('city_chain_actors_started_total', 'role="holder",')).toBe('3');
    expect(value('city_chain_actors_failed_total', 'role="holder",')).toBe('1');
    expect(value('city_chain_actors', 'role="holder",')).toBe('2');
    expect(value('city_chain_mailbox_messages', 'role="holder",')).toBe('1');
    expect(value('city_chain_dead_letters_total', 'role="holder",why="no-such-actor",')).toBe('1');
    expect(value('city_chain_dead_letters_total', 'role="holder",why="malformed",')).toBe('1');
    expect(value('city_chain_malformed_total', '')).toBe('1');
    expect(text).not.toContain('komatsu.');
    expect(seen).toEqual(['crashed']);
  });
});

describe('health', () => {
  it('answers metrics, health and readiness, and nothing else', async () => {
    const { metrics } = counted();
    let why: string | undefined = 'the wire is down';
    const server = await serveHealth({ host: '127.0.0.1', port: 0, metrics, unready: () => why });
    const get = async (path: string, method = 'GET') => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
      return [response.status, (await response.text()).split('\n')[0]];
    };
    expect(await get('/healthz')).toEqual([200, 'ok']);
    expect(await get('/readyz')).toEqual([503, 'the wire is down']);
    why = undefined;
    expect(await get('/readyz')).toEqual([200, 'ready']);
    expect((await get('/metrics'))[0]).toBe(200);
    expect((await get('/'))[0]).toBe(404);
    expect((await get('/metrics', 'POST'))[0]).toBe(405);
    await server.close();
  });
});

describe('traces', () => {
  const span = {
    who: address(node, 'holder'),
    kind: 'test.say',
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    startedAt: 1_700_000_000_000 as never,
    tookMs: 0.0125,
    hasFailed: false,
  };

  it('reach a collector as OTLP, under the trace of whoever began', async () => {
    const bodies: string[] = [];
    const collector = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
      request.on('end', () => response.end('{}'));
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const { port } = collector.address() as AddressInfo;
    const exporter = makeExporter(`http://127.0.0.1:${port}`, 'city-chain');
    exporter.observer.span!(span);
    await exporter.close();
    collector.closeAllConnections();
    collector.close();
    const [{ scopeSpans }] = JSON.parse(bodies.join('')).resourceSpans;
    expect(scopeSpans[0].spans).toMatchObject([
      {
        traceId: 'a'.repeat(32),
        parentSpanId: 'b'.repeat(16),
        name: 'test.say',
        startTimeUnixNano: '1700000000000000000',
        endTimeUnixNano: '1700000000000012500',
        status: { code: 1 },
      },
    ]);
  });

  it('are dropped and counted when no collector is there', async () => {
    const exporter = makeExporter('http://127.0.0.1:1', 'city-chain');
    exporter.observer.span!(span);
    await exporter.close();
    expect(exporter.dropped()).toBe(1);
  });
});
