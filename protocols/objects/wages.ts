/**
 * Wages: what accounts have earned by what audits found, from the beginning up to a time, in pages under one root.
 *
 *   accounts by their names | earned, in all --(64 on a page)--> pages --(hash)--> leaves --> root: what delegates agree on
 *
 * Sums are from the beginning, never of one epoch: so what is paid is what is missing to the sum. A page that comes twice pays
 * nothing, and an epoch that nobody agreed on in time is paid with the next one.
 */
import { domain, hash, HASH_BYTES } from '#algorithms/hash/hash.ts';
import { isIncluded, pathOf, treeOf } from '#algorithms/merkle/tree.ts';
import { compare, concat } from '#lib/bytes.ts';
import { bytes, count, list, record, toBytes, u64, type Infer } from '../codec.ts';
import { digest, unixMs } from '../terms.ts';

/** As many as there are nodes in a city at most: each has one account. */
export const EARNERS_MAX = 65_536;
export const LINES_MAX = 64;
export const PAGES_MAX = EARNERS_MAX / LINES_MAX;
const PATH_MAX = Math.ceil(Math.log2(PAGES_MAX)) * HASH_BYTES;

export const Line = record({ to: digest, earned: u64 });
export type Line = Infer<typeof Line>;

/** What everybody has earned by then. */
export const Sums = record({
  untilMs: unixMs,
  root: digest,
  pages: count(PAGES_MAX),
  /** All that was ever made, of which some may have been lost again. */
  made: u64,
});
export type Sums = Infer<typeof Sums>;

/** A page of it. */
export const Page = record({
  untilMs: unixMs,
  page: count(PAGES_MAX - 1),
  lines: list(Line, LINES_MAX),
  path: bytes(0, PATH_MAX),
});
export type Page = Infer<typeof Page>;

const SUMS = domain('wage sums');
const PAGE = domain('wage page');
const Lines = list(Line, LINES_MAX);

export const sumsDigest = (sums: Sums): Uint8Array => hash(SUMS, toBytes(Sums, sums));
const leafOf = (lines: readonly Line[]): Uint8Array => hash(PAGE, toBytes(Lines, [...lines]));

/** Whether it is that page of those sums. */
export const isPageOf = ({ untilMs, root, pages }: Sums, page: Page): boolean =>
  page.untilMs === untilMs &&
  isIncluded({ root, count: pages }, page.page, leafOf(page.lines), page.path);

/** Each account once: else one line would not see what another has paid. */
export const areInOrder = ({ lines }: Pick<Page, 'lines'>): boolean =>
  lines.every(({ to }, i) => i === 0 || compare(lines[i - 1]!.to, to) < 0);

export interface Payday {
  readonly sums: Sums;
  readonly pages: readonly Page[];
}

/** Of those who have earned anything; nothing where that is nobody. */
export function paydayOf(
  lines: readonly Line[],
  untilMs: number,
  made: bigint,
): Payday | undefined {
  const all = lines
    .filter(({ earned }) => earned > 0n)
    .toSorted((a, b) => compare(a.to, b.to))
    .slice(0, EARNERS_MAX);
  if (all.length === 0) return undefined;
  const cut: Line[][] = [];
  for (let at = 0; at < all.length; at += LINES_MAX) cut.push(all.slice(at, at + LINES_MAX));
  const tree = treeOf(concat(...cut.map(leafOf)));
  const sums = { untilMs, root: tree.root, pages: cut.length, made };
  const pages = cut.map((each, page) => ({
    untilMs,
    page,
    lines: each,
    path: pathOf(tree, page),
  }));
  return { sums, pages };
}
