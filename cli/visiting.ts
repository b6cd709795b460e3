/** A node of its own in a city, over the same links as any other, for as long as some work takes. */
import { hex } from '#lib/bytes.ts';
import { nodeAddress, type NodeAddress, type Place } from '#protocols/subjects.ts';
import { Links } from '#runtime/links/links.ts';
import { lifeFrom } from '#runtime/links/life.ts';
import type { Pool } from '#runtime/ports.ts';
import { System } from '#runtime/system.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { connectWire } from './connect.ts';

export interface Visit {
  readonly url: string;
  readonly city: Place;
  /** Where there is something heavy to compute. */
  readonly pool?: Pool;
}

export async function visiting<T>(
  { url, city, pool }: Visit,
  work: (system: System, node: NodeAddress) => Promise<T>,
): Promise<T> {
  const wire = await connectWire(url);
  const [clock, entropy] = [wallClock, systemEntropy()];
  const links = new Links(
    { wire, clock, turnEnd: eventLoop },
    { life: lifeFrom(clock.wall(), entropy) },
  );
  const ports = { clock, scheduler: eventLoop, entropy, carrier: links };
  const system = new System(pool === undefined ? ports : { ...ports, pool });
  try {
    const node = nodeAddress(city, `ask-${hex(entropy.bytes(8))}`);
    system.host(node);
    return await work(system, node);
  } finally {
    system.close();
    await wire.close();
  }
}
