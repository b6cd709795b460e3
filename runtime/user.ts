/**
 * Whoever runs this, and folders of his. In a container that may be a number which has neither a name nor a home: what is
 * kept to be quick goes to the system's temporary folder then, and what must not be lost has to be named.
 */
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { attempt } from '#lib/attempt.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** For the record of who asked. */
export const userName = (): string =>
  attempt(() => userInfo().username) ?? `user-${process.getuid?.() ?? 'unknown'}`;

const home = (): string | undefined => attempt(homedir);

/** Of this project; what is in it can be had again. */
export const cacheFolder = (env: Environment = process.env): string =>
  join(env['XDG_CACHE_HOME'] ?? join(home() ?? tmpdir(), '.cache'), 'city-chain');

/** Of this project; nothing where he has no home and names none. */
export function configFolder(env: Environment = process.env): string | undefined {
  const at = home();
  const all = env['XDG_CONFIG_HOME'] ?? (at === undefined ? undefined : join(at, '.config'));
  return all === undefined ? undefined : join(all, 'city-chain');
}
