/** The memory wire keeps the contract of all wires. */
import { Hub } from '#runtime/hub.ts';
import { MemoryWire } from '#runtime/memory-wire.ts';
import { Manual } from '#test/runtime/manual.ts';
import { wireContract } from './wire.contract.ts';

wireContract('memory', async () => {
  const hub = new Hub();
  const world = new Manual();
  return {
    connect: async (observer) => new MemoryWire(hub, world.scheduler, observer),
    settle: async () => world.settle(),
    close: async () => undefined,
  };
});
