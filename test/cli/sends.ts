/**
 * A workload of one sender: texts of many lengths, some at once, and a line for the judge before each leaves
 * and after its call has ended (simulations/judge/sent.ts).
 */
import { appendFileSync } from 'node:fs';
import type { CityClient } from '#dapp/client.ts';
import { hex } from '#lib/bytes.ts';
import { nameText } from '#algorithms/identity.ts';
import { CityError } from '#protocols/errors.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { txIdOf } from '#protocols/transaction.ts';

/** How long a call may take: whoever waits longer is told that its outcome is not known. */
const WITHIN_MS = 60_000;
const AT_ONCE = 4;
/** The shortest and the longest that there can be, and what people write. */
const LENGTHS = [1, 280, 1_000, 64, 4_096, 140, 16_384, 512];

export interface Sends {
  readonly city: CityClient;
  readonly keys: NodeSecrets;
  readonly count: number;
  /** Where the judge will read. */
  readonly file: string;
  readonly ended: () => void;
}

export async function sendMany(sends: Sends): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < sends.count) await sendOne(sends, next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function sendOne({ city, keys, file, ended }: Sends, i: number): Promise<void> {
  const say = (line: object): void => appendFileSync(file, `${JSON.stringify(line)}\n`);
  const tx = city.compose(`${i} `.padEnd(LENGTHS[i % LENGTHS.length]!, '.'), { keys });
  const id = nameText(txIdOf(tx.cover.header));
  say({ sent: id, body: hex(tx.body) });
  try {
    const { state } = await city.send(tx, { withinMs: WITHIN_MS }).until('COMMITTED');
    say({ told: id, as: state });
  } catch (error) {
    // Anything but a typed error is a fault, and ends the workload.
    if (!(error instanceof CityError)) throw error;
    say({ told: id, as: error.word });
  }
  ended();
}
