/**
 * The small HTTP side of a process: `/metrics`, `/healthz` (the process turns), `/readyz` (it can do
 * its work). Loopback unless told otherwise; slow or oversized requests are cut.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
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

export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const server = createServer({ maxHeaderSize: REQUEST_BYTES_MAX }, (request, response) => {
    void answer(options, request, response);
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  server.maxHeadersCount = 64;
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
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
