/**
 * A clock that is wrong on purpose: its wall clock is off by as many milliseconds as a file says, forwards or back, and
 * right where there is no file. Only a drill has such a file (`up --drill`); what a process does then is what it
 * would do on a machine whose clock was set wrong, and set right again.
 *
 * The monotonic clock is that of the machine: no jump moves it.
 */
import { readFileSync } from 'node:fs';
import { millis } from '#protocols/ids.ts';
import type { Clock } from './ports.ts';
import { watchFile } from './watched-file.ts';

export interface ShiftedClock {
  readonly clock: Clock;
  readonly stop: () => void;
}

/** `shifted` hears by how much it is off from now on. */
export function shiftedClock(
  clock: Clock,
  file: string,
  shifted: (byMs: number) => void,
): ShiftedClock {
  // Who begins on such a machine has its time from the beginning.
  let byMs = shiftIn(textOf(file));
  if (byMs !== 0) shifted(byMs);
  const { stop } = watchFile(file, (said) => {
    const now = shiftIn(said.is === 'text' ? said.text : '');
    if (now === byMs) return;
    byMs = now;
    shifted(byMs);
  });
  return { clock: { ...clock, wall: () => millis(Math.max(0, clock.wall() + byMs)) }, stop };
}

/** What is no whole number shifts nothing. */
function shiftIn(text: string): number {
  const value = Number(text.trim());
  return Number.isSafeInteger(value) ? value : 0;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
