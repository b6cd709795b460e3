/**
 * A browser without windows, for tests: named by CHROMIUM, on the path, in our cache, or brought there from the packages of
 * the distribution without root, as a nats-server is (runtime/nats-server/obtain.ts).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { unpackWithDependencies } from '#runtime/debian-package.ts';
import { cacheFolder } from '#runtime/user.ts';

export interface Browser {
  readonly path: string;
  readonly version: string;
  /** What it takes to start it. */
  readonly env: Readonly<Record<string, string>>;
}

const PACKAGE = 'chromium-headless-shell';
const NAMES = [PACKAGE, 'chromium', 'chromium-browser', 'google-chrome'];
const AT_HOME = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

const browserFolder = (): string => join(cacheFolder(), 'chromium');

/** Throws with what to type where it cannot be had. */
export async function obtainBrowser(): Promise<Browser> {
  const found = find();
  if (found !== undefined) return found;
  if (process.platform === 'linux') await unpackWithDependencies(PACKAGE, browserFolder());
  const brought = find();
  if (brought !== undefined) return brought;
  throw new Error(`no browser could be obtained; type: sudo apt-get install ${PACKAGE}`);
}

function find(): Browser | undefined {
  const named = process.env['CHROMIUM'];
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const own = join(browserFolder(), 'usr', 'lib', 'chromium', PACKAGE);
  const paths = [...(named === undefined ? [] : [named]), ...onPath, AT_HOME].filter(existsSync);
  for (const path of paths) {
    const version = versionOf(path, {});
    if (version !== undefined) return { path, version, env: {} };
  }
  if (!existsSync(own)) return undefined;
  const env = unpackedEnv(browserFolder());
  const version = versionOf(own, env);
  return version === undefined ? undefined : { path: own, version, env };
}

/** Where what was unpacked beside it lies. */
function unpackedEnv(folder: string): Readonly<Record<string, string>> {
  const libraries = globSync(join(folder, 'usr', 'lib', '*-linux-gnu*', '**', '*.so*'));
  const fonts = join(folder, 'etc', 'fonts', 'fonts.conf');
  return {
    LD_LIBRARY_PATH: [...new Set(libraries.map(dirname))].join(delimiter),
    ...(existsSync(fonts) ? { FONTCONFIG_FILE: fonts } : {}),
  };
}

function versionOf(path: string, env: Readonly<Record<string, string>>): string | undefined {
  const asked = spawnSync(path, ['--version'], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return /\b(\d+\.\d+\.\d+\.\d+)\b/.exec(asked.stdout ?? '')?.[1];
}
