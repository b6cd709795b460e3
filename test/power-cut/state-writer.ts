/**
 * The process whose power is cut: commits small state, eight at a time, two keys each, and says on its
 * standard output what was answered, as it is answered. `node state-writer.ts <directory> [hold]`
 */
import { writeSync } from 'node:fs';
import { put } from '#protocols/effect.ts';
import { openSmallState, type SmallState } from '#runtime/small-state/small-state.ts';

const [directory, mode] = process.argv.slice(2) as [string, string | undefined];
const say = (line: string): void => void writeSync(1, `${line}\n`);
const WRITERS = 8;
const COMMITS = 120;

openSmallState(directory, (opened) => {
  if (!opened.ok) return say(`unfit ${opened.error}`);
  say('open');
  if (mode === 'hold') return void setInterval(() => undefined, 1_000);
  for (let writer = 0; writer < WRITERS; writer++) write(opened.value, writer);
});

function write(store: SmallState, i: number): void {
  if (i >= COMMITS) return finish(store);
  const value = new Uint8Array(50 + 41 * (i % 100)).fill(i);
  store.commit([put(`a${i}`, value), put(`b${i}`, value)], (outcome) => {
    say(outcome.ok ? `kept ${i}` : `refused ${i} ${outcome.error}`);
    write(store, i + WRITERS);
  });
}

let finished = 0;
function finish(store: SmallState): void {
  if (++finished === WRITERS) store.close(() => say('closed'));
}
