/**
 * The shape of the code: which folder may know which, and who may touch the world. Reads every
 * import and compares ranks; a folder imports only what ranks below it, and itself. Roots (`cli/`,
 * `supervision/tree.ts`) may know everyone; only tests and roots may know a root.
 */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const RANK: Readonly<Record<string, number>> = {
  lib: 0,
  config: 1,
  algorithms: 1,
  protocols: 2,
  runtime: 3,
  supervision: 4,
  actors: 5,
  simulations: 6,
  dapp: 6,
  bench: 7,
  cli: 8,
  test: 9,
};
/** All that runtime/ may know of protocols/: the vocabulary, never a catalogue or a machine. */
const VOCABULARY = ['codec', 'effect', 'envelope', 'figures', 'ids', 'link', 'names', 'subjects'];
const AMBIENT =
  /\bDate\.now\b|\bnew Date\b|\bperformance\.|\bhrtime\b|\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b|\bset(Timeout|Interval|Immediate)\b|from '(node:(net|tls|dgram|http|https|fs|fs\/promises|child_process|worker_threads|sqlite|os|timers)|@nats-io\/)|\bawait\b|\bprocess\./;

const folderOf = (file: string): string => file.split('/')[0]!;
const isRoot = (file: string): boolean => file.startsWith('cli/') || file === 'supervision/tree.ts';
const mayTouchTheWorld = (file: string): boolean =>
  ['runtime', 'cli', 'bench', 'dapp'].includes(folderOf(file)) ||
  file === 'simulations/main.ts' ||
  file === 'simulations/ambient.ts' ||
  file === 'simulations/judge/main.ts' ||
  file === 'simulations/judge/disks.ts' ||
  file === 'simulations/supervision-replay.ts';

const files = globSync(`{${Object.keys(RANK).join(',')}}/**/*.ts`);
const sources = files.filter((file) => folderOf(file) !== 'test');
const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import) '([^']+)'/g)].map((match) => match[1]!);

describe('shape', () => {
  it('finds the sources', () => expect(sources.length).toBeGreaterThan(3));

  it('lets imports point downwards only', () => {
    const upward = sources.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('#'))
        .map((target) => target.slice(1))
        .filter((target) => {
          const [from, to] = [folderOf(file), folderOf(target)];
          if (to === from) return true;
          if (isRoot(target)) return !isRoot(file);
          return !isRoot(file) && !(RANK[to]! < RANK[from]!);
        })
        .map((target) => `${file} must not know ${target}`),
    );
    expect(upward).toEqual([]);
  });

  it('writes ./ for its own folder, # for another, and never climbs', () => {
    const climbing = sources.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('../') && file.split('/').length < 3)
        .map((target) => `${file} climbs to ${target}`),
    );
    expect(climbing).toEqual([]);
  });

  it('lets runtime/ and supervision/ know only the vocabulary of protocols/', () => {
    const nosy = sources
      .filter((file) => ['runtime', 'supervision'].includes(folderOf(file)) && !isRoot(file))
      .flatMap((file) =>
        importsOf(file)
          .filter((target) => target.startsWith('#protocols/'))
          .filter(
            (target) => !VOCABULARY.includes(target.slice('#protocols/'.length).split(/[./]/)[0]!),
          )
          .map((target) => `${file} must not know ${target}`),
      );
    expect(nosy).toEqual([]);
  });

  it('lets only runtime/ and the roots read a clock, draw at random, wait, or open anything', () => {
    const touching = sources.filter(
      (file) =>
        !mayTouchTheWorld(file) && AMBIENT.test(withoutComments(readFileSync(file, 'utf8'))),
    );
    expect(touching).toEqual([]);
  });

  it('lets only simulations and tests plant bugs', () => {
    const planting = sources.filter(
      (file) =>
        ['cli', 'dapp', 'bench'].includes(folderOf(file)) &&
        /\bplanted/.test(readFileSync(file, 'utf8')),
    );
    expect(planting).toEqual([]);
  });

  it('lets only simulations and tests put something in the place of a primitive', () => {
    const replacing = sources.filter(
      (file) =>
        folderOf(file) !== 'simulations' &&
        file !== 'algorithms/backend.ts' &&
        /\bstandIn\b|keyed-hash|simulations\/crypto/.test(
          withoutComments(readFileSync(file, 'utf8')),
        ),
    );
    expect(replacing).toEqual([]);
  });

  it('has no skipped tests', () => {
    const skipped = files.filter((file) =>
      /\b(?:it|test|describe)\.(?:skip|todo|only)\b/.test(
        withoutComments(readFileSync(file, 'utf8')),
      ),
    );
    expect(skipped.filter((file) => file !== 'test/shape.test.ts')).toEqual([]);
  });
});
