/** HTTP ports that are asked for, looked at before anything is started: a line for a person, not a crash later. */
import { createServer } from 'node:net';
import { Unfit } from './unfit.ts';

/** That `count` ports from `first` are free just now; 0 takes any. */
export async function wantFreePorts(first: number, count: number): Promise<void> {
  if (first === 0) return;
  const ports = Array.from({ length: count }, (_, i) => first + i);
  const why = await Promise.all(ports.map(whyNot));
  const i = why.findIndex((each) => each !== undefined);
  if (i === -1) return;
  const expected = `expected ${count} free ports from there on; 0 takes any`;
  throw new Unfit(
    `--api-port is ${first}, but ${ports[i]!} cannot be used (${why[i]!}): ${expected}`,
  );
}

const whyNot = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      resolve(code === 'EADDRINUSE' ? 'in use' : message),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
