/**
 * Carrying out a fault plan: each fault at its moment, each with its own end; `heal` ends all of them
 * at once, switches on what is off, and lets nothing of the plan happen any more.
 */
import { unreachable } from '#lib/assert.ts';
import type { Fault, FaultPlan, Shape } from './faults.ts';
import { CALM_WEATHER } from './network/weather.ts';
import type { Severs, Station } from './network/network.ts';
import { CALM_POOL } from './pool.ts';
import type { DiskImage, Machine } from './machine.ts';
import type { World } from './world.ts';

/** What a piece disk that fills up has room for: less than a segment. */
const LAST_BYTES = 32 * 1024;

/** Faults of a world from now on. The result heals it. */
export function inject(world: World, plan: FaultPlan): () => void {
  const injection = new Injection(world);
  world.network.weather = plan.weather;
  world.disturbance.isOn = true;
  for (const fault of plan.faults) injection.at(fault.atMs, () => injection.begin(fault));
  for (const fault of plan.faults) if (fault.do === 'old-disk') injection.remember(fault);
  return () => injection.heal();
}

class Injection {
  readonly #world: World;
  readonly #images = new Map<Fault, DiskImage>();
  #isOver = false;

  constructor(world: World) {
    this.#world = world;
  }

  at(inMs: number, run: () => void): void {
    this.#world.later(inMs, () => {
      if (!this.#isOver) run();
    });
  }

  remember(fault: Extract<Fault, { do: 'old-disk' }>): void {
    const machine = this.#machine(fault.machine);
    this.at(Math.max(0, fault.atMs - fault.agoMs), () => this.#images.set(fault, machine.image()));
  }

  begin(fault: Fault): void {
    this.#world.tell('world', 'fault', JSON.stringify(fault));
    this.#world.probe.sometimes(`fault: ${fault.do}`);
    switch (fault.do) {
      case 'kill':
      case 'power-cut':
      case 'blackout':
      case 'kill-storm':
      case 'pause':
      case 'leave':
        return this.#stop(fault);
      case 'lose-disk':
      case 'old-disk':
      case 'slow-disk':
      case 'failing-disk':
      case 'full-disk':
      case 'rot':
        return this.#spoilDisk(fault);
      case 'partition':
      case 'clog':
      case 'swizzle':
      case 'slow-link':
      case 'outage':
      case 'disconnect':
        return this.#disturbNetwork(fault);
      case 'crash':
      case 'slow-machine':
      case 'clock-jump':
      case 'clock-freeze':
        return this.#disturbProcess(fault);
      default:
        return unreachable(fault);
    }
  }

  heal(): void {
    this.#isOver = true;
    const { network, disturbance, machines } = this.#world;
    this.#world.tell('world', 'heals');
    disturbance.isOn = false;
    network.weather = CALM_WEATHER;
    network.heal();
    for (const machine of machines) {
      machine.diskHealth = 'calm';
      machine.poolFaults = CALM_POOL;
      machine.slowness = 1;
      machine.hardware.thaw();
      machine.resume();
      machine.stay();
      if (machine.state === 'down') machine.boot();
    }
  }

  #stop(
    fault: Extract<
      Fault,
      { do: 'kill' | 'power-cut' | 'blackout' | 'kill-storm' | 'pause' | 'leave' }
    >,
  ): void {
    switch (fault.do) {
      case 'kill':
        this.#machine(fault.machine).kill();
        return this.#bootLater(this.#machine(fault.machine), fault.downMs);
      case 'power-cut':
        this.#machine(fault.machine).powerCut();
        return this.#bootLater(this.#machine(fault.machine), fault.downMs);
      case 'blackout':
        for (const machine of this.#world.machines) {
          machine.powerCut();
          this.#bootLater(machine, fault.downMs);
        }
        return;
      case 'kill-storm':
        for (const [i, number] of fault.machines.entries()) {
          this.at(i * fault.everyMs, () => {
            this.#machine(number).kill();
            this.#bootLater(this.#machine(number), fault.downMs);
          });
        }
        return;
      case 'pause':
        this.#machine(fault.machine).pause();
        return this.at(fault.forMs, () => this.#machine(fault.machine).resume());
      case 'leave':
        return this.#leave(this.#machine(fault.machine), fault);
      default:
        return unreachable(fault);
    }
  }

  #leave(machine: Machine, { bytesMax, downMs }: Extract<Fault, { do: 'leave' }>): void {
    machine.leave();
    machine.pieces.bytesMax = bytesMax;
    this.at(downMs, () =>
      this.#when(
        () => machine.state === 'down',
        () => machine.boot(),
      ),
    );
  }

  #spoilDisk(
    fault: Extract<
      Fault,
      { do: 'lose-disk' | 'old-disk' | 'slow-disk' | 'failing-disk' | 'full-disk' | 'rot' }
    >,
  ): void {
    const machine = this.#machine(fault.machine);
    switch (fault.do) {
      case 'lose-disk':
      case 'old-disk':
        machine.powerCut();
        machine.restore(this.#images.get(fault));
        return this.#bootLater(machine, fault.downMs);
      case 'slow-disk':
        machine.diskHealth = 'slow';
        return this.at(fault.forMs, () => this.#calmDisk(machine));
      case 'failing-disk': {
        const { lives } = machine;
        machine.diskHealth = 'failing';
        const hasDied = (): boolean => machine.lives > lives || machine.state === 'down';
        return this.#when(hasDied, () => this.#calmDisk(machine));
      }
      case 'full-disk':
        machine.pieces.fill(LAST_BYTES);
        return this.at(fault.forMs, () => this.#calmDisk(machine));
      case 'rot':
        return machine.pieces.rot();
      default:
        return unreachable(fault);
    }
  }

  #calmDisk(machine: Machine): void {
    machine.diskHealth = 'calm';
  }

  #disturbNetwork(
    fault: Extract<
      Fault,
      { do: 'partition' | 'clog' | 'swizzle' | 'slow-link' | 'outage' | 'disconnect' }
    >,
  ): void {
    const { network } = this.#world;
    switch (fault.do) {
      case 'partition': {
        const { shape, side } = fault;
        const severs = severing(shape, new Set(side), network.stations.length);
        return this.at(fault.forMs, network.cut(severs));
      }
      case 'clog':
        return network.clog(
          this.#station(fault.from),
          this.#station(fault.to),
          fault.forMs * 1_000,
        );
      case 'swizzle':
        return this.#swizzle(fault);
      case 'slow-link': {
        const station = this.#station(fault.machine);
        station.slowness = fault.times;
        return this.at(fault.forMs, () => {
          station.slowness = 1;
        });
      }
      case 'outage':
        return network.outage(fault.forMs * 1_000);
      case 'disconnect':
        return network.disconnect(this.#station(fault.machine), fault.forMs * 1_000);
      default:
        return unreachable(fault);
    }
  }

  #swizzle({ machines, release, everyMs }: Extract<Fault, { do: 'swizzle' }>): void {
    const { network } = this.#world;
    const allMs = machines.length * everyMs;
    for (const [i, number] of machines.entries()) {
      const station = this.#station(number);
      const forMs = allMs - i * everyMs + (1 + release.indexOf(number)) * everyMs;
      this.at(i * everyMs, () => {
        for (const other of network.stations) {
          network.clog(station, other, forMs * 1_000);
          network.clog(other, station, forMs * 1_000);
        }
      });
    }
  }

  #disturbProcess(
    fault: Extract<Fault, { do: 'crash' | 'slow-machine' | 'clock-jump' | 'clock-freeze' }>,
  ): void {
    const machine = this.#machine(fault.machine);
    switch (fault.do) {
      case 'crash':
        for (let i = 0; i < fault.times; i++)
          this.at(i * fault.everyMs, () => crash(machine, fault.actors));
        return;
      case 'slow-machine':
        machine.slowness = fault.times;
        return this.at(fault.forMs, () => {
          machine.slowness = 1;
        });
      case 'clock-jump':
        return machine.hardware.jump(fault.byMs);
      case 'clock-freeze':
        machine.hardware.freeze();
        return this.at(fault.forMs, () => machine.hardware.thaw());
      default:
        return unreachable(fault);
    }
  }

  #bootLater(machine: Machine, inMs: number): void {
    this.at(inMs, () => {
      if (machine.state === 'down') machine.boot();
    });
  }

  #when(isSo: () => boolean, run: () => void): void {
    this.at(50, () => (isSo() ? run() : this.#when(isSo, run)));
  }

  #machine(number: number): Machine {
    return this.#world.machines[number]!;
  }

  #station(number: number): Station {
    return this.#machine(number).station;
  }
}

/** All at one moment, before any of them, or their supervisor, has its turn. */
function crash(machine: Machine, actors: readonly number[]): void {
  if (machine.state !== 'up') return;
  const all = machine.system.look();
  for (const place of actors) machine.system.stop(all[place % all.length]!.address, 'kill');
}

function severing(shape: Shape, side: ReadonlySet<number>, count: number): Severs {
  const [first] = side;
  const isApart: Severs = (from, to) => side.has(from.number) !== side.has(to.number);
  switch (shape) {
    case 'halves':
      return isApart;
    case 'one-way':
      return (from, to) => side.has(from.number) && !side.has(to.number);
    case 'bridge':
      return (from, to) => isApart(from, to) && from.number !== first && to.number !== first;
    case 'ring':
      return (from, to) => {
        const apart = Math.abs(from.number - to.number);
        return apart > 1 && apart < count - 1;
      };
    default:
      return unreachable(shape);
  }
}
