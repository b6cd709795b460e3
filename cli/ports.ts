/** HTTP ports, looked at before anything is started: a line for a person, not a crash later. */
import { freePorts, PORTS_MAX, whyTaken } from '#runtime/free-port.ts';
import type { Say } from './say.ts';
import { Unfit } from './unfit.ts';

/**
 * The first of `count` free ports in a row: `first` (0: any), or the next ones that are free. Whoever
 * named one by an option means that one.
 */
export async function apiPortFor(
  { apiPort: first, processes: count }: { readonly apiPort: number; readonly processes: number },
  isNamed: boolean,
  say: Say,
): Promise<number> {
  if (first === 0) return 0;
  const free = await freePorts(first, count);
  if (free === first) return first;
  const taken = isNamed || free === undefined ? await firstTaken(first, count) : '';
  if (isNamed) {
    const expected = `expected ${count} free ports from there on; 0 takes any`;
    throw new Unfit(`--api-port is ${first}, but ${taken}: ${expected}`);
  }
  if (free === undefined) {
    const last = first + PORTS_MAX - 1;
    throw new Unfit(`no ${count} ports in a row are free from ${first} to ${last}: ${taken}`);
  }
  say('api-port', `api: on ports from ${free} on, since ports from ${first} on are in use`, {
    port: free,
  });
  return free;
}

async function firstTaken(first: number, count: number): Promise<string> {
  for (let port = first; port < first + count; port++) {
    const why = await whyTaken(port);
    if (why !== undefined) return `${port} cannot be used (${why})`;
  }
  return 'some of them were in use just now';
}
