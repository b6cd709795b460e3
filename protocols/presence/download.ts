/**
 * A download: the members of a list, page by page, as what differs from a list that one has.
 *
 * Nothing is believed before the end: then the root over what was collected is that of the head, or all
 * of it is thrown away. Pages that do not follow the one before, come twice or late, change nothing.
 * Bounds: members as many as the head counts, and leavers as many as the base has.
 */
import { same } from '#lib/bytes.ts';
import { eligibleDigest, type Frozen } from '../eligibility.ts';
import { FetchList, type ListPage } from '../presence.messages.ts';
import type { Genesis } from '../genesis.ts';
import type { NodeAddress } from '../subjects.ts';
import { changed, listedOf, type Listed, type Roll } from './roll.ts';
import { sharedRollOf } from './shelf.ts';

export interface Download {
  readonly genesis: Genesis;
  readonly frozen: Frozen;
  readonly digest: Uint8Array;
  base: Roll | undefined;
  after: NodeAddress | undefined;
  readonly changes: Map<NodeAddress, Listed | undefined>;
}

export const download = (genesis: Genesis, frozen: Frozen, base: Roll | undefined): Download => ({
  genesis,
  frozen,
  digest: eligibleDigest(frozen.head),
  base,
  after: undefined,
  changes: new Map(),
});

/** What to ask next. */
export const wanted = ({ digest, base, after }: Download): FetchList =>
  FetchList.of({ list: digest, base: base?.list.digest, after });

export type Taken =
  | { readonly is: 'whole'; readonly roll: Roll }
  /** Ask on. */
  | { readonly is: 'more' }
  /** Not a page of this download, or not the next one. */
  | { readonly is: 'other' }
  /** The pages do not make the list. */
  | { readonly is: 'broken' };

const BROKEN: Taken = { is: 'broken' };

export function take(of: Download, page: ListPage): Taken {
  if (!same(page.list, of.digest)) return { is: 'other' };
  if (of.base !== undefined && of.after === undefined && page.base === undefined)
    of.base = undefined; // The other does not know it any more, and begins with nobody.
  if (!isBase(of.base, page.base) || page.after !== of.after) return { is: 'other' };
  if (!isInOrder(page) || !collect(of, page)) return BROKEN;
  if (page.until !== undefined) {
    of.after = page.until;
    return { is: 'more' };
  }
  const members = changed(of.base?.members ?? [], of.changes);
  const roll = sharedRollOf(of.genesis, of.frozen, members);
  return roll === undefined ? BROKEN : { is: 'whole', roll };
}

const isBase = (base: Roll | undefined, said: Uint8Array | undefined): boolean =>
  base === undefined || said === undefined
    ? base === undefined && said === undefined
    : same(base.list.digest, said);

/** Each name behind the one before, all of them within the page's bounds. */
function isInOrder({ after, left, members, until }: ListPage): boolean {
  const isWithin = (names: readonly NodeAddress[]): boolean =>
    names.every(
      (name, i) =>
        (i === 0 ? after === undefined || after < name : names[i - 1]! < name) &&
        (until === undefined || name <= until),
    );
  const goesOn = until === undefined || after === undefined || after < until;
  return goesOn && isWithin(left) && isWithin(members.map(({ eligible }) => eligible.node));
}

function collect({ frozen, base, changes }: Download, page: ListPage): boolean {
  for (const node of page.left) changes.set(node, undefined);
  for (const member of page.members) {
    const listed = listedOf(member);
    if (listed === undefined) return false;
    changes.set(member.eligible.node, listed);
  }
  return changes.size <= frozen.head.count + (base?.members.length ?? 0);
}
