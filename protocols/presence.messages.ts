/**
 * Messages of presence.
 *
 * | kind               | from      | to        | answer                                            |
 * | ------------------ | --------- | --------- | ------------------------------------------------- |
 * | `presence.follow`  | follower  | presence  | `presence.frozen` for each list that it lacks     |
 * | `presence.frozen`  | presence  | follower  |                                                   |
 * | `presence.fetch`   | follower  | presence  | `presence.page`                                   |
 * | `presence.page`    | presence  | follower  |                                                   |
 * | `heart.room`       | holder    | heart     |                                                   |
 *
 * Followers are select, distribute and ledger on each delegate, which follow the presence of their own
 * node, and the presences of other delegates. All of it may be lost, repeated or late: a follower says
 * again and again what it has.
 */
import { catalogue, count, list, message, optional, record, type Infer } from './codec.ts';
import { Eligible, Frozen, VALID_LISTS_MAX } from './eligibility.ts';
import { digest, nodeName, SealingKey, VerifyingKey } from './terms.ts';

/** Changes in one page: with the longest keys about 300 KB. */
export const PAGE_MAX = 64;

/** One of a list, with the keys whose fingerprints stand in it. */
export const Member = record({ eligible: Eligible, sealing: SealingKey, signing: VerifyingKey });
export type Member = Infer<typeof Member>;

/** These lists I have whole. Tell me of others that are valid, now and for some seconds. */
export const FollowLists = message('presence.follow', { have: list(digest, VALID_LISTS_MAX) });
export const ListFrozen = message('presence.frozen', { frozen: Frozen });

/** Who else, or otherwise, stands in `list` than in `base`, of those behind `after`? */
export const FetchList = message('presence.fetch', {
  list: digest,
  base: optional(digest),
  after: optional(nodeName),
});
/**
 * Who left, who came or changed, among the names behind `after` up to `until`; without `until`, up to
 * the end. `base` as it was asked for, or nobody at all where that list is not known any more.
 */
export const ListPage = message('presence.page', {
  list: digest,
  base: optional(digest),
  after: optional(nodeName),
  left: list(nodeName, PAGE_MAX),
  members: list(Member, PAGE_MAX),
  until: optional(nodeName),
});

/** A holder to the heart of its node: what it could take. At most once a second. */
export const HeartRoom = message('heart.room', {
  bytesFree: count(Number.MAX_SAFE_INTEGER),
  pieces: count(Number.MAX_SAFE_INTEGER),
});

export type FollowLists = Infer<typeof FollowLists>;
export type ListFrozen = Infer<typeof ListFrozen>;
export type FetchList = Infer<typeof FetchList>;
export type ListPage = Infer<typeof ListPage>;
export type HeartRoom = Infer<typeof HeartRoom>;

/** What a follower of lists hears and says, beside what it is for. */
export const FOLLOWER_HEARS = catalogue(ListFrozen, ListPage);
export const FOLLOWER_SAYS = catalogue(FollowLists, FetchList);
export type FollowerHears = Infer<typeof FOLLOWER_HEARS>;
export type FollowerSays = Infer<typeof FOLLOWER_SAYS>;
