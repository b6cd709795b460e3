/** Where it says by how much the clock of a process of a drill is off: not in its own folder, which drills replace. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';

export const clockFileOf = (data: string, id: string): string => join(data, 'up', `${id}.clock`);

/** A drill that ended while clocks were wrong has left nobody who would set them right. */
export function setClocksRight(data: string, processes: number): void {
  for (let i = 1; i <= processes; i++) rmSync(clockFileOf(data, `p${i}`), { force: true });
}
