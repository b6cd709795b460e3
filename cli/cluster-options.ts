/** What cluster an operator wants: the defaults, under a file, under the command line. */
import { readFileSync } from 'node:fs';
import { CLUSTER, readCluster, type Cluster } from '#config/cluster.ts';
import { place, type Place } from '#protocols/subjects.ts';
import { membersOf, processesOfDrill, sharesOfDrill } from './city/layout.ts';
import { Unfit } from './unfit.ts';

export type ClusterFlags = Partial<Cluster> & { readonly config?: string | undefined };

/** A cluster whose place is one. */
export type Wanted = Cluster & { readonly at: Place };

export function wantedCluster({ config, ...flags }: ClusterFlags): Wanted {
  const file = config === undefined ? {} : readFile(config);
  const named: Partial<Cluster> = { ...file, ...given(flags) };
  const parsed = CLUSTER.safeParse(named);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const name = path.join('.');
    const value = JSON.stringify((flags as Readonly<Record<string, unknown>>)[name]);
    throw new Unfit(`--${name} is ${value}, expected ${message}`);
  }
  const wanted = { ...parsed.data, at: place(parsed.data.place) };
  return wanted.drill ? fitForDrill(wanted, named.processes) : wanted;
}

/** Roles are apart: that takes a process for each delegate, for each continent's anchors, and some for the rest. */
function fitForDrill(wanted: Wanted, asked: number | undefined): Wanted {
  if (wanted.runs !== 'city') throw new Unfit(`a drill is for --runs city, not for ${wanted.runs}`);
  const members = membersOf(wanted.at, wanted);
  const processes = asked ?? processesOfDrill(members);
  if (sharesOfDrill(members, processes) !== undefined) return { ...wanted, processes };
  throw new Unfit(
    `--processes is ${processes}, expected more for a drill: ${processesOfDrill(members)} is what it takes by itself`,
  );
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
