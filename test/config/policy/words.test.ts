/** Each key of the policy file is explained to whoever edits it, once in the schema and alike in the file. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isMap, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml';
import { policySchema } from '#config/policy/schema.ts';
import { WORDS } from '#config/policy/words.ts';

interface Shape {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

function* keysOf(shape: Shape, path = ''): Generator<[path: string, words: string | undefined]> {
  for (const below of [shape, ...(shape.items ? [shape.items] : []), ...(shape.anyOf ?? [])]) {
    for (const [name, each] of Object.entries(below.properties ?? {})) {
      const key = path === '' ? name : `${path}.${name}`;
      yield [key, each.description];
      yield* keysOf(each, key);
    }
  }
}

/** What stands behind a key of the file, on its line. */
function* commentsOf(map: YAMLMap, path = ''): Generator<[path: string, words: string]> {
  for (const { key, value } of map.items as Pair[]) {
    if (!isScalar(key)) continue;
    const name = path === '' ? String(key.value) : `${path}.${String(key.value)}`;
    const { comment, commentBefore } = (value ?? {}) as {
      comment?: string;
      commentBefore?: string;
    };
    const words = comment ?? commentBefore;
    if (typeof words === 'string' && words !== '') yield [name, words.trim()];
    if (isMap(value) && value.flow !== true) yield* commentsOf(value, name);
  }
}

describe('words', () => {
  const keys = new Map(keysOf(policySchema() as Shape));
  it('are there for every key, and for nothing else', () => {
    expect([...keys.keys()].toSorted()).toEqual(Object.keys(WORDS).toSorted());
    for (const [key, words] of keys) expect([key, words]).toEqual([key, WORDS[key]]);
  });
  it('are what the file of defaults says, where it says something', () => {
    const file = parseDocument(readFileSync('config/policy.yaml', 'utf8'));
    const comments = new Map(commentsOf(file.contents as YAMLMap));
    expect(comments.size).toBeGreaterThan(30);
    for (const [key, words] of comments) {
      if (Object.hasOwn(WORDS, key)) expect([key, WORDS[key]]).toEqual([key, words]);
    }
  });
});
