/**
 * A change of policy: from the operators' files to one height of the city.
 *
 *   operator's file    policy (on each delegate)                 city, ledger (own node)
 *     | -- edit ------> |                                          |
 *     |                 | -- wish, to the other policies --------> |
 *     |                 | <- wish, of each whose operator          |
 *     |                 |    wants the same                        |
 *     |                 |    (more than 2/3 of the stake?)         |
 *     |                 | -- city.changes: this node wants it ---> |   votes for batches that carry it
 *     |                 | <- policy.committed: look! ------------- |
 *     |                 | -- ledger.chain: what came since? -----> |
 *     |                 |    (policy-book.ts: in force from the    |
 *     |                 |     next height on)                      |
 *     |                 | -- policy.in-force --> followers         |
 *
 * Nobody rules alone: a delegate votes for a change only while it wants it itself, by its operator's file or by what it
 * saw of reads and writes (policy-wishes.ts; `slo` stands where the file does), and names it only while more than two
 * thirds of the stake are known to want it; as soon as either is over, its next word to its city takes it back. So a
 * change is proposed only where it will pass, none is ordered that was edited away, and whoever stands alone holds up
 * nothing. Of wishes that mean the same all take the one with the smallest bytes.
 *
 * Safety: the policy in force is a function of the batches that were followed, in order, each once
 * (policy-book.ts); nothing else changes it. What cannot be read is refused, said, and changes nothing.
 * Liveness: followers hear what is in force at each start, at each change, and every few seconds; wishes are
 * repeated while they are open; batches are asked for after each restart, at each word of the ledger, and
 * every minute; after another change a wish becomes one for the version after that.
 */
import type { Policy as PolicyNumbers } from '#config/policy.ts';
import { attempt } from '#lib/attempt.ts';
import { compare, hex } from '#lib/bytes.ts';
import { whole } from './codec.ts';
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
import { AskChain, PAGE_MAX, type Chained } from './ledger.messages.ts';
import { AgreeChanges } from './order.messages.ts';
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
  type Verdict,
} from './policy.messages.ts';
import {
  isWantedByMost,
  meansSame,
  permilleFor,
  strainOf,
  wishOf,
  type Wanted,
  type Wishing,
} from './policy-wishes.ts';
import { digestOfPolicy, policyBytes, readPolicyBytes } from './policy.ts';
import { isOwn, type Self } from './self.ts';
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

export interface Changing extends Wishing {
  readonly of: Options;
  /** Others were told of a wish that still stands. */
  readonly isOpen: boolean;
  /** The own city was told of changes that this node wants; after a start nobody knows. */
  readonly hasAgreed: boolean;
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
  const state: Changing = {
    of,
    book,
    own,
    others,
    verdict: 'unknown',
    isOpen: false,
    hasAgreed: true,
    refused: undefined,
    repeats: 0,
    isAsking: false,
  };
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
    case 'policy.verdict':
      return isOwn(state.of.self, 'slo', at) ? judged(state, input.is) : [state, NOTHING];
    case 'policy.wish':
      return heard(state, input, at.from);
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
  const [after, effects] = repeat(wished);
  const said = reply(at, Edited.of({ is }));
  return [after, [keep(OWN, put(OWN, bytes)), ...said, ...effects]];
}

/** What was wrong is for the operator, who asks; that there was something is for everybody. */
const refusedAs = (state: Changing, fault: string, why: string): Did =>
  why === state.refused
    ? [state, NOTHING]
    : [{ ...state, refused: why }, [note('policy.refused', { node: state.of.self.node, fault })]];

/** What the own delegate has seen of its reads and writes. */
const judged = (state: Changing, verdict: Verdict): Did =>
  verdict === state.verdict ? [state, NOTHING] : repeat({ ...state, verdict, repeats: 0 });

/** Says again what is wanted, or once that nothing is any more; where enough want it, to the own city. */
function repeat(before: Changing): Did {
  const [state, agreeing] = agree(before);
  const [change, strain] = [wishOf(state), strainOf(state)];
  const isOpen = change !== undefined || strain !== undefined;
  if (!isOpen && !state.isOpen) return [state, agreeing];
  const said = [...toOthers(state, Wish.of({ change, strain })), ...agreeing];
  if (!isOpen) return [{ ...state, isOpen }, [sleep(REPEAT), ...said]];
  const pauseMs = state.repeats < REPEATS_FAST ? REPEAT_MS : REPEAT_LATER_MS;
  return [{ ...state, isOpen, repeats: state.repeats + 1 }, [...said, wake(REPEAT, pauseMs)]];
}

const toOthers = ({ of: { self } }: Changing, wish: Wish): Effects =>
  self.genesis.delegates
    .filter(({ node }) => node !== self.node)
    .map(({ node }) => send(address(node, 'policy'), wish));

/** Tells the own city what this node wants, until that is nothing and it knows. */
function agree(state: Changing): Did {
  const city = address(state.of.self.node, 'city');
  const changes = [wishOf(state), strainOf(state)?.change]
    .filter((change) => change !== undefined)
    .map((change) => ({ change, isDue: isWantedByMost(state, change) }));
  const hasAgreed = changes.length > 0;
  if (!hasAgreed && !state.hasAgreed) return [state, NOTHING];
  return [{ ...state, hasAgreed }, [send(city, AgreeChanges.of({ changes }))]];
}

/* What others want. */

function heard(state: Changing, { change, strain }: Wish, from: Address | undefined): Did {
  const { delegates } = state.of.self.genesis;
  const by = delegates.find(({ node }) => from === address(node, 'policy'))?.node;
  if (by === undefined || by === state.of.self.node) return [state, NOTHING];
  const others = new Map(state.others);
  others.delete(by);
  if (change === undefined && strain === undefined) return followed(state, { ...state, others });
  const read = change === undefined ? undefined : attempt(() => whole(PolicyChange, change));
  if (change !== undefined && read === undefined) return [state, NOTHING];
  others.set(by, {
    change: change === undefined ? undefined : digestOfPolicy(change),
    strain:
      strain === undefined
        ? undefined
        : { digest: digestOfPolicy(strain.change), isSeen: strain.isSeen },
  });
  return together(state, { ...state, others }, read);
}

/** Takes the smaller of two forms of one wish. */
function together(before: Changing, state: Changing, read: PolicyChange | undefined): Did {
  const { own, book } = state;
  if (own === undefined || read === undefined || wishOf(state) === undefined)
    return followed(before, state);
  const { version, bytes } = read;
  const isOfMine = version === newestOf(book).version + 1 && meansSame(own, bytes);
  if (isOfMine && compare(bytes, own) < 0) return repeat({ ...state, own: bytes });
  return followed(before, state);
}

/** Has named what enough want now; says so, if what others want is what this delegate goes along with. */
const followed = (before: Changing, state: Changing): Did =>
  (strainOf(before) === undefined) === (strainOf(state) === undefined)
    ? agree(state)
    : repeat({ ...state, repeats: 0 });

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
  const { version, digest, policy } = newestOf(state.book);
  const { fromHeight } = state.book.eras.at(-1)!;
  const { isStrained } = policy;
  const said: Effects = [
    ...effects,
    ...tell(state),
    note('policy', { version, digest: hex(digest), fromHeight, isStrained }),
  ];
  const [after, more] = repeat({ ...state, others: new Map(), repeats: 0, isOpen: false });
  if (after.isOpen) probe.sometimes('a wish outlived another change of policy');
  return [after, [...said, ...more, ...(after.isOpen ? [] : [sleep(REPEAT)])]];
}

function tell({ of, book }: Changing): Effects {
  const { version, policy } = newestOf(book);
  const message = PolicyInForce.of({ version, bytes: policyBytes(policy) });
  return [...of.followers.map((follower) => send(follower, message)), wake(TELL, TELL_MS)];
}

function statusOf(state: Changing): PolicyStatus {
  const { of, book, others, refused, verdict } = state;
  const { version, digest, policy } = newestOf(book);
  const change = wishOf(state);
  return PolicyStatus.of({
    node: of.self.node,
    version,
    digest,
    isStrained: policy.isStrained,
    verdict,
    strainPermille: permilleFor(state, strainOf(state)?.change),
    fromHeight: book.eras.at(-1)!.fromHeight,
    height: book.height,
    wish:
      change === undefined
        ? undefined
        : { digest: digestOfPolicy(change), permille: permilleFor(state, change) },
    others: Array.from(others).flatMap(([node, wanted]) =>
      wanted.change === undefined ? [] : [{ node, digest: wanted.change }],
    ),
    refused,
  });
}
