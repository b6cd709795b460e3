/**
 * The straits of a drill: each continent has a bus of its own, joined to that of the first city's continent by a line that can
 * be cut. A continent that is parted from the others goes on for itself: its processes hear each other, and nobody else.
 *
 *   processes of asia --> bus of asia <==(line)== bus of europe <-- processes of europe
 *
 * A line stays cut as long as one of the continents at its ends is parted.
 */
import type { Cluster, Continent } from '#config/cluster.ts';
import { freePorts } from '#runtime/free-port.ts';
import type { Bus } from '#runtime/bus.ts';
import { openClusterBus } from '../connect.ts';
import type { Say } from '../say.ts';
import { Unfit } from '../unfit.ts';
import { Line } from './line.ts';

/** Where the first looks for a port at which it lets others join. */
const JOINT_PORT = 17_222;

interface Shore {
  readonly bus: Pick<Bus, 'url' | 'close'>;
  readonly line: Pick<Line, 'cut' | 'mend' | 'close'>;
}

export class Straits {
  /** Of the first continent: what commands and the others join. */
  readonly first: Bus;
  readonly #home: string;
  readonly #shores: ReadonlyMap<string, Shore>;
  readonly #parted = new Set<string>();

  constructor(first: Bus, home: string, shores: ReadonlyMap<string, Shore>) {
    this.first = first;
    this.#home = home;
    this.#shores = shores;
  }

  urlOf(continent: string): string {
    return this.#shores.get(continent)?.bus.url ?? this.first.url;
  }

  has(continent: string): boolean {
    return continent === this.#home || this.#shores.has(continent);
  }

  part(continent: string): void {
    this.#parted.add(continent);
    this.#set();
  }

  rejoin(continent: string): void {
    this.#parted.delete(continent);
    this.#set();
  }

  async close(): Promise<void> {
    for (const { line, bus } of this.#shores.values()) {
      line.close();
      await bus.close();
    }
    await this.first.close();
  }

  #set(): void {
    for (const [continent, { line }] of this.#shores) {
      if (this.#parted.has(continent) || this.#parted.has(this.#home)) line.cut();
      else line.mend();
    }
  }
}

/** Of these continents, the first of which is where the others join. */
export async function openStraits(
  cluster: Pick<Cluster, 'nats' | 'busPort'>,
  [home, ...others]: readonly Continent[],
  data: string,
  say: Say,
): Promise<Straits> {
  const port = await freePorts(JOINT_PORT);
  if (port === undefined) throw new Unfit(`no port from ${JOINT_PORT} on is free for the straits`);
  const first = await openClusterBus(cluster, data, say, { joint: { accepts: port } });
  const shores = new Map<string, Shore>();
  const straits = new Straits(first, home!, shores);
  if (first.kind !== 'nats-server') {
    await straits.close();
    throw new Unfit(`continents are parted between nats-servers of their own; ${first.line}`);
  }
  for (const each of others) {
    const line = await Line.open(`nats-leaf://127.0.0.1:${port}`);
    const own = { joint: { joins: line.url }, name: each };
    const bus = await openClusterBus({ nats: cluster.nats, busPort: 0 }, data, say, own);
    shores.set(each, { bus, line });
  }
  return straits;
}
