/** Policy files as they are named to a process. */
import { expect, it } from 'vitest';
import { fileFor, NO_FILES, withPolicyFile } from '#cli/policy-files.ts';

const [KOMATSU, BARCELONA] = ['asia.ishikawa.komatsu', 'europe.catalonia.barcelona'] as const;
const filesOf = (...texts: readonly string[]) =>
  [KOMATSU, BARCELONA].map((city) =>
    fileFor(
      texts.reduce((files, text) => withPolicyFile(text, files), NO_FILES),
      city,
    ),
  );

it('are of all cities, or of the one that is named', () => {
  expect(filesOf()).toEqual([undefined, undefined]);
  expect(filesOf('p.yaml')).toEqual(['p.yaml', 'p.yaml']);
  expect(filesOf('p.yaml', `${BARCELONA}=q.yaml`)).toEqual(['p.yaml', 'q.yaml']);
  expect(filesOf(`${KOMATSU}=/a=b.yaml`)).toEqual(['/a=b.yaml', undefined]);
});

it('may be called like a place', () => {
  for (const name of ['policy.komatsu.yaml', KOMATSU, 'x=y.yaml'])
    expect(filesOf(name)).toEqual([name, name]);
});
