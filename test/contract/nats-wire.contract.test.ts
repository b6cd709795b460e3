/** The NATS wire keeps the contract of all wires: over a real nats-server, and over the embedded bus. */
import { afterAll, beforeAll } from 'vitest';
import { startEmbeddedBus } from '#runtime/embedded-bus/bus.ts';
import { Hub } from '#runtime/hub.ts';
import { NatsWire } from '#runtime/nats-wire.ts';
import type { Observer } from '#runtime/ports.ts';
import { launched } from '#test/runtime/nats-server/launched.ts';
import type { RunningServer } from '#runtime/nats-server/launch.ts';
import { scratch, type Scratch } from '#test/scratch.ts';
import { wireContract, type Bus } from './wire.contract.ts';

/** Participants of a bus that others brought up; `close` ends them and whatever was brought up for them. */
function participants(url: string, close: () => Promise<void>): Bus {
  const wires: NatsWire[] = [];
  return {
    connect: async (observer: Observer) => {
      const opened = await NatsWire.open({ url, observer });
      if (!opened.ok) throw new Error(opened.error);
      wires.push(opened.value);
      return opened.value;
    },
    // What a server took from one, then what it had for the others, then their answers to it.
    settle: async () => {
      for (const wire of [...wires, ...wires, ...wires]) await wire.flush();
    },
    close: async () => {
      for (const wire of wires) await wire.close();
      await close();
    },
  };
}

let server: RunningServer;
let folder: Scratch;
beforeAll(async () => {
  folder = scratch();
  server = await launched(folder.path);
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

wireContract('nats-server', async () => participants(server.url, async () => undefined));

wireContract('nats, embedded bus', async () => {
  const bus = await startEmbeddedBus(new Hub());
  return participants(bus.url, bus.close);
});
