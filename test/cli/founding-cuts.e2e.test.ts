/**
 * Power cuts while a network is founded, by the method of test/runtime/cuts. Nobody gets keys back: where a network is
 * there after a cut, all of its keys are, and where none is, one can be founded.
 */
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { found, isFounded, readFounded } from '#cli/city/found.ts';
import { offerBackends } from '#runtime/backends.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { Platter, type Forgets } from '#test/runtime/cuts/platter.ts';
import { Trace } from '#test/runtime/cuts/trace.ts';
import { witnessed } from '#test/runtime/cuts/witnessed.ts';
import { seeded } from '#test/runtime/manual.ts';
import { NOW, WANTED } from './founding-sample.ts';

const CUTS = 40;

let base: string;
let root: string;
let trace: Trace;

beforeAll(async () => {
  await offerBackends();
  base = realpathSync(mkdtempSync(join(tmpdir(), 'city-chain-founding-cuts-')));
  root = join(base, 'data');
  trace = new Trace(root);
  const founder = join(import.meta.dirname, 'founder.ts');
  trace.add(await witnessed(join(base, 'lines'), 'exit 0', founder, root));
}, 300_000);

afterAll(() => rmSync(base, { recursive: true, force: true }));

/** All that a network is, with its secrets; throws where something is missing. */
const all = (data: string): unknown[] => {
  const { world, cities } = readFounded(data);
  const own = cities.map(({ members, secretsOf, coinOf }) =>
    members.map(({ node }) => [secretsOf(node), coinOf(node)]),
  );
  return [world, own];
};

/** What is wrong after a cut, half of the time at the end, where most is promised. */
function wrongAfter(number: number, platter: Platter): string[] {
  const { below } = seeded(number + 1);
  const said = trace.happenings.findLast(({ did }) => did === 'say')!.from;
  const line = number % 2 === 0 ? said + 1 - below(30) : below(said);
  const data = join(base, `cut-${number}`);
  platter.rebuild(line, root, data, below);
  try {
    if (isFounded(data)) expect(all(data)).toEqual(all(root));
    else if (line > said) return [`cut ${number}: there is no network`];
    else if (number < 8) expect(found(data, WANTED, systemEntropy(), NOW).cities).toHaveLength(2);
    else if (existsSync(join(data, 'city', 'city.json')))
      expect(existsSync(join(data, 'founding')), 'it is seen that it was cut short').toBe(true);
    return [];
  } catch (error) {
    return [`cut ${number} at line ${line}: ${(error as Error).message}`];
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

function wrong(forgets?: Forgets): string[] {
  const platter = new Platter(trace.happenings, forgets);
  const all: string[] = [];
  for (let i = 0; i < CUTS && all.length === 0; i++) all.push(...wrongAfter(i, platter));
  return all;
}

it('leaves a network with all of its keys, or none and room for one', () => {
  expect(wrong()).toEqual([]);
});

it.each<[string, Forgets]>([
  ['keys', (each, pathOf) => each.did === 'sync' && pathOf(each.file).includes('/keys/')],
  ['names of keys', (each) => each.did === 'sync-names' && each.folder.endsWith('/keys')],
  ['names of folders', (each) => each.did === 'sync-names' && each.folder === root],
])('would not if %s were not synced: the method can tell', (_, forgets) => {
  expect(wrong(forgets)).not.toEqual([]);
});
