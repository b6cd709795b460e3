/**
 * Reading a YAML document by a schema, so that what is unfit is said with file, line, value and
 * expectation, and a caret under it:
 *
 *   cluster.yaml:3:12: processes is 0, expected a whole number from 1 to 64
 *     processes: 0
 *                ^
 *
 * Unknown keys are refused, with the nearest known one as a suggestion. Nothing is executed, aliases
 * are bounded, and a document has a size.
 */
import {
  LineCounter,
  parseDocument,
  isMap,
  isPair,
  isScalar,
  type Document,
  type Node,
} from 'yaml';
import type { z } from 'zod';
import { fail, ok, type Result } from '#lib/result.ts';

const DOCUMENT_CHARS_MAX = 256 * 1024;
/** How often an alias may repeat what it stands for: a "billion laughs" ends here. */
const ALIASES_MAX = 64;
const SHOWN_CHARS_MAX = 120;

type Path = readonly PropertyKey[];

/** The value, or every fault as text for a person. `known`: all keys that the schema has. */
export function readDocument<T>(
  source: string,
  file: string,
  schema: z.ZodType<T>,
  known: readonly string[],
): Result<T> {
  if (source.length > DOCUMENT_CHARS_MAX) {
    return fail(`${file}: longer than ${DOCUMENT_CHARS_MAX} characters`);
  }
  const lines = new LineCounter();
  const document = parseDocument(source, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'error',
  });
  const at = (offset: number, what: string): string => show(file, source, lines, offset, what);
  const broken = document.errors[0];
  if (broken !== undefined) return fail(at(broken.pos[0], firstLine(broken.message)));
  const value = toValue(document);
  if (!value.ok) return fail(`${file}: ${value.error}`);
  const parsed = schema.safeParse(value.value);
  if (parsed.success) return ok(parsed.data);
  return fail(
    parsed.error.issues
      .flatMap((issue) => faults(issue, value.value, known))
      .map(({ path, what, isKey }) => at(offsetOf(document, path, isKey), what))
      .join('\n'),
  );
}

function toValue(document: Document): Result<unknown> {
  try {
    return ok(document.toJS({ maxAliasCount: ALIASES_MAX }) ?? {});
  } catch (error) {
    // The only throw of a document that parsed: too many aliases.
    return fail(firstLine(String(error)));
  }
}

interface Fault {
  readonly path: Path;
  readonly what: string;
  readonly isKey: boolean;
}

function faults(issue: z.core.$ZodIssue, root: unknown, known: readonly string[]): Fault[] {
  const { path } = issue;
  if (issue.code !== 'unrecognized_keys') {
    const name = path.join('.') || 'the document';
    const found = JSON.stringify(valueAt(root, path) ?? null).slice(0, SHOWN_CHARS_MAX);
    return [{ path, what: `${name} is ${found}, expected ${issue.message}`, isKey: false }];
  }
  return issue.keys.map((key) => ({
    path: [...path, key],
    what: `there is no '${[...path, key].join('.')}'${suggestion(key, known)}`,
    isKey: true,
  }));
}

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null)?.[key], root);

function offsetOf(document: Document, path: Path, isKey: boolean): number {
  if (isKey) {
    const parent = document.getIn(path.slice(0, -1), true) ?? document.contents;
    const pair = isMap(parent)
      ? parent.items.find(
          (item) => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1),
        )
      : undefined;
    return (pair?.key as Node | undefined)?.range?.[0] ?? 0;
  }
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as Node | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}

function show(
  file: string,
  source: string,
  lines: LineCounter,
  offset: number,
  what: string,
): string {
  const { line, col } = lines.linePos(Math.min(offset, source.length));
  const [row, column] = [Math.max(line, 1), Math.max(col, 1)];
  const text = (source.split('\n')[row - 1] ?? '').replaceAll('\t', ' ').slice(0, SHOWN_CHARS_MAX);
  return `${file}:${row}:${column}: ${what}\n  ${text}\n  ${' '.repeat(column - 1)}^`;
}

const firstLine = (text: string): string => text.split('\n')[0]!;

function suggestion(key: string, known: readonly string[]): string {
  const near = known
    .map((each) => ({ each, far: distance(key, each) }))
    .toSorted((a, b) => a.far - b.far)[0];
  if (near !== undefined && near.far <= 3) return `; did you mean '${near.each}'?`;
  return known.length === 0 ? '' : `; known here: ${known.join(', ')}`;
}

/** Levenshtein's: how many letters to change, insert or take out. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
