/** What cluster an operator wants: the defaults, under a file, under the command line. */
import { readFileSync } from 'node:fs';
import { CLUSTER, readCluster, type Cluster } from '#config/cluster.ts';
import { place, type Place } from '#protocols/subjects.ts';
import { Unfit } from './unfit.ts';

export type ClusterFlags = Partial<Cluster> & { readonly config?: string | undefined };

/** A cluster whose place is one. */
export type Wanted = Cluster & { readonly at: Place };

export function wantedCluster({ config, ...flags }: ClusterFlags): Wanted {
  const file = config === undefined ? {} : readFile(config);
  const parsed = CLUSTER.safeParse({ ...file, ...given(flags) });
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const name = path.join('.');
    const value = JSON.stringify((flags as Readonly<Record<string, unknown>>)[name]);
    throw new Unfit(`--${name} is ${value}, expected ${message}`);
  }
  return { ...parsed.data, at: place(parsed.data.place) };
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
