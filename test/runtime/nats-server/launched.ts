/** A nats-server for tests: found or brought, and launched, or the test fails with what to type. */
import { launchServer, type RunningServer } from '#runtime/nats-server/launch.ts';
import { obtainServer } from '#runtime/nats-server/obtain.ts';

export async function obtained(): Promise<string> {
  const server = await obtainServer(process.env);
  if (!server.ok) throw new Error(server.error);
  return server.value.path;
}

export async function launched(folder: string, port?: number): Promise<RunningServer> {
  const launch = { path: await obtained(), folder, ...(port === undefined ? {} : { port }) };
  const server = await launchServer(launch);
  if (!server.ok) throw new Error(server.error);
  return server.value;
}
