/**
 * Prometheus' own tool, for tests: named by PROMTOOL, on the path, in our cache, or brought there from the package
 * of the distribution without root, as a nats-server is (runtime/nats-server/obtain.ts).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { unpackPackage } from '#runtime/debian-package.ts';
import { cacheFolder } from '#runtime/user.ts';

export interface Promtool {
  readonly path: string;
  readonly version: string;
}

const toolFolder = (): string => join(cacheFolder(), 'prometheus');

/** Throws with what to type where it cannot be had. */
export async function obtainPromtool(): Promise<Promtool> {
  const found = find();
  if (found !== undefined) return found;
  if (process.platform === 'darwin') execFileSync('brew', ['install', 'prometheus']);
  else await unpackPackage('prometheus', toolFolder());
  const brought = find();
  if (brought !== undefined) return brought;
  throw new Error('no promtool could be obtained; type: sudo apt-get install prometheus');
}

function find(): Promtool | undefined {
  const named = process.env['PROMTOOL'];
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const places = [...folders, '/opt/homebrew/bin', join(toolFolder(), 'usr', 'bin')];
  const paths = [
    ...(named === undefined ? [] : [named]),
    ...places.map((at) => join(at, 'promtool')),
  ];
  for (const path of paths) {
    const { status, stdout, stderr } = spawnSync(path, ['--version'], { encoding: 'utf8' });
    const version = /promtool, version (\S+)/.exec(`${stdout}${stderr}`)?.[1];
    if (status === 0 && version !== undefined) return { path, version };
  }
  return undefined;
}
