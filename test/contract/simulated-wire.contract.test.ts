/** The simulated wire keeps the contract of all wires, in fair weather. */
import { place } from '#protocols/subjects.ts';
import { Network } from '#simulations/network/network.ts';
import { SimulatedWire } from '#simulations/network/wire.ts';
import { Random } from '#simulations/random.ts';
import { ownerOf, Timeline } from '#simulations/timeline.ts';
import { wireContract } from './wire.contract.ts';

wireContract('simulated', async () => {
  const timeline = new Timeline();
  const network = new Network(timeline, Random.of(1));
  const cities = ['asia.ishikawa.komatsu', 'europe.hesse.frankfurt'].map(place);
  return {
    connect: async (observer) => {
      const { length } = network.stations;
      const station = network.station(`p${length}`, cities[length % cities.length]!);
      return new SimulatedWire(network, station, ownerOf(station.name), observer);
    },
    settle: async () => {
      while (timeline.step());
    },
    close: async () => undefined,
  };
});
