/** Directories that tests may fill, and that are gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Scratch {
  readonly path: string;
  readonly remove: () => void;
}

export function scratch(): Scratch {
  const path = mkdtempSync(join(tmpdir(), 'city-chain-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
