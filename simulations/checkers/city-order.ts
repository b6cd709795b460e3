/**
 * Is there one order? Read from the disks of all ledgers.
 *
 * - No height ever has two batches, no batch two effects, no number of a sender two winners, whichever disk
 *   is looked at, and whenever.
 * - Of a transaction one end is told, whoever tells it: in notes, to clients, on disks.
 * - What was made in the far future, or what nobody signed, is not committed.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { nameText } from '#algorithms/identity.ts';
import { hex } from '#lib/bytes.ts';
import { headDigest } from '#protocols/city-batch.ts';
import { whole } from '#protocols/codec.ts';
import type { Json } from '#protocols/effect.ts';
import { Committed, Done, HEAD, Head, Winner } from '#protocols/ledger/records.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { keyPrefix } from '#runtime/lives.ts';
import type { Applications } from '../city/applications.ts';
import type { Want } from '../city/draw.ts';
import { EPOCH_MS } from '../clock.ts';
import type { Town } from '../city/town.ts';
import type { Checker, World } from '../world.ts';

const ENDS: ReadonlySet<string> = new Set(['COMMITTED', 'REJECTED', 'EXPIRED']);
/** What nobody may have signed so, or that its sender never wrote. */
const NEVER: ReadonlySet<Want> = new Set(['forged', 'other-body', 'other-network']);
/** What a transaction may be ahead of a clock, and the clock of the world's time. */
const AHEAD_MS = 5_000 + 1_100;

/** What was committed is over when its time is. */
const isOne = (one: string, other: string): boolean =>
  one === other || (one !== 'REJECTED' && other !== 'REJECTED');

export interface OrderChecker extends Checker {
  /** Somebody told that it has ended. */
  readonly told: (name: string, end: string, by: string) => void;
  readonly isCommitted: (name: string) => boolean;
  /** What all ledgers agree on; `undefined` while they do not. */
  readonly agreed: () => Head | undefined;
}

export function orderCheckerOfCity(
  world: World,
  town: Town,
  applications: Applications,
  promised: (name: string) => void,
): OrderChecker {
  /** By what it is about: whatever was said of it first. */
  const facts = new Map<string, string>();
  const ends = new Map<string, readonly [end: string, by: string]>();
  const read = new Set<string>();
  const one = (what: string, is: string): void => {
    const before = facts.get(what);
    if (before === undefined) facts.set(what, is);
    else world.claim(before === is, () => `${what} is ${before} and ${is}`);
  };
  const told = (name: string, end: string, by: string): void => {
    const [before, first] = ends.get(name) ?? [end, by];
    world.claim(
      isOne(before, end),
      () => `${name} has one end: ${before} by ${first}, ${end} by ${by}`,
    );
    if (!ends.has(name)) ends.set(name, [end, by]);
    if (end !== 'COMMITTED') return;
    promised(name);
    const { want, tx } = applications.sent.get(name)!;
    world.claim(!NEVER.has(want), () => `${name}, which is ${want}, is committed`);
    const { createdAt } = tx.cover.header.core;
    const aheadMs = stampOf(createdAt).wallMs - (EPOCH_MS + world.nowMs);
    world.claim(aheadMs <= AHEAD_MS, () => `${name} is committed ${aheadMs} ms before it was made`);
  };
  const rows = (node: NodeAddress, under: string): readonly (readonly [string, Uint8Array])[] => {
    const prefix = keyPrefix(address(node, 'ledger')) + under;
    const found = town.machineOf.get(node)!.disk.durableUnder(prefix);
    return found
      .filter(([key]) => !read.has(key))
      .map(([key, value]) => (read.add(key), [key.slice(prefix.length), value] as const));
  };
  const look = (node: NodeAddress): void => {
    for (const [height, bytes] of rows(node, 'batch/')) {
      one(`batch ${height}`, hex(headDigest(whole(Committed, bytes).batch.head)));
    }
    for (const [height, bytes] of rows(node, 'done/')) {
      one(`what batch ${height} did`, hex(bytes));
      for (const { txId, state } of whole(Done, bytes)) told(nameText(txId), state, node);
    }
    for (const [slot, bytes] of rows(node, 'slot/')) {
      one(`the winner of ${slot}`, nameText(whole(Winner, bytes).txId));
    }
  };
  return {
    told,
    isCommitted: (name) => ends.get(name)?.[0] === 'COMMITTED',
    noted: (subject, fact: Json) => {
      const { txId, state } = fact as { readonly txId?: string; readonly state?: string };
      if (txId === undefined || state === undefined || !subject.includes('.tx.')) return;
      if (state === 'POH_ACK') promised(txId);
      if (ENDS.has(state)) told(txId, state, 'a note');
    },
    look: () => {
      for (const node of town.delegates) look(node);
    },
    agreed: () => {
      const heads = town.delegates.map((node) => {
        const key = keyPrefix(address(node, 'ledger')) + HEAD;
        return town.machineOf.get(node)!.disk.durable(key);
      });
      const [first] = heads;
      const areSame =
        first !== undefined && heads.every((each) => each && hex(each) === hex(first));
      return areSame ? whole(Head, first) : undefined;
    },
  };
}
