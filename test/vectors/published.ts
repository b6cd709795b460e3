/**
 * Published known answers. The small tables of the suites are typed in; whatever the folder named by
 * CITY_CHAIN_VECTORS holds runs as well, and each suite says how many cases of each it ran. The
 * files are large, other people's, and stay where they are.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unhex } from '#lib/bytes.ts';

const folder = process.env['CITY_CHAIN_VECTORS'] ?? '';
if (folder !== '' && !existsSync(folder)) {
  throw new Error(`CITY_CHAIN_VECTORS=${folder}: there is no such folder`);
}

/** The cases of a file, read by `cases`; none when there is no folder, or no such file in it. */
export function published<File, Case>(
  name: string,
  cases: (file: File) => readonly Case[],
): readonly Case[] {
  if (folder === '') return [];
  const path = join(folder, name);
  if (!existsSync(path)) return [];
  return cases(JSON.parse(readFileSync(path, 'utf8')) as File);
}

/** What ran, for whoever reads the log: `ed25519: 3 typed in, 5 from rfc8032_ed25519.json`. */
export function tell(suite: string, counts: Readonly<Record<string, number>>): void {
  const parts = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  const missing = folder === '' ? ' (CITY_CHAIN_VECTORS is not set)' : '';
  console.log(`${suite}: ${parts.join(', ')}${missing}`);
}

/** The bytes of a vector file's hexadecimal, whose well-formedness is the file's business. */
export function bytesOf(text: string): Uint8Array {
  const bytes = unhex(text);
  if (bytes === undefined) throw new TypeError(`not hexadecimal: ${text.slice(0, 40)}`);
  return bytes;
}
