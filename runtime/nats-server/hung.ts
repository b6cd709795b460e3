/**
 * Whether a nats-server of ours still answers: a connection is kept with it, as its clients have, and
 * looked after as theirs are (nats-connection.ts). One that is frozen accepts connections, for its kernel
 * does, and says nothing; a client without another server to go to would wait for it for ever.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type ConnectionOptions, DIAL_MS_MAX, SILENT } from '../nats-connection.ts';

/** It is left after 3 s, as by every client of ours: with a launch that is back within 5. */
const OPTIONS: ConnectionOptions = { name: 'city-chain watch', credentials: {}, watchMs: 500 };
/** A dial takes a second and a half: one that fails may be bad luck, while the server comes up. */
const DIALS_MAX = 2;
const BETWEEN_MS = 100;

/** `hung` is called once, with the reason, unless the result is called before. `server` is `host:port`. */
export function watchServer(server: string, hung: (why: string) => void): () => void {
  const left = new AbortController();
  void watch(server, hung, left.signal);
  return () => left.abort();
}

async function watch(
  server: string,
  hung: (why: string) => void,
  left: AbortSignal,
): Promise<void> {
  for (let failed = 0; !left.aborted;) {
    const since = performance.now();
    const why = await oneConnection(server, left);
    // A dial that took twice its time says that we did not turn, and nothing of the server.
    const isOurs = performance.now() - since > 2 * DIAL_MS_MAX;
    failed = why === undefined && !isOurs ? failed + 1 : 0;
    if (left.aborted) return;
    if (why === SILENT || failed === DIALS_MAX) return hung(SILENT);
    await sleep(BETWEEN_MS);
  }
}

/** Why a connection ended, however long it lasted; `undefined` where there was none. */
async function oneConnection(server: string, left: AbortSignal): Promise<string | undefined> {
  const ended = Promise.withResolvers<string>();
  const dialled = await Connection.dial(server, OPTIONS, {
    ended: (_, why) => ended.resolve(why),
    lameDuck: () => undefined,
    forbidden: () => undefined,
    complained: () => undefined,
  });
  if (!dialled.ok) return undefined;
  const leave = (): void => dialled.value.end('left');
  if (left.aborted) leave();
  left.addEventListener('abort', leave, { once: true });
  return ended.promise.finally(() => left.removeEventListener('abort', leave));
}
