/**
 * Ports of this machine that are free just now, on loopback. Whoever finds one may still lose it to
 * somebody faster: to listen is the only proof.
 */
import { createServer } from 'node:net';

/** How far is looked for one: a hundred clusters on one machine. */
export const PORTS_MAX = 100;

/** Why nobody can listen there; `undefined` where one can. */
export const whyTaken = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      resolve(code === 'EADDRINUSE' ? 'in use' : message),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });

/** The first of `count` free ports in a row, at `first` or above. */
export async function freePorts(first: number, count = 1): Promise<number | undefined> {
  let free = 0;
  const end = Math.min(first + PORTS_MAX, 65_536);
  for (let port = first; port < end; port++) {
    free = (await whyTaken(port)) === undefined ? free + 1 : 0;
    if (free === count) return port - count + 1;
  }
  return undefined;
}
