/**
 * Finds this project's own modules where their names say they are: `#runtime/x.ts` under the root, `./x.ts` beside
 * whoever imports it. Importing this file is enough; it serves the thread that does so, from then on.
 *
 * Node looks for each of some three thousand imports of a process anew: it reads which package a file belongs to, what that
 * maps the name to, whether the file is a link, and what kind of module it is. That was a third of what it costs to load
 * one (decision 300). Packages, and whatever does not end in `.ts`, are left to Node.
 */
import { registerHooks } from 'node:module';

const ROOT = new URL('../', import.meta.url).href;

/** The address of a module of ours; `undefined` for what is none. */
export function ownModule(name: string, importer: string | undefined): string | undefined {
  if (!name.endsWith('.ts')) return undefined;
  if (name.startsWith('#')) return ROOT + name.slice(1);
  const isBeside = name.startsWith('./') || name.startsWith('../');
  return isBeside && importer?.startsWith(ROOT) === true ? new URL(name, importer).href : undefined;
}

registerHooks({
  resolve: (name, context, next) => {
    const url = ownModule(name, context.parentURL);
    return url === undefined
      ? next(name, context)
      : { url, format: 'module-typescript', shortCircuit: true };
  },
});
