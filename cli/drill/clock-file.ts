/** Where it says by how much the clock of a process of a drill is off: not in its own folder, which drills replace. */
import { join } from 'node:path';

export const clockFileOf = (data: string, id: string): string => join(data, 'up', `${id}.clock`);
