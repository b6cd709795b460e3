/**
 * A mirror at work: what its actor wants written goes to the sink, one batch at a time, and what became of it comes
 * back. Rows that the sink will never take are written down as dead letters, a line each.
 */
import { appendFileSync } from 'node:fs';
import type { CityClient } from '#dapp/client.ts';
import { Written } from '#protocols/mirror.messages.ts';
import type { Wanted } from '#protocols/mirror/mirror.ts';
import type { Say } from '../say.ts';
import type { Sink } from './sink.ts';

export interface Following {
  readonly sink: Sink;
  readonly cursor: number;
  /** Of dead letters. */
  readonly dead: string;
  readonly say: Say;
}

/** Until the signal is given; what is being written then is written. */
export async function follow(
  client: CityClient,
  { sink, cursor, dead, say }: Following,
  signal: AbortSignal,
): Promise<void> {
  const { city } = client;
  let writing: Promise<void> = Promise.resolve();
  const broken = Promise.withResolvers<never>();
  const write = async ({ batch, rows, cursor: next }: Extract<Wanted, { what: 'write' }>) => {
    const began = performance.now();
    const wrote = await sink.write(rows, { city, next });
    const tookMs = Math.round(performance.now() - began);
    if (wrote.outcome === 'written') {
      say('mirror', `${city}: ${rows.length} rows written, up to ${next}`, {
        city,
        rows: rows.length,
        cursor: next,
        tookMs,
      });
    } else {
      say(`mirror-${wrote.outcome}`, `${city}: the sink is ${wrote.outcome}: ${wrote.why}`, {
        city,
        why: wrote.why,
      });
    }
    mirroring.tell(Written.of({ batch, outcome: wrote.outcome, tookMs }));
  };
  const bury = ({ row }: Extract<Wanted, { what: 'bury' }>): void => {
    appendFileSync(dead, `${JSON.stringify(row)}\n`);
    say('mirror-dead', `a dead letter: ${row.tx_id}, in ${dead}`, { txId: row.tx_id });
  };
  const mirroring = client.mirror(cursor, (wanted) => {
    if (wanted.what === 'bury') bury(wanted);
    else writing = write(wanted).catch(broken.reject);
  });
  const asked = new Promise<void>((stop) => {
    if (signal.aborted) stop();
    else signal.addEventListener('abort', () => stop());
  });
  try {
    await Promise.race([asked, broken.promise]);
  } finally {
    mirroring.end();
    await writing;
  }
}
