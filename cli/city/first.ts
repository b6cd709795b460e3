/** The first transaction of a city that was brought up here, up to the globe: that it works, seen by whoever started it. */
import { connect, type CityClient } from '#dapp/client.ts';
import { CityError } from '#protocols/errors.ts';
import type { Place } from '#protocols/subjects.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import type { Say } from '../say.ts';
import { wayOf } from '../way.ts';
import { freshSecrets } from './key-file.ts';

const TEXT = 'The first transaction of this city.';
/** Nodes log in, a list is frozen: a few seconds on a small machine. */
const WITHIN_MS = 60_000;
const AGAIN_MS = 200;

/** The list of a city that just came up may still be short. */
async function untilThereAreHolders(signal: AbortSignal, send: () => Promise<void>): Promise<void> {
  for (let left = WITHIN_MS; ; left -= AGAIN_MS) {
    try {
      return await send();
    } catch (error) {
      const isEarly = error instanceof CityError && error.word === 'NOT_ENOUGH_HOLDERS';
      if (!isEarly || left <= 0 || signal.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** `signal`: whoever brought the city up stops it again, and waits for nothing. */
export async function sendFirst(
  nats: string,
  city: Place,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  let client: CityClient | undefined;
  try {
    client = await connect({ nats, city, withinMs: WITHIN_MS, signal });
    const connected = client;
    const keys = freshSecrets(systemEntropy());
    await untilThereAreHolders(signal, async () => {
      const sent = connected.submit(TEXT, { keys, until: 'GLOBE', withinMs: WITHIN_MS, signal });
      const { txId } = sent;
      const { line, ms } = await wayOf(sent, (way, state) => {
        if (state === 'COMMITTED') say('first', way.line, { txId, ms: way.ms });
      });
      say('rooted', line, { txId, ms });
    });
  } catch (error) {
    if (!(error instanceof CityError)) throw error;
    if (signal.aborted) return;
    say('first-failed', `the first transaction: ${error.word}: ${error.message} ${error.advice}`);
  } finally {
    await client?.close();
  }
}
