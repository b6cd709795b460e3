/**
 * What a browser is given to verify proofs: nothing that it imports, directly or not, needs Node, opens anything, or is
 * anything else than this project, the noble packages and zod (which reads policies, and runs anywhere).
 */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const importsOf = (file: string): string[] =>
  [
    ...readFileSync(file, 'utf8').matchAll(/^(?:import|export)(?! type)[^;]*? from '([^']+)';/gms),
  ].map(([, from]) => from!);

const PORTABLE = /^(@noble\/|zod$)/;

/** Files of the project, and what else they import. */
function closureOf(entry: string): { readonly files: string[]; readonly others: string[] } {
  const files = new Set([entry]);
  const others = new Set<string>();
  for (const file of files) {
    for (const from of importsOf(file)) {
      if (from.startsWith('#')) files.add(from.slice(1));
      else if (from.startsWith('.')) files.add(normalize(join(dirname(file), from)));
      else others.add(from);
    }
  }
  return { files: [...files], others: [...others].toSorted() };
}

const codeOf = (file: string): string =>
  readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

describe('a browser', () => {
  for (const entry of ['dapp/verify.ts', 'dapp/bridge/noble.ts', 'dapp/bridge/verifier.ts']) {
    it(`can load ${entry}`, () => {
      const { files, others } = closureOf(entry);
      expect(files).toContain(entry);
      expect(others.filter((from) => !PORTABLE.test(from))).toEqual([]);
      expect(files.filter((file) => /^(runtime|actors|cli|simulations)\//.test(file))).toEqual([]);
      const needy = files.filter((file) => /\bprocess\.|\bBuffer\b/.test(codeOf(file)));
      expect(needy).toEqual([]);
    });
  }
});
