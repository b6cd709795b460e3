/**
 * The least of a ledger that the seam of the order asks for (protocols/order.messages.ts): a durable chain of batches,
 * and a set of certificates, which mean nothing. What it holds comes from the scenario, and from other ledgers when its
 * city wants it.
 *
 *   dag-test.offer --> held/<cert> --(durable)--> city.certified
 *   ledger.committed --> chain/<height> --(durable)--> city.applied
 */
import { hex } from '#lib/bytes.ts';
import {
  Committed,
  entries,
  Entry,
  type Committed as CommittedBatchOf,
} from '#protocols/city-batch.ts';
import { catalogue, list, message, toBytes, union, whole, type Infer } from '#protocols/codec.ts';
import {
  keep,
  put,
  reply,
  send,
  type Effect,
  type Moment,
  type Signal,
  type Step,
} from '#protocols/effect.ts';
import { AskChain, Chained } from '#protocols/ledger.messages.ts';
import { Applied, Certified, CommittedBatch, Fetch, Resume } from '#protocols/order.messages.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { digest } from '#protocols/terms.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import type { Reckoning } from './reckoning.ts';

const HELD = 'held/';
export const CHAIN = 'chain/';

export const OfferEntries = message('dag-test.offer', { entries });
const WantEntries = message('dag-test.want', { certs: list(digest, 500) });

type Hears =
  | Infer<typeof OfferEntries>
  | Infer<typeof WantEntries>
  | CommittedBatch
  | Fetch
  | Resume
  | AskChain;
type Says = Certified | Applied | Chained | Infer<typeof OfferEntries> | Infer<typeof WantEntries>;

interface Ledger {
  readonly node: NodeAddress;
  readonly reckoning: Reckoning;
  readonly held: Map<string, Entry>;
  readonly chain: CommittedBatchOf[];
  readonly ordered: Set<string>;
  /** What is said once it is durable. */
  readonly keeping: Map<string, () => readonly Effect<Says>[]>;
  keeps: number;
  isApplying: boolean;
}

const HEARS = catalogue(OfferEntries, WantEntries, CommittedBatch, Fetch, Resume, AskChain);
const SAYS = union(catalogue(Certified, Applied, Chained), catalogue(OfferEntries, WantEntries));

export function leastLedger(node: NodeAddress, reckoning: Reckoning): AnyActor {
  const actor: Actor<Ledger, Hears, Says> = {
    address: address(node, 'ledger'),
    listens: HEARS,
    speaks: SAYS,
    keeps: true,
    start: (_, kept) => [restored(node, reckoning, kept), []],
    receive: step,
  };
  return anyActor(actor);
}

function restored(
  node: NodeAddress,
  reckoning: Reckoning,
  kept: ReadonlyMap<string, Uint8Array>,
): Ledger {
  const rows = (under: string): Uint8Array[] =>
    [...kept].filter(([key]) => key.startsWith(under)).map(([, value]) => value);
  const chain = rows(CHAIN)
    .map((row) => whole(Committed, row))
    .toSorted((a, b) => a.batch.head.height - b.batch.head.height);
  const held = rows(HELD).map((row) => whole(Entry, row));
  return {
    node,
    reckoning,
    held: new Map(held.map((entry) => [hex(entry.cert), entry])),
    chain,
    ordered: new Set(chain.flatMap(({ batch }) => batch.entries.map(({ cert }) => hex(cert)))),
    keeping: new Map(),
    keeps: 0,
    isApplying: false,
  };
}

function step(ledger: Ledger, input: Hears | Signal, at: Moment): Step<Ledger, Says> {
  return [ledger, heard(ledger, input, at)];
}

function heard(ledger: Ledger, input: Hears | Signal, at: Moment): readonly Effect<Says>[] {
  const city = address(ledger.node, 'city');
  switch (input.kind) {
    case 'dag-test.offer':
      return hold(ledger, input.entries);
    case 'dag-test.want': {
      const found = input.certs.flatMap((cert) => ledger.held.get(hex(cert)) ?? []);
      return found.length === 0 ? [] : reply(at, OfferEntries.of({ entries: found }));
    }
    case 'ledger.resume':
      return resumed(ledger);
    case 'ledger.fetch':
      return fetched(ledger, input);
    case 'ledger.committed':
      return at.from === city ? apply(ledger, input.committed) : [];
    case 'ledger.chain': {
      const batches = ledger.chain.slice(
        input.from - 1,
        input.from - 1 + Math.min(16, input.count),
      );
      return reply(at, Chained.of({ height: ledger.chain.length, batches }));
    }
    case 'kept': {
      const then = ledger.keeping.get(input.id);
      ledger.keeping.delete(input.id);
      return then?.() ?? [];
    }
    default:
      return [];
  }
}

function hold(ledger: Ledger, all: readonly Entry[]): readonly Effect<Says>[] {
  const fresh = all.filter(({ cert }) => !ledger.held.has(hex(cert)));
  if (fresh.length === 0) return [];
  const writes = fresh.map((entry) => put(HELD + hex(entry.cert), toBytes(Entry, entry)));
  return keepThen(ledger, writes, () => {
    for (const entry of fresh) ledger.held.set(hex(entry.cert), entry);
    return [send(address(ledger.node, 'city'), Certified.of({ entries: fresh }))];
  });
}

function keepThen(
  ledger: Ledger,
  writes: Parameters<typeof keep>[1][],
  then: () => readonly Effect<Says>[],
): readonly Effect<Says>[] {
  const id = `keep/${++ledger.keeps}`;
  ledger.keeping.set(id, then);
  return [keep(id, ...writes)];
}

function resumed(ledger: Ledger): readonly Effect<Says>[] {
  const waiting = [...ledger.held.values()].filter(({ cert }) => !ledger.ordered.has(hex(cert)));
  const city = address(ledger.node, 'city');
  const told = waiting.length === 0 ? [] : [send(city, Certified.of({ entries: waiting }))];
  return [...told, send(city, ledger.reckoning.applied(ledger.chain))];
}

function fetched({ held, node }: Ledger, { certs, from }: Fetch): readonly Effect<Says>[] {
  const here = certs.flatMap((cert) => held.get(hex(cert)) ?? []);
  const away = certs.filter((cert) => !held.has(hex(cert)));
  return [
    ...(here.length === 0 ? [] : [send(address(node, 'city'), Certified.of({ entries: here }))]),
    ...(away.length === 0 ? [] : [send(address(from, 'ledger'), WantEntries.of({ certs: away }))]),
  ];
}

function apply(ledger: Ledger, committed: CommittedBatchOf): readonly Effect<Says>[] {
  const { head, entries: named } = committed.batch;
  const city = address(ledger.node, 'city');
  if (head.height <= ledger.chain.length)
    return [send(city, ledger.reckoning.applied(ledger.chain))];
  if (ledger.isApplying || head.height !== ledger.chain.length + 1) return [];
  ledger.isApplying = true;
  const row = put(CHAIN + head.height, toBytes(Committed, committed));
  const rows = named.map((entry) => put(HELD + hex(entry.cert), toBytes(Entry, entry)));
  return keepThen(ledger, [row, ...rows], () => {
    ledger.isApplying = false;
    ledger.chain.push(committed);
    for (const entry of named) {
      ledger.held.set(hex(entry.cert), entry);
      ledger.ordered.add(hex(entry.cert));
    }
    return [send(city, ledger.reckoning.applied(ledger.chain))];
  });
}
