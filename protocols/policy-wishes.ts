/**
 * What a delegate wants the policy to be, and how much of the stake wants the same.
 *
 *   change   what its operator's file says, where that means something else than what is in force
 *   strain   what is in force, but for whether the city is strained: by what this delegate saw of its reads and
 *            writes (slo/slo.ts), or, where it saw too little, because others saw it with more than a third of the
 *            stake, so that one of them at least is honest
 *
 * The two are apart, so that an edit need not wait until all agree on the strain, and the strain not on an edit: a
 * change of the one leaves the other as it is. Who only goes along is nobody that others follow: no wish holds itself.
 *
 * Two machines may know different rules of daylight saving, and then make different bytes of one file.
 * What a policy means to people is the same if it is the same but for the spans of its zones.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { attempt } from '#lib/attempt.ts';
import { same } from '#lib/bytes.ts';
import { toBytes } from './codec.ts';
import { hasHonest, isQuorum, stakeOf } from './genesis.ts';
import { newestOf, PolicyChange, type Book } from './policy-book.ts';
import type { Verdict } from './policy.messages.ts';
import { digestOfPolicy, policyBytes, readPolicyBytes } from './policy.ts';
import type { Self } from './self.ts';
import type { NodeAddress } from './subjects.ts';

/** What another delegate wants: digests of changes. */
export interface Wanted {
  readonly change: Uint8Array | undefined;
  readonly strain: { readonly digest: Uint8Array; readonly isSeen: boolean } | undefined;
}

export interface Wishing {
  readonly of: { readonly self: Self };
  readonly book: Book;
  /** What the own operator wants: the bytes of a policy. `undefined`: nothing was said. */
  readonly own: Uint8Array | undefined;
  readonly verdict: Verdict;
  readonly others: ReadonlyMap<NodeAddress, Wanted>;
}

/** The change that the operator wants; `undefined` while what it wants is in force. */
export function wishOf({ own, book }: Pick<Wishing, 'own' | 'book'>): Uint8Array | undefined {
  const { policy, version } = newestOf(book);
  if (own === undefined || meansSame(own, policyBytes(policy))) return undefined;
  const read = readPolicyBytes(own);
  const isAsItIs = read.isStrained === policy.isStrained;
  const bytes = isAsItIs ? own : policyBytes({ ...read, isStrained: policy.isStrained });
  return toBytes(PolicyChange, { version: version + 1, bytes });
}

export interface Strain {
  readonly change: Uint8Array;
  readonly isSeen: boolean;
}

/** The change to or from a strained city that this delegate wants. */
export function strainOf(state: Wishing): Strain | undefined {
  const { book, verdict } = state;
  const { policy, version } = newestOf(book);
  const isSeen = verdict === (policy.isStrained ? 'calm' : 'burning');
  if (!isSeen && verdict !== 'unknown') return undefined;
  const bytes = policyBytes({ ...policy, isStrained: !policy.isStrained });
  const change = toBytes(PolicyChange, { version: version + 1, bytes });
  return isSeen || isSeenByOthers(state, change) ? { change, isSeen } : undefined;
}

function isSeenByOthers({ of: { self }, others }: Wishing, change: Uint8Array): boolean {
  const digest = digestOfPolicy(change);
  const seeing = self.genesis.delegates.filter(({ node }) => {
    const strain = others.get(node)?.strain;
    return strain?.isSeen === true && same(strain.digest, digest);
  });
  return hasHonest(stakeOf({ delegates: seeing }), stakeOf(self.genesis));
}

/** Of the own node and of all who want the same change, whichever way they came to it. */
export function stakeFor({ of: { self }, others }: Wishing, change: Uint8Array): bigint {
  const digest = digestOfPolicy(change);
  const is = (wanted: Uint8Array | undefined): boolean =>
    wanted !== undefined && same(wanted, digest);
  const alike = self.genesis.delegates.filter(({ node }) => {
    const wanted = others.get(node);
    return node === self.node || is(wanted?.change) || is(wanted?.strain?.digest);
  });
  return stakeOf({ delegates: alike });
}

export const isWantedByMost = (state: Wishing, change: Uint8Array): boolean =>
  isQuorum(stakeFor(state, change), stakeOf(state.of.self.genesis));

/** In thousandths of all stake; nothing, if it is wanted by nobody here. */
export function permilleFor(state: Wishing, change: Uint8Array | undefined): number {
  if (change === undefined) return 0;
  return Number((stakeFor(state, change) * 1_000n) / stakeOf(state.of.self.genesis));
}

const ESSENCE = domain('policy essence');

/** The same but for the spans of zones, and for what no operator says. */
export function meansSame(a: Uint8Array, b: Uint8Array): boolean {
  if (same(a, b)) return true;
  const [one, other] = [essenceOf(a), essenceOf(b)];
  return one !== undefined && other !== undefined && same(one, other);
}

function essenceOf(bytes: Uint8Array): Uint8Array | undefined {
  const policy = attempt(() => readPolicyBytes(bytes));
  if (policy === undefined) return undefined;
  const zones = policy.zones.map(({ name }) => ({ name, spans: [{ from: 0, offsetMs: 0 }] }));
  return hash(ESSENCE, policyBytes({ ...policy, zones, isStrained: false }));
}
