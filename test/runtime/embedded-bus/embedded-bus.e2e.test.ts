/**
 * The embedded bus with the official client, and with clients that misbehave, over real sockets.
 */
import { connect, type Socket } from 'node:net';
import { connect as natsConnect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { startEmbeddedBus, type BusOptions, type EmbeddedBus } from '#runtime/embedded-bus/bus.ts';
import { Hub } from '#runtime/hub.ts';

const open: { readonly close: () => unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

async function bus(options?: BusOptions): Promise<EmbeddedBus> {
  const started = await startEmbeddedBus(new Hub(), options);
  open.push(started);
  return started;
}

async function client(to: EmbeddedBus): Promise<NatsConnection> {
  const connection = await natsConnect({ servers: to.url, reconnect: false });
  open.push(connection);
  return connection;
}

/** What a plain socket hears until `ends` says enough. */
function raw(
  to: EmbeddedBus,
  ends: (heard: string) => boolean,
): { readonly socket: Socket; readonly heard: Promise<string> } {
  const socket = connect(to.port, '127.0.0.1');
  open.push({ close: () => socket.destroy() });
  let text = '';
  const heard = new Promise<string>((resolve) => {
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (ends(text)) resolve(text);
    });
    socket.on('close', () => resolve(text));
    socket.on('error', () => resolve(text));
  });
  return { socket, heard };
}

describe('the embedded bus, with the official client', () => {
  it('publishes and subscribes, with wildcards, headers and queue groups', async () => {
    const at = await bus();
    const [a, b] = [await client(at), await client(at)];
    const heard: string[] = [];
    b.subscribe('x.*', {
      callback: (_, message) =>
        void heard.push(`one ${message.string()} ${message.headers?.get('k') ?? ''}`),
    });
    b.subscribe('x.>', { queue: 'q', callback: () => void heard.push('q') });
    b.subscribe('x.>', { queue: 'q', callback: () => void heard.push('q') });
    await b.flush();
    const with1 = headers();
    with1.set('k', 'v');
    a.publish('x.y', 'hello', { headers: with1 });
    a.publish('x.y.z', 'deep');
    await a.flush();
    await b.flush();
    expect(heard.toSorted()).toEqual(['one hello v', 'q', 'q']);
  });
  it('answers requests, and says at once when nobody listens', async () => {
    const at = await bus();
    const [a, b] = [await client(at), await client(at)];
    b.subscribe('ask', {
      callback: (_, message) => void message.respond(`re ${message.string()}`),
    });
    await b.flush();
    expect((await a.request('ask', 'x')).string()).toBe('re x');
    await expect(a.request('nobody', 'x', { timeout: 60_000 })).rejects.toThrow(/no responders/);
  });
  it('ends subscriptions after their last message, and drains', async () => {
    const at = await bus();
    const [a, b] = [await client(at), await client(at)];
    const heard: string[] = [];
    b.subscribe('n', { max: 2, callback: (_, message) => void heard.push(message.string()) });
    await b.flush();
    for (const n of ['1', '2', '3']) a.publish('n', n);
    await a.flush();
    await b.drain();
    expect(heard).toEqual(['1', '2']);
  });
  it('shares its hub with members of the process', async () => {
    const at = await bus();
    const a = await client(at);
    const heard: string[] = [];
    at.hub.listen({
      filter: 'in.>',
      queue: undefined,
      owner: {},
      take: ({ bytes }) => void heard.push(Buffer.from(bytes).toString()),
    });
    a.publish('in.x', 'from outside');
    await a.flush();
    expect(heard).toEqual(['from outside']);
  });
});

describe('the embedded bus, with clients that misbehave', () => {
  it('cuts who breaks the protocol, with a word, and nobody else', async () => {
    const at = await bus();
    const good = await client(at);
    for (const [says, word] of [
      ['JUMP\r\n', 'Unknown Protocol Operation'],
      ['PUB a 99999999\r\n', 'Maximum Payload Violation'],
      [`SUB ${'a'.repeat(10_000)} 1\r\n`, 'Maximum Control Line Exceeded'],
      ['SUB a..b 1\r\n', 'Invalid Subject'],
    ] as const) {
      const { socket, heard } = raw(at, () => false);
      socket.write(says);
      expect(await heard).toContain(`-ERR '${word}'`);
    }
    await good.flush();
    expect(good.isClosed()).toBe(false);
  });
  it('cuts who does not read before much waits, and serves the others', async () => {
    const at = await bus({ limits: { pendingMax: 256 * 1024 } });
    const [writer, reader] = [await client(at), await client(at)];
    const { socket, heard } = raw(at, (text) => text.includes('PONG'));
    socket.write('CONNECT {}\r\nSUB flood 1\r\nPING\r\n');
    await heard;
    socket.pause();
    const gone = new Promise((resolve) => socket.once('close', resolve));
    let got = 0;
    reader.subscribe('flood', { callback: () => void got++ });
    await reader.flush();
    const payload = new Uint8Array(64 * 1024);
    for (let i = 0; i < 400; i++) {
      writer.publish('flood', payload);
      if (i % 8 === 7) await writer.flush();
    }
    await writer.flush();
    await reader.flush();
    expect(got).toBe(400);
    socket.resume();
    await gone;
  });
  it('lets go of whoever does not answer pings', async () => {
    const at = await bus({ pingMs: 20 });
    const { heard } = raw(at, (text) => text.includes('Stale Connection'));
    expect(await heard).toContain("-ERR 'Stale Connection'");
  });
  it('refuses more subscriptions than it has room for', async () => {
    const at = await bus({ limits: { subscriptionsMax: 2 } });
    const { socket, heard } = raw(at, (text) => text.includes('PONG'));
    socket.write('CONNECT {"verbose":true}\r\nSUB a 1\r\nSUB b 2\r\nSUB c 3\r\nPING\r\n');
    const said = await heard;
    expect(said.match(/\+OK/g)?.length).toBe(3);
    expect(said).toContain("-ERR 'maximum subscriptions exceeded'");
  });
});
