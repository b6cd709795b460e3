/**
 * The small HTTP side of a process: `/metrics`, `/healthz` (the process turns), `/readyz` (it can do
 * its work). Loopback unless told otherwise; slow or oversized requests are cut.
 *
 * Node's server is loaded by the first who connects: a process that nobody looks at is spared it, and the client that
 * Node loads with it (decision 300).
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Metrics } from './metrics.ts';

export interface HealthServer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

export interface HealthOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Why it is not ready; `undefined` when it is. */
  readonly unready: () => string | undefined;
}

const REQUEST_BYTES_MAX = 8 * 1024;

const CONNECTIONS_MAX = 64;

export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const open = new Set<Socket>();
  let served: Promise<Server> | undefined;
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // One that goes away before there is somebody to hear it.
    socket.on('error', () => socket.destroy());
    served ??= httpServer(options);
    void served.then((http) => http.emit('connection', socket));
  });
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      // It looks at its connections every now and then, until it is closed.
      (await served)?.close();
      await closed;
    },
  };
}

/** It listens nowhere, and is given connections; that it listened is what has it cut those that are slow. */
async function httpServer(options: HealthOptions): Promise<Server> {
  const http = await import('node:http');
  const server = http.createServer({ maxHeaderSize: REQUEST_BYTES_MAX }, (request, response) => {
    void answer(options, request, response);
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  server.maxHeadersCount = 64;
  server.emit('listening');
  return server;
}

async function answer(
  { metrics, unready }: HealthOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'only GET\n');
  switch (request.url) {
    case '/metrics':
      return metrics.text().then(
        (text) => send(200, text, metrics.contentType),
        (error: unknown) => send(500, `metrics could not be collected: ${String(error)}\n`),
      );
    case '/healthz':
      return send(200, 'ok\n');
    case '/readyz': {
      const why = unready();
      return why === undefined ? send(200, 'ready\n') : send(503, `${why}\n`);
    }
    default:
      return send(404, 'there are /metrics, /healthz and /readyz\n');
  }
}
