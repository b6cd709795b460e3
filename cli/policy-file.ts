/** Policy files on the disk: read, and written with single values set. */
import { readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import type { Policy } from '#config/policy.ts';
import { keyIn } from '#config/policy/aliases.ts';
import { readPolicy, type PolicyRead } from '#config/policy/read.ts';
import { valueIn, withValue, type Path } from '#config/edit.ts';
import { Unfit } from './unfit.ts';

/** The policy of a file; of none, the defaults. */
export const readPolicyFile = (file: string | undefined): PolicyRead =>
  file === undefined ? read('', 'the defaults') : read(textOf(file), file);

/** The policy of a file that can be read and is one; `undefined` where it is not. */
export function policyIn(file: string): Policy | undefined {
  try {
    return readPolicyFile(file).policy;
  } catch (error) {
    if (error instanceof Unfit) return undefined;
    throw error;
  }
}

/** Whoever reads a policy takes the defaults from it; a city that follows it takes it for a file that is being written. */
export const isEmpty = (file: string): boolean => textOf(file).trim() === '';

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Unfit(`${file} cannot be read: ${(error as Error).message}`);
  }
}

function read(source: string, file: string): PolicyRead {
  const policy = readPolicy(source, file);
  if (!policy.ok) throw new Unfit(policy.error);
  return policy.value;
}

export interface Made {
  readonly key: string;
  readonly before: string;
  readonly after: string;
}

/** All of the changes or none; the file is replaced in one step, so that nobody reads half of it. */
export function setInFile(file: string, changes: readonly string[]): Made[] {
  let source = textOf(file);
  const made: Made[] = [];
  for (const change of changes) {
    const [key, value] = parted(change);
    const path = keyIn(source, pathOf(key));
    const edited = withValue(source, path, value);
    if (!edited.ok) throw new Unfit(`${file}: ${key} cannot be set to '${value}': ${edited.error}`);
    made.push({ key: path.join('.'), before: shown(valueIn(source, path)), after: value });
    source = edited.value;
  }
  read(source, file);
  replace(file, source);
  return made;
}

const shown = (value: unknown): string => (value === undefined ? 'default' : JSON.stringify(value));

function parted(change: string): [key: string, value: string] {
  const at = change.indexOf('=');
  if (at > 0 && at < change.length - 1) return [change.slice(0, at), change.slice(at + 1)];
  throw new Unfit(`'${change.slice(0, 60)}' is no change, expected such as pieces.k=12`);
}

const pathOf = (key: string): Path =>
  key.split('.').map((part) => (/^\d{1,4}$/.test(part) ? Number(part) : part));

function replace(file: string, source: string): void {
  const there = realpathSync(file);
  const beside = `${there}.${process.pid}.new`;
  writeFileSync(beside, source, { mode: statSync(there).mode });
  renameSync(beside, there);
}
