/**
 * One value of a YAML document set, and not a letter of anything else: comments, order and spacing stay.
 *
 *   a value that is there         its text is replaced
 *   a key that its section lacks  block: a line behind the section's last one; flow: before the brace
 *   a section that is not there   the same, one level up, with what it then holds in braces
 *
 * The result is read again: it must mean what the document meant, with that one value. Anything else is
 * refused, so that a document that is too clever for this (anchors, tags, odd spacing) is never spoiled.
 */
import {
  isMap,
  isPair,
  isScalar,
  parseDocument,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';
import { fail, ok, type Result } from '#lib/result.ts';

export type Path = readonly (string | number)[];

const OPTIONS = { prettyErrors: false, stringKeys: true, logLevel: 'error' } as const;
const ALIASES_MAX = 64;

/** `value`: YAML on one line, such as `12`, `auto` or `[6, 24]`. */
export function withValue(source: string, path: Path, value: string): Result<string> {
  const document = parseDocument(source, OPTIONS);
  const given = parseDocument(value, OPTIONS);
  if (document.errors.length > 0) return fail('the document is broken');
  if (given.errors.length > 0 || value.includes('\n')) return fail('that is no value on one line');
  const edited = edit(source, document, path, value.trim());
  if (edited === undefined) return fail('there is no place for it');
  const wanted = set(tree(document), path, tree(given));
  const now = parseDocument(edited, OPTIONS);
  const isMeant = now.errors.length === 0 && same(tree(now), wanted);
  return isMeant ? ok(edited) : fail('it would change more than that');
}

/** What stands there; `undefined` where nothing does. */
export const valueIn = (source: string, path: Path): unknown =>
  path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    tree(parseDocument(source, OPTIONS)),
  );

function tree(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX }) as unknown;
  } catch {
    // Too many aliases: equal to nothing.
    return Symbol('unread');
  }
}

function edit(source: string, document: Document, path: Path, value: string): string | undefined {
  const there = document.getIn(path, true) as Node | undefined;
  if (there?.range) {
    const [from, to] = there.range;
    // An empty value ends right behind its colon.
    const space = from === to && /\S$/.test(source.slice(0, from)) ? ' ' : '';
    return source.slice(0, from) + space + value + source.slice(to);
  }
  const key = path.at(-1);
  if (typeof key !== 'string') return undefined;
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) return insert(source, parent, `${key}: ${value}`);
  if (path.length === 1)
    return isEmpty(parent) ? append(source, '', `${key}: ${value}`) : undefined;
  return isEmpty(parent)
    ? edit(source, document, path.slice(0, -1), `{ ${key}: ${value} }`)
    : undefined;
}

const isEmpty = (node: unknown): boolean =>
  node === undefined || node === null || (isScalar(node) && node.value === null);

function insert(source: string, map: YAMLMap, line: string): string | undefined {
  const last = map.items.at(-1);
  const [, end] = map.range!;
  if (map.flow === true) {
    const brace = source.lastIndexOf('}', end);
    const before = source.slice(0, brace).trimEnd();
    return `${before}${last === undefined ? '' : ','} ${line} ${source.slice(brace)}`;
  }
  if (!isPair(last)) return undefined;
  const first = (map.items[0]!.key as Node).range![0];
  const indent = first - (source.lastIndexOf('\n', first - 1) + 1);
  // A map within a list begins behind a dash: its further lines stand below its first key.
  return append(source.slice(0, end), ' '.repeat(indent), line) + source.slice(end);
}

/** Behind the last line that says something. */
function append(before: string, indent: string, line: string): string {
  const text = before.endsWith('\n') || before === '' ? before : `${before}\n`;
  return `${text}${indent}${line}\n`;
}

/** A copy with one value changed; what is missing on the way is made. */
function set(root: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(root))
    return root.map((each, i) => (i === key ? set(each, rest, value) : each));
  const map =
    typeof root === 'object' && root !== null ? (root as Readonly<Record<string, unknown>>) : {};
  return { ...map, [key]: set(Object.hasOwn(map, key) ? map[key] : undefined, rest, value) };
}

/** Alike as JSON, whatever the order of keys. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return Object.is(a, b);
  }
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === others.length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) &&
        same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}
