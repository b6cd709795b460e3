/**
 * What ends a server when whoever launched it is gone, however that went: a shell that reads from a pipe which nobody
 * writes to. A process that ends closes its pipes, also after a `kill -9` and on every system; the shell reads the end of it,
 * and kills.
 *
 *   launcher ── pipe ──> sh: read; kill -9 <server>
 *       '── server ends first --> the shell is killed, before its number can be another's
 */
import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/** To be called at once after a launch. The result takes the guard away. */
export function guardServer(pid: number): () => void {
  const shell = spawn('/bin/sh', ['-c', `read -r _; kill -9 ${pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A group of its own: what is sent to that of its launcher, and ends that, must not end the guard.
    detached: true,
  });
  // Where there is no shell, a server outlives a launcher that was killed; all else is as before.
  shell.on('error', () => undefined);
  // One that could not be given a pipe has none.
  (shell.stdin as Writable | undefined)?.on('error', () => undefined);
  shell.unref();
  return () => void shell.kill('SIGKILL');
}
