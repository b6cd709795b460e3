/** A policy file, read: the policy, what to know about it, or every fault as text for a person. */
import { ok, type Result } from '#lib/result.ts';
import { locate } from '../document.ts';
import type { Policy } from '../policy.ts';
import { understand } from './aliases.ts';
import { compile } from './compile.ts';
import { POLICY_FILE, type PolicyFile } from './file.ts';

export interface PolicyRead {
  readonly file: PolicyFile;
  readonly policy: Policy;
  /** Names that were understood as other ones. */
  readonly notes: readonly string[];
  /** A sentence with the place of what it is about. */
  readonly about: (path: readonly PropertyKey[], what: string) => string;
}

export function readPolicy(source: string, file: string): Result<PolicyRead> {
  let notes: readonly string[] = [];
  const read = locate(source, file, POLICY_FILE, (written) => {
    const understood = understand(written);
    ({ notes } = understood);
    return understood;
  });
  if (!read.ok) return read;
  const { value, about } = read.value;
  return ok({ file: value, policy: compile(value), notes, about });
}

/** What an empty file means. */
export const DEFAULTS: Policy = compile(POLICY_FILE.parse({}));
