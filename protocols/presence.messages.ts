/**
 * Messages of presence.
 *
 * | kind               | from      | to        | answer                                            |
 * | ------------------ | --------- | --------- | ------------------------------------------------- |
 * | `presence.knock`   | heart     | presence  | `presence.nonce`, `presence.refused`              |
 * | `presence.login`   | heart     | presence  | `presence.welcome`, `presence.refused`            |
 * | `presence.beat`    | heart     | presence  | each fourth: `presence.echo`; `presence.refused`  |
 * | `presence.logout`  | heart     | presence  |                                                   |
 * | `heart.room`       | holder    | heart     |                                                   |
 * | `presence.score`   | audit     | presence  |                                                   |
 * | `presence.parted`  | repair    | presence  |                                                   |
 * | `presence.follow`  | follower  | presence  | `presence.frozen` for each list that it lacks     |
 * | `presence.frozen`  | presence  | follower  |                                                   |
 * | `presence.seek`    | follower  | presence  | `presence.frozen`, of a list that is valid no more |
 * | `presence.fetch`   | follower  | presence  | `presence.page`                                   |
 * | `presence.page`    | presence  | follower  |                                                   |
 * | `presence.alive`   | presence  | presence  |                                                   |
 * | `presence.propose` | active    | presence  | `presence.vote`, `presence.unvoted`               |
 * | `presence.prove`   | presence  | active    | `presence.proven`                                 |
 * | `overlay.seeds`    | presence  | overlay   |                                                   |
 *
 * Followers are select, distribute and ledger on each delegate, which follow the presence of their own
 * node, and the presences of other delegates. All of it may be lost, repeated or late: a follower says
 * again and again what it has, a heart knocks again, a proposal is repeated.
 */
import { KEM_SUITES } from '#algorithms/kem.ts';
import {
  bytes,
  catalogue,
  count,
  flag,
  list,
  message,
  oneOf,
  optional,
  record,
  type Infer,
} from './codec.ts';
import { NONCE_BYTES, Proof } from './credential.ts';
import { Eligible, EligibleHead, Frozen, VALID_LISTS_MAX } from './eligibility.ts';
import { Seeds } from './overlay.messages.ts';
import { digest, nodeName, permille, SealingKey, signature, VerifyingKey } from './terms.ts';

/** Changes in one page: with the longest keys about 300 KB. */
export const PAGE_MAX = 64;

/** One of a list, with the keys whose fingerprints stand in it. */
export const Member = record({ eligible: Eligible, sealing: SealingKey, signing: VerifyingKey });
export type Member = Infer<typeof Member>;

/** These lists I have whole. Tell me of others that are valid, now and for some seconds. */
export const FollowLists = message('presence.follow', { have: list(digest, VALID_LISTS_MAX) });
/** A certificate names this list, which is not valid any more: who has it still? */
export const SeekList = message('presence.seek', { list: digest });
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

/** I want onto the list. */
export const Knock = message('presence.knock', {});
export const Nonce = message('presence.nonce', { nonce: bytes(NONCE_BYTES) });
export const LogIn = message('presence.login', { proof: Proof });

const texts = Object.values(KEM_SUITES).map(({ ciphertextBytes }) => ciphertextBytes);
/** On the list. The key of the session is encapsulated for the node; the nonce says for which login. */
export const Welcome = message('presence.welcome', {
  nonce: bytes(NONCE_BYTES),
  ciphertext: bytes(Math.min(...texts), Math.max(...texts)),
});

const RefusalReason = oneOf(
  'elsewhere',
  'stale-nonce',
  'malformed',
  'no-grant',
  'other-grant',
  'grant-over',
  'bad-signature',
  'operator-full',
  'device-full',
  'list-full',
  'too-soon',
  'busy',
  'no-session',
);
export type RefusalReason = Infer<typeof RefusalReason>;
/** Not here, and where else, as far as that is known; or not at all, and why. */
export const PresenceRefused = message('presence.refused', {
  reason: RefusalReason,
  active: optional(nodeName),
});

export const MAC_BYTES = 16;
const mac = bytes(MAC_BYTES);
const number = count(Number.MAX_SAFE_INTEGER);
/** Each with a greater number, under the key of the session. */
export const Beat = message('presence.beat', {
  number,
  freeBytes: count(Number.MAX_SAFE_INTEGER),
  loadPermille: permille,
  roundTripUs: count(60_000_000),
  mac,
});
export const Echo = message('presence.echo', { number, mac });
export const LogOut = message('presence.logout', { number, mac });

/** How well somebody does in audits. */
export const Score = message('presence.score', { node: nodeName, permille });

/** Its operator says that it does not come back, whatever it says itself; or that it does. */
export const Parted = message('presence.parted', { node: nodeName, isBack: flag });

/** One presence to the others: I live, and this is the number of the newest list that I have. */
export const Alive = message('presence.alive', { newest: number });
/** Will you stand for this list? Its members are fetched like those of any other. */
export const Propose = message('presence.propose', { head: EligibleHead });
export const Vote = message('presence.vote', { list: digest, signature });
/** No, and the number of the last list that I did stand for. */
export const Unvoted = message('presence.unvoted', {
  list: digest,
  reason: oneOf('not-active', 'behind', 'ahead', 'voted', 'unfit', 'unproven'),
  voted: number,
});
export const PROOFS_MAX = 32;
/** Show me that these may stand in your list. */
export const Prove = message('presence.prove', {
  list: digest,
  nodes: list(nodeName, PROOFS_MAX),
});
export const Proven = message('presence.proven', {
  list: digest,
  proofs: list(Proof, PROOFS_MAX),
});

export type Knock = Infer<typeof Knock>;
export type Nonce = Infer<typeof Nonce>;
export type LogIn = Infer<typeof LogIn>;
export type Welcome = Infer<typeof Welcome>;
export type PresenceRefused = Infer<typeof PresenceRefused>;
export type Beat = Infer<typeof Beat>;
export type Echo = Infer<typeof Echo>;
export type LogOut = Infer<typeof LogOut>;
export type Score = Infer<typeof Score>;
export type Parted = Infer<typeof Parted>;
export type Alive = Infer<typeof Alive>;
export type Propose = Infer<typeof Propose>;
export type Vote = Infer<typeof Vote>;
export type Unvoted = Infer<typeof Unvoted>;
export type Prove = Infer<typeof Prove>;
export type Proven = Infer<typeof Proven>;
export type FollowLists = Infer<typeof FollowLists>;
export type SeekList = Infer<typeof SeekList>;
export type ListFrozen = Infer<typeof ListFrozen>;
export type FetchList = Infer<typeof FetchList>;
export type ListPage = Infer<typeof ListPage>;
export type HeartRoom = Infer<typeof HeartRoom>;

/** What a follower of lists hears and says, beside what it is for. */
export const FOLLOWER_HEARS = catalogue(ListFrozen, ListPage);
export const FOLLOWER_SAYS = catalogue(FollowLists, FetchList, SeekList);
export type FollowerHears = Infer<typeof FOLLOWER_HEARS>;
export type FollowerSays = Infer<typeof FOLLOWER_SAYS>;

export const HEART_HEARS = catalogue(HeartRoom, Nonce, Welcome, PresenceRefused, Echo);
export const HEART_SAYS = catalogue(Knock, LogIn, Beat, LogOut);
export type HeartHears = Infer<typeof HEART_HEARS>;
export type HeartSays = Infer<typeof HEART_SAYS>;

export const PRESENCE_HEARS = catalogue(
  Knock,
  LogIn,
  Beat,
  LogOut,
  Score,
  Parted,
  FollowLists,
  SeekList,
  ListFrozen,
  FetchList,
  ListPage,
  Alive,
  Propose,
  Vote,
  Unvoted,
  Prove,
  Proven,
);
export const PRESENCE_SAYS = catalogue(
  Nonce,
  Welcome,
  PresenceRefused,
  Echo,
  FollowLists,
  SeekList,
  ListFrozen,
  FetchList,
  ListPage,
  Alive,
  Propose,
  Vote,
  Unvoted,
  Prove,
  Proven,
  Seeds,
);
export type PresenceHears = Infer<typeof PRESENCE_HEARS>;
export type PresenceSays = Infer<typeof PRESENCE_SAYS>;
