/**
 * What of prom-client is used here: four of its modules. Its front door brings HTTP, TLS, OpenTelemetry and sketches of
 * quantiles along, 15 MB of a light's memory for parts that nobody here uses (docs/decisions/0380). The version is exact, and
 * test/runtime/seen sees it if one of them moves.
 */
import { createRequire } from 'node:module';
import type * as client from 'prom-client';

type Client = typeof client;
const part = createRequire(import.meta.url);

export const Counter = part('prom-client/lib/counter.js') as Client['Counter'];
export const Gauge = part('prom-client/lib/gauge.js') as Client['Gauge'];
export const Histogram = part('prom-client/lib/histogram.js') as Client['Histogram'];
export const Registry = part('prom-client/lib/registry.js') as Client['Registry'];

export type Counter<T extends string = string> = client.Counter<T>;
export type Gauge<T extends string = string> = client.Gauge<T>;
export type Registry = client.Registry;
