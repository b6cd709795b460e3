/** Modules of ours are found where Node would find them. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ownModule } from '#runtime/own-modules.ts';

const ROOT = new URL('../../', import.meta.url).href;
const IMPORTER = `${ROOT}cli/city/found.ts`;

describe('a module of ours', () => {
  it('is where its name says', () => {
    expect(ownModule('#runtime/pool/thread.ts', IMPORTER)).toBe(`${ROOT}runtime/pool/thread.ts`);
    expect(ownModule('./layout.ts', IMPORTER)).toBe(`${ROOT}cli/city/layout.ts`);
    expect(ownModule('../unfit.ts', IMPORTER)).toBe(`${ROOT}cli/unfit.ts`);
  });

  it('is left to Node where it is none', () => {
    const others = ['zod', 'node:fs', './data.json', '/elsewhere/x.ts'];
    for (const name of others) expect(ownModule(name, IMPORTER)).toBeUndefined();
    expect(ownModule('./x.ts', undefined)).toBeUndefined();
    expect(ownModule('./x.ts', 'file:///elsewhere/y.ts')).toBeUndefined();
  });

  it('has a name that the package maps to just that place', () => {
    const { imports } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
      readonly imports: Readonly<Record<string, string>>;
    };
    for (const [name, place] of Object.entries(imports)) expect(place).toBe(`./${name.slice(1)}`);
    const folders = readdirSync(new URL(ROOT), { withFileTypes: true });
    const mapped = folders.filter(({ name }) => Object.hasOwn(imports, `#${name}/*`));
    expect(mapped.length).toBe(Object.keys(imports).length);
  });
});
