/** What the two processes of the wire bench say to each other, and how each joins the wire. */
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { catalogue, bytes, count, message, type Infer } from '#protocols/codec.ts';
import {
  address,
  nodeAddress,
  place,
  type Address,
  type NodeAddress,
} from '#protocols/subjects.ts';
import { Links } from '#runtime/links/links.ts';
import { NatsWire } from '#runtime/nats-wire.ts';
import type { Observer } from '#runtime/ports.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { System } from '#runtime/system.ts';
import { endOfTurn, eventLoop, wallClock } from '#runtime/wall-clock.ts';

const komatsu = place('asia.ishikawa.komatsu');
export const NEAR: NodeAddress = nodeAddress(komatsu, 'near');
export const FAR: NodeAddress = nodeAddress(komatsu, 'far');
export const sink = (i: number): Address => address(FAR, 'sink', i);
export const ECHO: Address = address(FAR, 'echo');

/** With its number the body of a tell is as long as the raw client's payload: 256 bytes. */
export const PAYLOAD_BYTES = 256;
export const Tell = message('bench.tell', { n: count(2 ** 32), filling: bytes(0, 4_096) });
export const Go = message('bench.go', { count: count(100_000), isReliable: count(1) });
export const TALK = catalogue(Tell, Go);
export type Talk = Infer<typeof TALK>;
export const FILLING = new Uint8Array(PAYLOAD_BYTES - 9).fill(7);

export const RAW_SINK = 'bench.raw.sink';
export const RAW_ECHO = 'bench.raw.echo';

/** One process's end: the raw client, and actors over links over our wire. */
export interface End {
  readonly raw: NatsConnection;
  readonly wire: NatsWire;
  readonly links: Links;
  readonly system: System;
}

export async function join(url: string, coalesces: boolean, observer: Observer = {}): Promise<End> {
  const raw = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const opened = await NatsWire.open({ url, observer });
  if (!opened.ok) throw new Error(opened.error);
  const wire = opened.value;
  const life = wallClock.wall() * 1_000;
  const ports = { wire, clock: wallClock, turnEnd: endOfTurn, observer };
  const links = new Links(ports, { life, coalesces });
  const [clock, scheduler, entropy] = [wallClock, eventLoop, systemEntropy()];
  const system = new System({ clock, scheduler, entropy, carrier: links, observer });
  return { raw, wire, links, system };
}

export async function leave({ raw, wire, links, system }: End): Promise<void> {
  system.close();
  links.close();
  await wire.close();
  await raw.close();
}
