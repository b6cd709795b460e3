/**
 * S3, attest: each row sealed for its holder, and the order that says who is to hold what.
 *
 *   attest.take --+--> sealing (one job: a capsule for each row) ---+--> commit.open
 *                 '--> the order, in a batch (batching.ts) ---------'    distribute.take
 *
 * Both are done at the same time; what is done goes on at once. A row is sealed for whom the manifest
 * names, so that nobody else can open it on its way or take its place; a holder whose key is none gets a
 * capsule that does not open, and S4 finds a spare. For a spare a row is sealed when S4 asks for it.
 *
 * Safety: an order is signed in this delegate's name, so it is signed for this node's S2 alone, and
 * spares are sealed for this node's S4 alone. Signing the same order again says nothing new.
 * Nothing is kept. What was sealed is remembered, as far as there is room, for spares and for when the
 * ingress asks again; what was forgotten is sealed anew.
 * Bounded: `SEALING_MAX` transactions at once, `SEALED_BYTES_MAX` remembered; beyond that the ingress asks again.
 */
import { pieceBytes } from '#algorithms/erasure/code.ts';
import { nameText } from '#algorithms/identity.ts';
import { KEM_SUITES } from '#algorithms/kem.ts';
import { pathOf } from '#algorithms/merkle/tree.ts';
import { assert } from '#lib/assert.ts';
import { same } from '#lib/bytes.ts';
import {
  batching,
  collect,
  invariants as batchInvariants,
  isBatch,
  signed,
  turned,
  unsigned,
  type Batching,
  type Signed,
} from './batching.ts';
import {
  compute,
  NOTHING,
  send,
  type Moment,
  type Plain,
  type Signal,
  type Step,
} from './effect.ts';
import { layerTook } from './figures.ts';
import { FIRST_EPOCH } from './genesis.ts';
import { assignmentTree, orderLeaf, type Order } from './holding.ts';
import {
  isLightRow,
  manifestHashOf,
  pieceTreeOf,
  shapeOfManifest,
  type Manifest,
} from './manifest.ts';
import type { Self } from './self.ts';
import {
  OpenCommit,
  SpareSealed,
  TakeDistribute,
  type Ordered,
  type SealSpare,
  type TakeAttest,
} from './sending.messages.ts';
import type { SealInput, ToSeal } from './sending/sealing.ts';
import { address } from './subjects.ts';

export const SEALING_MAX = 256;
export const SEALED_BYTES_MAX = 64 * 1024 * 1024;
const SPARES_MAX = 256;
export const SEAL_JOB = 'attest.seal';
const SEAL = 'seal/';
const SPARE = 'spare/';

/** A transaction at work: done when it is sealed and ordered. */
interface Work {
  readonly since: number;
  readonly take: TakeAttest;
  readonly order: Order;
  capsules: readonly Uint8Array[] | undefined;
  ordered: Ordered | undefined;
}

export type Sealed = { readonly [K in Exclude<keyof Work, 'since'>]: NonNullable<Work[K]> };

/** Whose order it is. */
interface ToOrder {
  readonly name: string;
  readonly order: Order;
}

interface SpareWanted {
  readonly txId: Uint8Array;
  readonly row: number;
  readonly spare: number;
}

export interface Attesting {
  readonly self: Self;
  readonly orders: Batching<ToOrder>;
  /** By the text of the transaction's id. */
  readonly works: Map<string, Work>;
  /** The least recently used first. */
  readonly sealed: Map<string, Sealed>;
  sealedBytes: number;
  /** By job. */
  readonly spares: Map<string, SpareWanted>;
}

type Says = OpenCommit | TakeDistribute | SpareSealed;
type Did = Step<Attesting, Says>;
type Effects = Did[1];

export function begin(self: Self): Did {
  const { node, genesis, secrets } = self;
  const orders = batching<ToOrder>({
    node,
    network: genesis.network,
    purpose: 'order',
    key: secrets.signing,
  });
  const none = { works: new Map(), sealed: new Map(), spares: new Map() };
  return [{ self, orders, sealedBytes: 0, ...none }, NOTHING];
}

export function step(state: Attesting, input: TakeAttest | SealSpare | Signal, at: Moment): Did {
  const { self, orders } = state;
  switch (input.kind) {
    case 'attest.take':
      return [state, at.from === address(self.node, 'shard') ? take(state, input, at) : NOTHING];
    case 'attest.spare':
      return [state, at.from === distributeOf(self) ? sealSpare(state, input, at) : NOTHING];
    case 'turn':
      return [state, turned(orders, at)];
    case 'computed':
      if (isBatch(orders, input.id))
        return [state, batchSigned(state, input.id, input.output, at.now)];
      return [state, computed(state, input.id, input.output as readonly Uint8Array[], at.now)];
    case 'uncomputed':
      if (isBatch(orders, input.id)) return [state, batchFailed(state, input.id)];
      return [state, failed(state, input.id)];
    default:
      return [state, NOTHING];
  }
}

/** What must be true between any two steps. */
export function invariants({ orders, works, sealed, sealedBytes, spares }: Attesting): void {
  batchInvariants(orders);
  assert(works.size <= SEALING_MAX, 'few enough are at work');
  assert(spares.size <= SPARES_MAX, 'few enough spares are sealed at once');
  const bytes = [...sealed.values()].reduce((sum, each) => sum + bytesOf(each), 0);
  assert(bytes === sealedBytes, 'what is remembered is counted');
  assert(bytes <= SEALED_BYTES_MAX || sealed.size === 1, 'little enough is remembered');
}

const distributeOf = ({ node }: Self) => address(node, 'distribute');

function take(state: Attesting, taken: TakeAttest, at: Moment): Effects {
  const { works, self, orders } = state;
  const name = nameText(taken.manifest.txId);
  const order = orderOf(taken.manifest);
  const known = state.sealed.get(name);
  if (known !== undefined && same(known.order.manifestHash, order.manifestHash)) {
    self.probe.sometimes('attest: what was sealed goes out again');
    return handOn(state, { ...known, take: taken });
  }
  const work = works.get(name);
  if (work !== undefined) {
    works.set(name, { ...work, take: { ...work.take, ingress: taken.ingress } });
    return NOTHING;
  }
  const signing =
    works.size < SEALING_MAX
      ? collect(orders, FIRST_EPOCH, orderLeaf(order), { name, order }, at)
      : undefined;
  if (signing === undefined) {
    self.probe.sometimes('attest: too much at once');
    return NOTHING;
  }
  works.set(name, {
    since: at.now,
    take: taken,
    order,
    capsules: undefined,
    ordered: undefined,
  });
  const all = taken.manifest.placement.holders.map((_, row) => ({ row, place: row }));
  return [...signing, seal(SEAL + name, self, order, taken, all, at)];
}

/** What a delegate orders for a manifest. */
export function orderOf(manifest: Manifest): Order {
  const { root: pieceRoot, count: rows } = pieceTreeOf(manifest);
  const { root: assignments, count: assigned } = assignmentTree(manifest);
  const { txId, terms } = manifest;
  const manifestHash = manifestHashOf(manifest);
  return {
    txId,
    manifestHash,
    pieceRoot,
    rows,
    assignments,
    assigned,
    policyVersion: terms.version,
  };
}

/** Rows for those at these places: of the holders by row, and of the spares behind them. */
function seal(
  id: string,
  { genesis, probe }: Self,
  order: Order,
  { manifest, keys, block }: TakeAttest,
  wanted: readonly { readonly row: number; readonly place: number }[],
  at: Moment,
): Effects[number] {
  const { holders, spares } = manifest.placement;
  const rowBytes = pieceBytes(shapeOfManifest(manifest));
  const rows = wanted.map(({ row, place }): ToSeal => {
    const text = block.subarray(row * rowBytes, (row + 1) * rowBytes);
    const holder = holders[place] ?? spares[place - holders.length]!;
    return { row, holder, key: keys[place]!, text };
  });
  const entropyBytes = rows.reduce((sum, { key }) => sum + KEM_SUITES[key.suite].entropyBytes, 0);
  const { txId, pieceRoot, policyVersion } = order;
  const input: SealInput = {
    network: genesis.network,
    order: { txId, pieceRoot, policyVersion },
    rows,
    entropy: at.entropy.bytes(entropyBytes),
  };
  if (wanted.length === 1) probe.sometimes('attest: a row was sealed for a spare');
  return compute(id, SEAL_JOB, input as unknown as Plain);
}

function computed(
  state: Attesting,
  id: string,
  capsules: readonly Uint8Array[],
  now: number,
): Effects {
  const wanted = state.spares.get(id);
  if (wanted !== undefined) {
    state.spares.delete(id);
    return [send(distributeOf(state.self), SpareSealed.of({ ...wanted, capsule: capsules[0]! }))];
  }
  const name = id.slice(SEAL.length);
  const work = state.works.get(name);
  if (work === undefined) return NOTHING;
  work.capsules = capsules;
  return finished(state, name, work, now);
}

/** It is sealed anew when it is asked for again. */
function failed(state: Attesting, id: string): Effects {
  state.spares.delete(id);
  state.works.delete(id.slice(SEAL.length));
  return NOTHING;
}

function batchSigned(state: Attesting, id: string, output: Plain, now: number): Effects {
  const [batch, effects] = signed(state.orders, id, output);
  return [
    ...effects,
    ...batch.items.flatMap((name, leaf) => orderSigned(state, name, batch, leaf, now)),
  ];
}

function orderSigned(
  state: Attesting,
  { name, order }: ToOrder,
  { batch, tree }: Signed<ToOrder>,
  leaf: number,
  now: number,
): Effects {
  const work = state.works.get(name);
  // It failed meanwhile, and is at work again with another order.
  if (work?.order !== order) return NOTHING;
  work.ordered = { order, batch, leaf, path: pathOf(tree, leaf) };
  return finished(state, name, work, now);
}

function batchFailed(state: Attesting, id: string): Effects {
  const [items, effects] = unsigned(state.orders, id);
  for (const { name, order } of items) {
    if (state.works.get(name)?.order === order) state.works.delete(name);
  }
  return effects;
}

function finished(state: Attesting, name: string, work: Work, now: number): Effects {
  const { take: taken, order, capsules, ordered, since } = work;
  if (capsules === undefined || ordered === undefined) return NOTHING;
  state.works.delete(name);
  return [...handOn(state, { take: taken, order, capsules, ordered }), layerTook('S3', since, now)];
}

/** On to S5, which counts, and to S4, which sends; and into memory. */
function handOn(state: Attesting, sealed: Sealed): Effects {
  const { take: taken, capsules, ordered } = sealed;
  const { cover, ingress, manifest } = taken;
  remember(state, nameText(manifest.txId), sealed);
  return [
    send(address(state.self.node, 'commit'), OpenCommit.of({ cover, ingress, manifest })),
    send(distributeOf(state.self), TakeDistribute.of({ manifest, ordered, capsules })),
  ];
}

const bytesOf = ({ take: { block }, capsules }: Sealed): number =>
  capsules.reduce((sum, { length }) => sum + length, block.length);

function remember(state: Attesting, name: string, sealed: Sealed): void {
  forget(state, name);
  state.sealed.set(name, sealed);
  state.sealedBytes += bytesOf(sealed);
  for (const oldest of state.sealed.keys()) {
    if (state.sealedBytes <= SEALED_BYTES_MAX || state.sealed.size === 1) break;
    forget(state, oldest);
  }
}

function forget(state: Attesting, name: string): void {
  const known = state.sealed.get(name);
  if (known === undefined) return;
  state.sealed.delete(name);
  state.sealedBytes -= bytesOf(known);
}

function sealSpare(state: Attesting, { txId, row, spare }: SealSpare, at: Moment): Effects {
  const { self, sealed, spares } = state;
  const name = nameText(txId);
  const known = sealed.get(name);
  const id = `${SPARE}${name}/${row}/${spare}`;
  if (known === undefined || spares.has(id) || spares.size >= SPARES_MAX) return NOTHING;
  const { take: taken, order } = known;
  const { holders, spares: standby } = taken.manifest.placement;
  if (!isLightRow(taken.manifest, row) || spare >= standby.length) return NOTHING;
  spares.set(id, { txId, row, spare });
  return [seal(id, self, order, taken, [{ row, place: holders.length + spare }], at)];
}
