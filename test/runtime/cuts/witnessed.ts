/** A life of a program above witness.c. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { libraryOf } from '#test/power-cut/compiler.ts';

const LIBRARY = join(import.meta.dirname, 'witness.c');

/** What it asks the kernel for, as the witness writes it into `file`; its end is asserted. */
export async function witnessed(
  file: string,
  end: 'SIGKILL' | 'exit 0',
  program: string,
  ...args: readonly string[]
): Promise<string> {
  const witness = { LD_PRELOAD: libraryOf(LIBRARY), WITNESS: file };
  // A ring of calls that the kernel takes for itself would pass by the library.
  const env = { ...process.env, ...witness, UV_USE_IO_URING: '0', NODE_OPTIONS: '' };
  const ended = await new Promise<string>((resolve) => {
    const child = execFile(process.execPath, [program, ...args], { env }, (_, __, stderr) =>
      resolve(`${child.signalCode ?? `exit ${child.exitCode}`} ${stderr}`.trim()),
    );
  });
  expect(ended, `the end of ${program} ${args.join(' ')}`).toBe(end);
  return readFileSync(file, 'latin1');
}
