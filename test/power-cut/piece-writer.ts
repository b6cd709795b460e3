/**
 * The process whose power is cut: puts pieces, eight at a time, drops some, and says on its standard
 * output what was answered, as it is answered. `node piece-writer.ts <directory> [hold]`
 */
import { writeSync } from 'node:fs';
import { millis } from '#protocols/ids.ts';
import { openDisk } from '#runtime/disk.ts';
import { openPieces } from '#runtime/pieces/open.ts';
import type { Pieces } from '#runtime/pieces/pieces.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { SMALL, valueOf } from '#test/contract/piece-values.ts';
import { seeded } from '#test/runtime/manual.ts';

const [directory, mode] = process.argv.slice(2) as [string, string | undefined];
const say = (line: string): void => void writeSync(1, `${line}\n`);
const WRITERS = 8;
const PUTS = 160;

const disk = openDisk(directory);
const ports = { disk, clock: wallClock, scheduler: eventLoop, entropy: seeded(5) };
openPieces(ports, { ...SMALL, report: (event) => say(`${event.kind}`) }, (opened) => {
  if (!opened.ok) return say(`unfit ${opened.error}`);
  say('open');
  if (mode === 'hold') return void setInterval(() => undefined, 1_000);
  for (let writer = 0; writer < WRITERS; writer++) write(opened.value, writer);
});

/** Puts every eighth piece; drops every fifth of them again. */
function write(pieces: Pieces, i: number): void {
  if (i >= PUTS) return finish(pieces);
  const key = `tx${i}`;
  const expiresAt = millis(wallClock.wall() + 1e9);
  pieces.put({ key, value: valueOf(key, 300 + 37 * (i % 90)), expiresAt }, (put) => {
    say(put.ok ? `kept ${key}` : `refused ${key} ${put.why}`);
    if (i % 5 !== 0) return write(pieces, i + WRITERS);
    say(`dropping ${key}`);
    pieces.drop(key, (dropped) => {
      say(dropped.ok ? `gone ${key}` : `refused ${key}`);
      write(pieces, i + WRITERS);
    });
  });
}

let finished = 0;
function finish(pieces: Pieces): void {
  if (++finished < WRITERS) return;
  pieces.close(() => disk.close(() => say('closed')));
}
