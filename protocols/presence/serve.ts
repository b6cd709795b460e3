/** Serving lists: what a presence answers to whoever follows it. It keeps nothing of a download. */
import { hex, same } from '#lib/bytes.ts';
import {
  ListFrozen,
  ListPage,
  type FetchList,
  type FollowLists,
  type SeekList,
} from '../presence.messages.ts';
import { differenceOf, type Roll } from './roll.ts';

/** The lists that somebody lacks, the oldest first. */
export function announcementsFor(
  rolls: readonly Roll[],
  { have }: Pick<FollowLists, 'have'>,
): readonly ListFrozen[] {
  const had = new Set(have.map(hex));
  return rolls
    .filter(({ list }) => !had.has(hex(list.digest)))
    .toSorted((a, b) => a.list.head.number - b.list.head.number)
    .map(({ frozen }) => ListFrozen.of({ frozen }));
}

/** The list that somebody seeks, if it is here. */
export const announcementOf = (
  rolls: readonly Roll[],
  { list: sought }: Pick<SeekList, 'list'>,
): readonly ListFrozen[] =>
  rolls
    .filter(({ list }) => same(list.digest, sought))
    .map(({ frozen }) => ListFrozen.of({ frozen }));

/** A page of the difference; to nobody at all, where the base is not there. */
export function pageFor(rolls: readonly Roll[], wanted: FetchList): ListPage | undefined {
  const find = (digest: Uint8Array): Roll | undefined =>
    rolls.find(({ list }) => same(list.digest, digest));
  const roll = find(wanted.list);
  if (roll === undefined) return undefined;
  const base = wanted.base === undefined ? undefined : find(wanted.base);
  return ListPage.of({
    list: wanted.list,
    base: base?.list.digest,
    after: wanted.after,
    ...differenceOf(base?.members ?? [], roll.members, wanted.after),
  });
}
