/** The command's ways to a bus, with one line for a person where there is none. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '#config/cluster.ts';
import { openBus, type Bus } from '#runtime/bus.ts';
import { NatsWire } from '#runtime/nats-wire.ts';
import type { Joint } from '#runtime/nats-server/launch.ts';
import type { Observer } from '#runtime/ports.ts';
import { makeLog } from '#runtime/seen/log.ts';
import type { Say } from './say.ts';
import { Failed, Unfit } from './unfit.ts';

export async function connectWire(url: string, observer: Observer = {}): Promise<NatsWire> {
  const wire = await NatsWire.open({ url, observer });
  if (!wire.ok) throw new Failed(wire.error);
  return wire.value;
}

/** One of the buses of a cluster that are one together: how it is joined to the others, and what it is called beside the first. */
export interface Joined {
  readonly joint: Joint;
  readonly name?: string;
}

/**
 * The bus of a cluster that is brought up here; says which it is, and when it had to be restarted. The
 * folder is the caller's alone.
 */
export async function openClusterBus(
  { nats, busPort: port }: Pick<Cluster, 'nats' | 'busPort'>,
  data: string,
  say: Say,
  { joint, name = '' }: Partial<Joined> = {},
): Promise<Bus> {
  const folder = join(data, 'nats', name);
  const log = makeLog((line) => appendFileSync(join(data, 'bus.log'), line), Date.now);
  const opened = await openBus({ nats, env: process.env, folder, port, joint, log });
  if (!opened.ok) throw new Unfit(opened.error);
  const bus = opened.value;
  const { url, kind, pid } = bus;
  say('bus', bus.line, { url, kind, ...(pid === undefined ? {} : { pid }) });
  bus.onRestart(({ why, pid: now }) => {
    say('bus-restart', `bus: the server ended (${why}) and is back, pid ${now}`, { pid: now });
  });
  return bus;
}
