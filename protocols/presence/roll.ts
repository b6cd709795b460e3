/**
 * The roll: a frozen list with all that stands in it, and how one roll is told as the difference to
 * another.
 *
 *   base  a b c   e f            page 1   left: b     members: d      until: d
 *   list  a   c d e f'           page 2   left:       members: f'     until the end
 *
 * Members are shared by all rolls that they stand in unchanged, so that a roll costs its changes and two
 * arrays, and by all replicas of a process (shelf.ts). Each has its leaf, so that the root of the next roll
 * costs the hashes of its changes and the nodes of the tree. Of what a member takes, its two keys are the most:
 * 3.1 KB in the default suites.
 */
import { same } from '#lib/bytes.ts';
import {
  eligibleDigest,
  eligibleLeaf,
  eligibleRoot,
  type EligibleList,
  type Frozen,
} from '../eligibility.ts';
import { PAGE_MAX, type ListPage, type Member } from '../presence.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { fingerprintOf, readerFingerprintOf } from '../transaction.ts';

export interface Listed extends Member {
  readonly leaf: Uint8Array;
}

export interface Roll {
  readonly frozen: Frozen;
  readonly list: EligibleList;
  /** In the order of their names. */
  readonly members: readonly Listed[];
}

/** A member whose keys are those that it names; `undefined` for any other. */
export function listedOf({ eligible, sealing, signing }: Member): Listed | undefined {
  const isWhole =
    same(readerFingerprintOf(sealing), eligible.fingerprint) &&
    same(fingerprintOf(signing), eligible.signer);
  return isWhole ? { eligible, sealing, signing, leaf: eligibleLeaf(eligible) } : undefined;
}

export function reweighed(listed: Listed, weight: number): Listed {
  const eligible = { ...listed.eligible, weight };
  return { ...listed, eligible, leaf: eligibleLeaf(eligible) };
}

/** The roll of these members, in the order of their names; `undefined` where the head is another's. */
export function rollOf(frozen: Frozen, members: readonly Listed[]): Roll | undefined {
  const { root, count } = frozen.head;
  if (members.length !== count || !same(eligibleRoot(members.map(({ leaf }) => leaf)), root))
    return undefined;
  const list: EligibleList = {
    head: frozen.head,
    digest: eligibleDigest(frozen.head),
    nodes: members.map(({ eligible }) => eligible),
    keys: members.map(({ sealing }) => sealing),
    signers: members.map(({ signing }) => signing),
  };
  return { frozen, list, members };
}

/** Where a name stands or would stand: the first place whose name is not before it. */
export function placeIn(members: readonly Listed[], node: NodeAddress): number {
  let [low, high] = [0, members.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (members[middle]!.eligible.node < node) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function memberOf(members: readonly Listed[], node: NodeAddress): Listed | undefined {
  const found = members[placeIn(members, node)];
  return found?.eligible.node === node ? found : undefined;
}

export type Difference = Pick<ListPage, 'left' | 'members' | 'until'>;

/** The next changes behind a name. */
export function differenceOf(
  base: readonly Listed[],
  list: readonly Listed[],
  after: NodeAddress | undefined,
): Difference {
  const [left, members]: [NodeAddress[], Member[]] = [[], []];
  let [i, j] = [behind(base, after), behind(list, after)];
  let until = after;
  while (i < base.length || j < list.length) {
    if (left.length + members.length === PAGE_MAX) return { left, members, until };
    const [old, now] = [base[i], list[j]];
    if (now === undefined || (old !== undefined && old.eligible.node < now.eligible.node)) {
      until = old!.eligible.node;
      left.push(until);
      i++;
      continue;
    }
    until = now.eligible.node;
    const isOld = old?.eligible.node === until;
    if (!isOld || !isSame(old, now)) members.push(memberFrom(now));
    if (isOld) i++;
    j++;
  }
  return { left, members, until: undefined };
}

const behind = (members: readonly Listed[], after: NodeAddress | undefined): number => {
  if (after === undefined) return 0;
  const at = placeIn(members, after);
  return members[at]?.eligible.node === after ? at + 1 : at;
};

/** As it is said: without what everybody works out alone. */
const memberFrom = ({ eligible, sealing, signing }: Listed): Member => ({
  eligible,
  sealing,
  signing,
});

/** The leaf covers the fingerprints, and so the keys. */
const isSame = (a: Listed, b: Listed): boolean => a === b || same(a.leaf, b.leaf);

/** One roll's members from another's and what changed. */
export function changed(
  base: readonly Listed[],
  changes: ReadonlyMap<NodeAddress, Listed | undefined>,
): Listed[] {
  const kept = base.filter(({ eligible }) => !changes.has(eligible.node));
  const come = [...changes.values()].filter((each) => each !== undefined);
  return [...kept, ...come].toSorted(byName);
}

const byName = (a: Listed, b: Listed): number => (a.eligible.node < b.eligible.node ? -1 : 1);
