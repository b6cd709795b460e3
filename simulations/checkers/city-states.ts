/**
 * Do states lead on, and clocks stay near the time?
 *
 * - Where a transaction stands in a ledger never goes back, on its disk, across all of its lives; what is
 *   committed may expire, and nothing else follows an end.
 * - A public transition leads on, or is about health, and names its cause.
 * - Batches of the order have later and later stamps, and none of them is of the far future.
 * - What S3 and holders sign is not stamped ahead of their own clock.
 */
import { compareStamps, stampOf, type Stamp } from '#algorithms/clock/hlc.ts';
import { hex } from '#lib/bytes.ts';
import { whole } from '#protocols/codec.ts';
import type { Json } from '#protocols/effect.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { batchDigest, type Batch } from '#protocols/holding.ts';
import { batchKey, Committed } from '#protocols/ledger/records.ts';
import { HoldAcks, HoldPieces } from '#protocols/sending.messages.ts';
import { address, nodeOf, type NodeAddress } from '#protocols/subjects.ts';
import { keyPrefix } from '#runtime/lives.ts';
import type { Applications } from '../city/applications.ts';
import { txRowOf } from '../city/disks.ts';
import type { Town } from '../city/town.ts';
import { EPOCH_MS } from '../clock.ts';
import type { Life } from '../machine.ts';
import type { Checker, World } from '../world.ts';
import { bodyOf } from './city-pieces.ts';

/** How far an order has come; health comes and goes. */
const PLACES: Readonly<Record<string, number>> = {
  FRESH: 0,
  POH_ACK: 1,
  COMMITTED: 2,
  REJECTED: 3,
  EXPIRED: 3,
};
/** What two honest clocks may be apart: no batch is of later than what they show. */
const AHEAD_MS = 1_100;
/** What a clock that is asked may have moved since. */
const TICK_MS = 1;

export const leadsOn = (before: string, after: string): boolean =>
  before === after || (before !== 'REJECTED' && PLACES[after]! > PLACES[before]!);

export function statesChecker(world: World, town: Town, applications: Applications): Checker {
  const stood = new Map<string, string>();
  const heights = new Map<NodeAddress, { height: number; at: Stamp }>();
  /** The latest that the clock of a life has shown. */
  const shown = new Map<Life, number>();
  const stamped = new Set<string>();
  const standings = (node: NodeAddress): void => {
    for (const sent of applications.sent.values()) {
      const row = txRowOf(town, node, sent);
      if (row === undefined) continue;
      const which = `${sent.name} at ${node}`;
      const before = stood.get(which) ?? row.order;
      stood.set(which, row.order);
      world.claim(leadsOn(before, row.order), () => `${which}: ${row.order} after ${before}`);
    }
  };
  const heads = (node: NodeAddress): void => {
    const { disk } = town.machineOf.get(node)!;
    const last = heights.get(node) ?? { height: 0, at: { wallMs: 0, count: 0 } };
    for (;;) {
      const bytes = disk.durable(keyPrefix(address(node, 'ledger')) + batchKey(last.height + 1));
      if (bytes === undefined) break;
      const at = stampOf(whole(Committed, bytes).batch.head.at);
      const isLater = compareStamps(at, last.at) > 0;
      world.claim(
        isLater,
        () => `batch ${last.height + 1} of ${node} is later than the one before`,
      );
      const aheadMs = at.wallMs - (EPOCH_MS + world.nowMs);
      world.claim(aheadMs <= AHEAD_MS, () => `batch ${last.height + 1} is ${aheadMs} ms ahead`);
      [last.height, last.at] = [last.height + 1, at];
    }
    heights.set(node, last);
  };
  const signs = (batch: Batch, life: Life): void => {
    const { at, signer } = batch.head;
    const digest = hex(batchDigest(batch));
    const latest = Math.max(shown.get(life) ?? 0, life.clock.wall());
    shown.set(life, latest);
    if (stamped.has(digest)) return;
    stamped.add(digest);
    const aheadMs = stampOf(at).wallMs - latest;
    world.claim(aheadMs <= TICK_MS, () => `${signer} signs ${aheadMs} ms ahead of its clock`);
  };
  return {
    sent: (envelope, life) => {
      const batch = batchIn(envelope);
      if (batch !== undefined && !town.liars.has(nodeOf(envelope.from))) signs(batch, life);
    },
    noted: (subject, fact: Json) => {
      const { state, from, cause } = fact as Readonly<Record<string, string | undefined>>;
      if (!subject.includes('.tx.') || state === undefined || PLACES[state] === undefined) return;
      world.claim(state === 'FRESH' || cause !== undefined, () => `${subject} names its cause`);
      const isOn = from === undefined || PLACES[from] === undefined || leadsOn(from, state);
      world.claim(isOn, () => `${subject}: ${state} after ${from}`);
    },
    look: () => {
      for (const node of town.delegates) {
        standings(node);
        heads(node);
      }
    },
  };
}

const batchIn = (envelope: Envelope): Batch | undefined =>
  bodyOf(envelope, HoldAcks)?.batch ?? bodyOf(envelope, HoldPieces)?.batch;
