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

/** A value with its document, about whose places more can be said. */
export interface Located<T> {
  readonly value: T;
  /** A sentence with the place of what it is about. */
  readonly about: (path: Path, what: string) => string;
}

/** The same value under the schema's own names. */
export interface Renamed {
  readonly value: unknown;
  /** Where the document says what a path now means. */
  readonly origin: (path: Path) => Path;
  readonly faults: readonly { readonly path: Path; readonly what: string }[];
}

const asWritten = (value: unknown): Renamed => ({ value, origin: (path) => path, faults: [] });

/** The value, or every fault as text for a person. */
export function readDocument<T>(source: string, file: string, schema: z.ZodType<T>): Result<T> {
  const read = locate(source, file, schema);
  return read.ok ? ok(read.value.value) : read;
}

/** The same, with names that `rename` understands, and places of what else is to be said. */
export function locate<T>(
  source: string,
  file: string,
  schema: z.ZodType<T>,
  rename: (value: unknown) => Renamed = asWritten,
): Result<Located<T>> {
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
  const written = toValue(document);
  if (!written.ok) return fail(`${file}: ${written.error}`);
  const { value, origin, faults: misnamed } = rename(written.value);
  if (misnamed.length > 0) {
    return fail(
      misnamed.map(({ path, what }) => at(offsetOf(document, path, true), what)).join('\n'),
    );
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    return fail(
      parsed.error.issues
        .flatMap((issue) => faults(issue, value, schema, origin))
        .map(({ path, what, isKey, at: within }) =>
          at(offsetOf(document, path, isKey) + startOf(document, path, within), what),
        )
        .join('\n'),
    );
  }
  const about = (path: Path, what: string): string =>
    at(offsetOf(document, origin(path), false), what);
  return ok({ value: parsed.data, about });
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
  /** Characters into the text that is wrong, where that is known. */
  readonly at: number | undefined;
}

function faults(
  issue: z.core.$ZodIssue,
  root: unknown,
  schema: z.ZodType,
  origin: (path: Path) => Path,
): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const path = origin([...issue.path, key]);
      const what = `there is no '${path.join('.')}'${suggestion(key, known)}`;
      return { path, what, isKey: true, at: undefined };
    });
  }
  const path = origin(issue.path);
  const name = path.join('.') || 'the document';
  if (issue.code === 'invalid_key') {
    const what = `there can be no '${name}', expected ${issue.issues[0]?.message}`;
    return [{ path, what, isKey: true, at: undefined }];
  }
  const found = foundAt(root, issue.path, schema);
  const at = issue.code === 'custom' ? (issue.params?.['at'] as number | undefined) : undefined;
  return [{ path, what: `${name} is ${found}, expected ${issue.message}`, isKey: false, at }];
}

const shown = (value: unknown): string => JSON.stringify(value).slice(0, SHOWN_CHARS_MAX);

/** What is written there; else what holds where nothing is. */
function foundAt(root: unknown, path: Path, schema: z.ZodType): string {
  const written = valueAt(root, path);
  if (written !== undefined) return shown(written);
  const usual = schema.safeParse({});
  const value = usual.success ? valueAt(usual.data, path) : undefined;
  return value === undefined ? 'not there' : `${shown(value)} where nothing is written`;
}

/** The keys that a schema has at some path, seen through defaults, lists and alternatives. */
function keysAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  const { def } = (schema as z.ZodType)._zod as { readonly def: z.core.$ZodTypeDef };
  const inner = def as unknown as {
    readonly innerType?: z.ZodType;
    readonly shape?: Readonly<Record<PropertyKey, z.ZodType>>;
    readonly element?: z.ZodType;
    readonly options?: readonly z.ZodType[];
  };
  if (inner.innerType !== undefined) return keysAt(inner.innerType, path);
  if (inner.options !== undefined) return inner.options.flatMap((each) => keysAt(each, path));
  const [first, ...rest] = path;
  if (first === undefined) return Object.keys(inner.shape ?? {});
  const next = inner.element ?? inner.shape?.[first];
  return next === undefined ? [] : keysAt(next, rest);
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

/** How far into its source a character of a text is: a quote is before it, a block is not counted. */
function startOf(document: Document, path: Path, at: number | undefined): number {
  const node = document.getIn(path, true);
  if (at === undefined || !isScalar(node)) return 0;
  if (node.type === 'PLAIN') return at;
  return node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? at + 1 : 0;
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
