/**
 * The embedded bus: a small core-NATS listener inside the process, on loopback, for machines without a
 * nats-server. Any NATS client of a second terminal or a DApp works with it; members of this process
 * share its hub without a socket. No clustering, no JetStream, no accounts: those are a server's.
 */
import { createServer, type AddressInfo, type Server } from 'node:net';
import { randomBytes } from 'node:crypto';
import type { Hub } from '../hub.ts';
import { Client, type ClientLimits } from './client.ts';
import { CONTROL_LINE_MAX } from './parser.ts';

export interface EmbeddedBus {
  readonly url: string;
  readonly port: number;
  readonly hub: Hub;
  readonly close: () => Promise<void>;
}

export interface BusOptions {
  /** 0 or absent: any free port. */
  readonly port?: number;
  readonly limits?: Partial<ClientLimits>;
  readonly clientsMax?: number;
  readonly pingMs?: number;
}

const LIMITS: ClientLimits = {
  payloadMax: 1024 * 1024,
  pendingMax: 16 * 1024 * 1024,
  subscriptionsMax: 10_000,
};
const CLIENTS_MAX = 512;
const PING_MS = 20_000;
const HOST = '127.0.0.1';

export async function startEmbeddedBus(hub: Hub, options: BusOptions = {}): Promise<EmbeddedBus> {
  const limits = { ...LIMITS, ...options.limits };
  const clients = new Set<Client>();
  let count = 0;
  const serverId = randomBytes(16).toString('hex').toUpperCase();
  const server: Server = createServer((socket) => {
    const client = new Client(socket, hub, limits, info(server, serverId, ++count, limits));
    clients.add(client);
    socket.once('close', () => clients.delete(client));
  });
  server.maxConnections = options.clientsMax ?? CLIENTS_MAX;
  await listening(server, options.port ?? 0);
  const pinging = setInterval(() => {
    for (const client of clients) client.ping();
  }, options.pingMs ?? PING_MS).unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: `nats://${HOST}:${port}`,
    port,
    hub,
    close: () => {
      clearInterval(pinging);
      for (const client of clients) client.close();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const listening = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });

function info(server: Server, serverId: string, clientId: number, limits: ClientLimits): string {
  return JSON.stringify({
    server_id: serverId,
    server_name: 'city-chain embedded bus',
    // What of the protocol is spoken is that of this version's core.
    version: '2.9.0',
    proto: 1,
    host: HOST,
    port: (server.address() as AddressInfo).port,
    headers: true,
    max_payload: limits.payloadMax,
    max_control_line: CONTROL_LINE_MAX,
    client_id: clientId,
  });
}
