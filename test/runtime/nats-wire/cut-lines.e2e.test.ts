/** A wire whose server says everything in pieces, and at last something that is not NATS. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Watched } from './watched.ts';

const PATIENT = { timeout: 60_000, interval: 5 };
const INFO = { version: '2.11.0', max_payload: 1_048_576, headers: true };

let server: Server;
let socket: Socket | undefined;
/** What the wire has said. */
let said = '';

beforeEach(async () => {
  [socket, said] = [undefined, ''];
  server = createServer((came) => {
    socket = came;
    came.setNoDelay(true).write(`INFO ${JSON.stringify(INFO)}\r\n`);
    came.on('error', () => undefined);
    came.on('data', (bytes: Buffer) => {
      const isGreeted = said.includes('PING\r\n');
      said += bytes.toString('latin1');
      // The greeting's last line comes with the beginning of the next, which the client then has begun.
      if (!isGreeted && said.includes('PING\r\n')) came.write('PONG\r\nPI');
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

it('hears messages however they are cut, and leaves a server that does not speak NATS', async () => {
  const { port } = server.address() as AddressInfo;
  const a = await Watched.open({ url: `nats://127.0.0.1:${port}` });
  const heard = a.hear('x');
  await vi.waitFor(() => expect(said).toMatch(/SUB x 1\r\n/), PATIENT);
  const say = async (piece: string, until: () => void): Promise<void> => {
    socket!.write(piece);
    await vi.waitFor(until, PATIENT);
  };
  await say('NG\r\nMSG x 1 5\r\nfirst\r\n', () => expect(heard).toEqual(['first']));
  await vi.waitFor(() => expect(said).toMatch(/PONG\r\n/), PATIENT);
  await say('MSG x 1 6\r\nsecond\r\nMSG x', () => expect(heard).toHaveLength(2));
  await say(' 1 5\r\nthird\r\nHMSG x 1 12 ', () => expect(heard).toHaveLength(3));
  await say('18\r\nNATS/1.0\r\n\r\nfourth\r\nMSG x 2 0\r\n\r\nMSG x 1 5\r\nfi', () =>
    expect(heard).toHaveLength(4),
  );
  await say('fth\r\nMSG x 1 5\r\nsixth\r\n+OK\r\n', () => expect(heard).toHaveLength(6));
  expect(heard).toEqual(['first', 'second', 'third', 'fourth', 'fifth', 'sixth']);
  await say('MSG x 1 5\r\nbroken\r\nMSG x 1 4\r\nlost\r\n', () =>
    expect(a.states).toContain('down'),
  );
  expect(heard).toHaveLength(6);
  expect(a.details.at(-1)).toBe('the server sent what is not NATS');
  await a.wire.close();
});
