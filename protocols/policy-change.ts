/**
 * A change of policy: from the operators' files to one height of the city.
 *
 *   operator's file    policy (on each delegate)                 city, ledger (own node)
 *     | -- edit ------> |                                          |
 *     |                 | -- wish, to the other policies --------> |
 *     |                 | <- wish, of each whose operator          |
 *     |                 |    wants the same                        |
 *     |                 |    (more than 2/3 of the stake?)         |
 *     |                 | -- city.change: this node agrees ------> |   votes for batches that carry it
 *     |                 | <- policy.committed: look! ------------- |
 *     |                 | -- ledger.chain: what came since? -----> |
 *     |                 |    (policy-book.ts: in force from the    |
 *     |                 |     next height on)                      |
 *     |                 | -- policy.in-force --> followers         |
 *
 * No operator rules alone: a delegate agrees to a change only while its own operator's file says the same,
 * and only once more than two thirds of the stake are known to want it. So a change is proposed to the city
 * only where it will pass, and an operator who stands alone holds up nothing.
 *
 * Two machines may know different rules of daylight saving, and then make different bytes of one file.
 * What a policy means to people is the same if it is the same but for the spans of its zones; of such
 * wishes all take the one with the smallest bytes.
 *
 * Safety: the policy in force is a function of the batches that were followed, in order, each once
 * (policy-book.ts); nothing else changes it. What cannot be read is refused, said, and changes nothing.
 * Liveness: followers hear what is in force at each start, at each change, and every few seconds; wishes are
 * repeated while they are open; batches are asked for after each restart, at each word of the ledger, and
 * every minute; after another change a wish becomes one for the version after that.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import type { Policy as PolicyNumbers } from '#config/policy.ts';
import { attempt } from '#lib/attempt.ts';
import { compare, hex, same } from '#lib/bytes.ts';
import { toBytes, whole } from './codec.ts';
import {
  ask,
  keep,
  note,
  NOTHING,
  put,
  reply,
  send,
  sleep,
  wake,
  type Effect,
  type Moment,
  type Signal,
  type Step,
} from './effect.ts';
import { isQuorum, stakeOf } from './genesis.ts';
import { AskChain, PAGE_MAX, type Chained } from './ledger.messages.ts';
import { AgreeChange } from './order.messages.ts';
import {
  bookBytes,
  bookOf,
  follow,
  newestOf,
  PolicyChange,
  readBook,
  type Book,
} from './policy-book.ts';
import {
  Edited,
  PolicyInForce,
  PolicyStatus,
  Wish,
  type PolicyHears,
  type PolicySays,
} from './policy.messages.ts';
import { digestOfPolicy, policyBytes, readPolicyBytes } from './policy.ts';
import type { Self } from './self.ts';
import { address, isOn, type Address, type NodeAddress } from './subjects.ts';

/** A wish is repeated so often, and after some times less often. */
export const REPEAT_MS = 2_000;
export const REPEAT_LATER_MS = 30_000;
const REPEATS_FAST = 10;
/** How often batches are followed when nobody says that there is something. */
export const FOLLOW_MS = 60_000;
/** A follower that was restarted knows nothing, and asks nobody. */
const TELL_MS = 5_000;
const CHAIN_WITHIN_MS = 2_000;
/** Pages that are asked for at once, one after another, before the others have their turn. */
const AGAIN_MS = 10;
const BOOK = 'book';
const OWN = 'own';
const REPEAT = 'repeat';
const FOLLOW = 'follow';
const PAGE = 'page';
const TELL = 'tell';
const CHAIN = 'chain';

export interface Options {
  readonly self: Self;
  /** What holds before the first change: the same on every delegate. */
  readonly first: PolicyNumbers;
  /** Actors that resolve by the policy in force. */
  readonly followers: readonly Address[];
}

/** What another delegate's operator wants. */
interface Wanted {
  readonly version: number;
  /** Of the change. */
  readonly digest: Uint8Array;
}

export interface Changing {
  readonly of: Options;
  readonly book: Book;
  /** What the own operator wants: the bytes of a policy. `undefined`: nothing was said. */
  readonly own: Uint8Array | undefined;
  readonly others: ReadonlyMap<NodeAddress, Wanted>;
  readonly refused: string | undefined;
  readonly repeats: number;
  readonly isAsking: boolean;
}

type Did = Step<Changing, PolicySays>;
type Effects = readonly Effect<PolicySays>[];

export function begin(of: Options, kept: ReadonlyMap<string, Uint8Array>): Did {
  const known = kept.get(BOOK);
  const book = known === undefined ? bookOf(of.first) : readBook(known);
  const others = new Map<NodeAddress, Wanted>();
  const own = kept.get(OWN);
  const state = { of, book, own, others, refused: undefined, repeats: 0, isAsking: false };
  const [asking, effects] = askChain(state);
  const [wishing, more] = repeat(asking);
  return [wishing, [...tell(asking), ...effects, ...more]];
}

export function step(state: Changing, input: PolicyHears | Signal, at: Moment): Did {
  switch (input.kind) {
    case 'policy.edit':
      return isMine(state, at) ? edited(state, input.bytes, at) : [state, NOTHING];
    case 'policy.unread':
      return isMine(state, at) ? refusedAs(state, 'unread', input.fault) : [state, NOTHING];
    case 'policy.wish':
      return heard(state, input.change, at.from);
    case 'policy.ask':
      return [state, reply(at, statusOf(state))];
    case 'policy.committed':
      return isMine(state, at) ? askChain(state) : [state, NOTHING];
    case 'answered':
      return chained({ ...state, isAsking: false }, input.message as PolicyHears);
    case 'unanswered':
      return [{ ...state, isAsking: false }, [wake(FOLLOW, CHAIN_WITHIN_MS)]];
    case 'wake':
      return woken(state, input.id);
    default:
      return [state, NOTHING];
  }
}

function woken(state: Changing, id: string): Did {
  if (id === REPEAT) return repeat(state);
  return id === TELL ? [state, tell(state)] : askChain(state);
}

/** Of the own node, or from outside any actor: the process itself. */
const isMine = ({ of }: Changing, { from }: Moment): boolean =>
  from === undefined || isOn(from, of.self.node);

/* What the operator wants. */

function edited(state: Changing, bytes: Uint8Array, at: Moment): Did {
  if (attempt(() => readPolicyBytes(bytes)) === undefined) {
    const why = 'these are not the bytes of a policy that can be resolved';
    const [refused, effects] = refusedAs(state, 'malformed', why);
    return [refused, [...reply(at, Edited.of({ is: 'refused' })), ...effects]];
  }
  const wished = { ...state, own: bytes, refused: undefined, repeats: 0 };
  const isOpen = wishOf(wished) !== undefined;
  const is = isOpen ? 'wished' : 'in-force';
  // Said again: a file is, so that nobody misses it.
  if (state.own !== undefined && meansSame(state.own, bytes)) {
    return [{ ...state, refused: undefined }, reply(at, Edited.of({ is }))];
  }
  const [after, effects] = isOpen ? repeat(wished) : withdraw(wished, wishOf(state) !== undefined);
  const said = reply(at, Edited.of({ is }));
  return [after, [keep(OWN, put(OWN, bytes)), ...said, ...effects]];
}

/** What was wrong is for the operator, who asks; that there was something is for everybody. */
const refusedAs = (state: Changing, fault: string, why: string): Did =>
  why === state.refused
    ? [state, NOTHING]
    : [{ ...state, refused: why }, [note('policy.refused', { node: state.of.self.node, fault })]];

/** The operator's file says again what is in force. */
const withdraw = (state: Changing, wasOpen: boolean): Did =>
  wasOpen
    ? [state, [sleep(REPEAT), ...toOthers(state, Wish.of({ change: undefined }))]]
    : [state, NOTHING];

/** The change that is wanted here; `undefined` while what is wanted is in force. */
export function wishOf({ own, book }: Changing): Uint8Array | undefined {
  const newest = newestOf(book);
  if (own === undefined || meansSame(own, policyBytes(newest.policy))) return undefined;
  return toBytes(PolicyChange, { version: newest.version + 1, bytes: own });
}

/** Says it to the others again and, where enough want it, to the own city. */
function repeat(state: Changing): Did {
  const change = wishOf(state);
  if (change === undefined) return [state, NOTHING];
  const pauseMs = state.repeats < REPEATS_FAST ? REPEAT_MS : REPEAT_LATER_MS;
  const effects: Effects = [
    ...toOthers(state, Wish.of({ change })),
    ...agree(state, change),
    wake(REPEAT, pauseMs),
  ];
  return [{ ...state, repeats: state.repeats + 1 }, effects];
}

const toOthers = ({ of: { self } }: Changing, wish: Wish): Effects =>
  self.genesis.delegates
    .filter(({ node }) => node !== self.node)
    .map(({ node }) => send(address(node, 'policy'), wish));

function agree(state: Changing, change: Uint8Array): Effects {
  const { genesis, node } = state.of.self;
  if (!isQuorum(stakeFor(state, change), stakeOf(genesis))) return NOTHING;
  return [send(address(node, 'city'), AgreeChange.of({ change }))];
}

/** Of the own node and of all whose last word is the same change. */
function stakeFor({ of: { self }, others }: Changing, change: Uint8Array): bigint {
  const digest = digestOfPolicy(change);
  const same_ = self.genesis.delegates.filter(({ node }) => {
    const wanted = others.get(node);
    return node === self.node || (wanted !== undefined && same(wanted.digest, digest));
  });
  return stakeOf({ delegates: same_ });
}

/* What others want. */

function heard(state: Changing, change: Uint8Array | undefined, from: Address | undefined): Did {
  const { delegates } = state.of.self.genesis;
  const by = delegates.find(({ node }) => from === address(node, 'policy'))?.node;
  if (by === undefined || by === state.of.self.node) return [state, NOTHING];
  const others = new Map(state.others);
  others.delete(by);
  if (change === undefined) return [{ ...state, others }, NOTHING];
  const read = attempt(() => whole(PolicyChange, change));
  if (read === undefined) return [state, NOTHING];
  others.set(by, { version: read.version, digest: digestOfPolicy(change) });
  return together({ ...state, others }, read);
}

/** Takes the smaller of two forms of one wish; agrees if enough want it now. */
function together(state: Changing, { version, bytes }: PolicyChange): Did {
  const { own, book } = state;
  const mine = wishOf(state);
  if (own === undefined || mine === undefined) return [state, NOTHING];
  const isOfMine = version === newestOf(book).version + 1 && meansSame(own, bytes);
  if (isOfMine && compare(bytes, own) < 0) return repeat({ ...state, own: bytes });
  return [state, agree(state, mine)];
}

const ESSENCE = domain('policy essence');

/** The same but for the spans of zones: the same file, on machines that know other rules. */
function meansSame(a: Uint8Array, b: Uint8Array): boolean {
  if (same(a, b)) return true;
  const [one, other] = [essenceOf(a), essenceOf(b)];
  return one !== undefined && other !== undefined && same(one, other);
}

function essenceOf(bytes: Uint8Array): Uint8Array | undefined {
  const policy = attempt(() => readPolicyBytes(bytes));
  if (policy === undefined) return undefined;
  const zones = policy.zones.map(({ name }) => ({ name, spans: [{ from: 0, offsetMs: 0 }] }));
  return hash(ESSENCE, policyBytes({ ...policy, zones }));
}

/* What the city has ordered. */

function askChain(state: Changing): Did {
  if (state.isAsking) return [state, NOTHING];
  const { of, book } = state;
  const question = AskChain.of({ from: book.height + 1, count: PAGE_MAX });
  const asked = ask(CHAIN, address(of.self.node, 'ledger'), question, CHAIN_WITHIN_MS);
  return [{ ...state, isAsking: true }, [asked, wake(FOLLOW, FOLLOW_MS)]];
}

function chained(state: Changing, answer: PolicyHears): Did {
  if (answer.kind !== 'ledger.chained') return [state, NOTHING];
  const { height, batches } = answer;
  const before = newestOf(state.book);
  const [book, refusals] = followAll(state.book, batches);
  const after = { ...state, book };
  const isBehind = book.height < height && book.height > state.book.height;
  const effects: Effect<PolicySays>[] = refusals.map((fault) =>
    note('policy.refused', { node: state.of.self.node, fault }),
  );
  if (book.height > state.book.height) effects.push(keep(BOOK, put(BOOK, bookBytes(book))));
  if (isBehind) effects.push(wake(PAGE, AGAIN_MS));
  if (newestOf(book).version === before.version) return [after, effects];
  return changedTo(after, effects);
}

function followAll(book: Book, batches: Chained['batches']): [Book, string[]] {
  let at = book;
  const refusals: string[] = [];
  for (const { batch } of batches) {
    // A page begins where it was asked for; anything else is of an answer that came too late.
    if (batch.head.height > at.height + 1) break;
    const followed = follow(at, batch);
    at = followed.book;
    if (followed.refused !== undefined) refusals.push(followed.refused);
  }
  return [at, refusals];
}

/** Others resolve by it from now on; a wish that is still open is one for the next version. */
function changedTo(state: Changing, effects: Effects): Did {
  const { probe } = state.of.self;
  const { version, digest } = newestOf(state.book);
  const { fromHeight } = state.book.eras.at(-1)!;
  const said: Effects = [
    ...effects,
    ...tell(state),
    note('policy', { version, digest: hex(digest), fromHeight }),
  ];
  const [after, more] = repeat({ ...state, others: new Map(), repeats: 0 });
  if (more.length > 0) probe.sometimes('a wish outlived another change of policy');
  return [after, [...said, ...(more.length > 0 ? more : [sleep(REPEAT)])]];
}

function tell({ of, book }: Changing): Effects {
  const { version, policy } = newestOf(book);
  const message = PolicyInForce.of({ version, bytes: policyBytes(policy) });
  return [...of.followers.map((follower) => send(follower, message)), wake(TELL, TELL_MS)];
}

function statusOf(state: Changing): PolicyStatus {
  const { of, book, others, refused } = state;
  const { version, digest } = newestOf(book);
  const change = wishOf(state);
  const all = stakeOf(of.self.genesis);
  const share = change === undefined ? 0n : (stakeFor(state, change) * 1_000n) / all;
  return PolicyStatus.of({
    node: of.self.node,
    version,
    digest,
    fromHeight: book.eras.at(-1)!.fromHeight,
    height: book.height,
    wish:
      change === undefined
        ? undefined
        : { digest: digestOfPolicy(change), permille: Number(share) },
    others: Array.from(others, ([node, wanted]) => ({ node, digest: wanted.digest })),
    refused,
  });
}
