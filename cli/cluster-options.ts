/** What cluster an operator wants: the defaults, under a file, under the command line. */
import { readFileSync } from 'node:fs';
import { CLUSTER, readCluster, type Cluster } from '#config/cluster.ts';
import { continentOf, place, type Place } from '#protocols/subjects.ts';
import {
  membersOf,
  processesOfDrill,
  sharesOfDrill,
  sharesOfWorld,
  type Town,
} from './city/layout.ts';
import { Unfit } from './unfit.ts';

export type ClusterFlags = Partial<Cluster> & {
  readonly config?: string | undefined;
  /** No other city than that of `place`. */
  readonly alone?: boolean | undefined;
};

/** A cluster whose place is one. */
export type Wanted = Cluster & { readonly at: Place };

/** The cities of a cluster, that of `place` first. */
export const townsOf = (wanted: Wanted): readonly Town[] => [
  { at: wanted.at, members: membersOf(wanted.at, wanted) },
  ...wanted.cities.map((city, i) => {
    const at = place(city.place);
    return { at, members: membersOf(at, city, i + 1) };
  }),
];

/** The policy file of each city that has one: its own, or that of all. */
export function policyFilesOf(wanted: Wanted): ReadonlyMap<Place, string> {
  const { at, policy, cities } = wanted;
  const files = [[at, policy], ...cities.map((city) => [place(city.place), city.policy ?? policy])];
  return new Map(files.filter((each): each is [Place, string] => each[1] !== undefined));
}

export function wantedCluster({ config, alone, ...flags }: ClusterFlags): Wanted {
  const file = config === undefined ? {} : readFile(config);
  const single = alone === true ? { cities: [] } : {};
  const named: Partial<Cluster> = { ...file, ...given(flags), ...single };
  const parsed = CLUSTER.safeParse(named);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const name = path.join('.');
    const value = JSON.stringify((flags as Readonly<Record<string, unknown>>)[name]);
    throw new Unfit(`--${name} is ${value}, expected ${message}`);
  }
  const { drill, world, cities } = parsed.data;
  if (world && !drill) throw new Unfit('--world is of a drill, expected --drill as well');
  // What damages a city damages that of `place`.
  const others = { cities: drill && !world ? [] : cities };
  const wanted = { ...parsed.data, ...others, at: place(parsed.data.place) };
  const places = [wanted.at, ...wanted.cities.map((city) => city.place)];
  const twice = places.find((each, i) => places.indexOf(each) !== i);
  if (twice !== undefined)
    throw new Unfit(
      `${twice} is twice among the cities, expected each of them once; --alone leaves the others out`,
    );
  return drill ? fitForDrill(wanted, named.processes) : wanted;
}

/** Roles are apart: that takes a process for each delegate, for each continent's anchors, and some for the rest. */
function fitForDrill(wanted: Wanted, asked: number | undefined): Wanted {
  if (wanted.runs !== 'city') throw new Unfit(`a drill is for --runs city, not for ${wanted.runs}`);
  if (wanted.world) return fitForWorld(wanted, asked);
  const members = membersOf(wanted.at, wanted);
  const processes = asked ?? processesOfDrill(members);
  if (sharesOfDrill(members, processes) !== undefined) return { ...wanted, processes };
  throw new Unfit(
    `--processes is ${processes}, expected more for a drill: ${processesOfDrill(members)} is what it takes by itself`,
  );
}

function fitForWorld(wanted: Wanted, asked: number | undefined): Wanted {
  const towns = townsOf(wanted);
  const { length: processes } = sharesOfWorld(towns);
  if (new Set(towns.map(({ at }) => continentOf(at))).size < 2)
    throw new Unfit('there is one continent, expected cities on two or more for --world');
  if (asked === undefined || asked === processes) return { ...wanted, processes };
  throw new Unfit(`--processes is ${asked}, expected ${processes} for a drill of these cities`);
}

const given = (flags: Partial<Cluster>): object =>
  Object.fromEntries(
    Object.entries(flags).filter(([name, value]) => name in CLUSTER.shape && value !== undefined),
  );

function readFile(file: string): Cluster {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Unfit(`--config ${file} cannot be read: ${(error as Error).message}`);
  }
  const read = readCluster(source, file);
  if (!read.ok) throw new Unfit(read.error);
  return read.value;
}
