/**
 * A process that keeps things, for as long as it lives: pieces in the store of a node, and small values, over the disk as
 * every process of a city does. It says what it asks for before it asks, and that it was answered, at its standard
 * output: so whoever writes down its calls has both in one order.
 *
 *   node recorder.ts <folder> <life> <of> <actions>
 *
 * Of several lives all but the last end in the middle of things, by `kill -9`.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { millis } from '#protocols/ids.ts';
import { HostedPieces } from '#runtime/pieces/hosted-pieces.ts';
import { openSmallState, type SmallState } from '#runtime/small-state/small-state.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { SMALL } from '#test/contract/piece-values.ts';
import { seeded } from '../manual.ts';
import { KEYS, pieceOf, smallValueOf } from './kept.ts';
import { NODE } from './node.ts';

const AT_ONCE = 4;
const EXPIRES_AT = millis(4_000_000_000_000);

const say = (...words: readonly (string | number)[]): void =>
  void writeSync(1, `${words.join(' ')}\n`);

async function main(folder: string, life: number, of: number, actions: number): Promise<void> {
  const random = seeded(life + 1);
  const store = await new Promise<SmallState>((resolve, reject) =>
    openSmallState(join(folder, 'p1'), (opened) =>
      opened.ok ? resolve(opened.value) : reject(new Error(opened.error)),
    ),
  );
  const hosted = new HostedPieces({
    folder: join(folder, 'pieces'),
    optionsOf: () => SMALL,
    report: () => undefined,
    clock: wallClock,
    scheduler: eventLoop,
    entropy: systemEntropy(),
  });
  const pieces = hosted.of(NODE);
  const under = new Set<string>();
  const act = (i: number, done: () => void): void => {
    const [what, key] = [random.below(10), `tx${random.below(KEYS)}`];
    if (under.has(key)) return done();
    under.add(key);
    const version = life * actions + i;
    const word = what < 5 ? 'put' : what < 7 ? 'drop' : 'keep';
    say('?', word, key, version);
    const answered = (ok: boolean): void => {
      under.delete(key);
      if (ok) say('!', word, key, version);
      done();
    };
    if (word === 'put')
      pieces.put({ key, value: pieceOf(key), expiresAt: EXPIRES_AT }, ({ ok }) => answered(ok));
    else if (word === 'drop') pieces.drop(key, ({ ok }) => answered(ok));
    else store.commit([{ key, value: smallValueOf(key, version) }], ({ ok }) => answered(ok));
  };
  const left = Array.from({ length: actions }, (_, i) => i);
  const lane = async (): Promise<void> => {
    for (let i = left.shift(); i !== undefined; i = left.shift())
      await new Promise<void>((done) => act(i!, done));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  if (life + 1 < of) process.kill(process.pid, 'SIGKILL');
  await hosted.close();
  await new Promise<void>((closed) => store.close(closed));
}

const [folder, ...numbers] = process.argv.slice(2);
const [life, of, actions] = numbers.map(Number) as [number, number, number];
await main(folder!, life, of, actions);
