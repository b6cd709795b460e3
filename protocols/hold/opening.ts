/**
 * Opening: signatures of orders, capsules and pieces, many in one job of the pool. What comes while a job is under way
 * goes together into the next one, which knows by then that the order of its pieces stands: so on a busy machine an
 * order is verified once, however many of its pieces come. A second job is begun beside only when a whole batch waits.
 */
import type { OpenJob } from '#algorithms/seal.ts';
import { assert } from '#lib/assert.ts';
import { compute, NOTHING, type Effect, type Plain } from '../effect.ts';
import { BATCH_MAX, batchVerifyJob, holderBinding } from '../holding.ts';
import type { Opened, OpenInput, OpenOutput, ToOpen } from './jobs.ts';
import { OPENING_MAX, type Holding, type Opening, type Take } from './state.ts';

type Did = readonly Effect<never>[];

const ID = 'open:';
export const isOpening = ({ opening }: Holding, id: string): boolean => opening.has(id);

/** Into the next job; what is held already only waits for the signature of its order. */
export function open(holding: Holding, take: Take): Did {
  holding.toOpen.push(take);
  return begin(holding);
}

/** A job is done: what became of each piece of it. */
export function opened(
  holding: Holding,
  id: string,
  output: Plain,
): readonly [readonly (readonly [Take, Opened])[], Did] {
  const { takes, orders } = done(holding, id);
  const { orders: stand, pieces } = output as unknown as OpenOutput;
  for (const [i, { orderId }] of orders.entries()) if (stand[i]) holding.verified.add(orderId);
  return [takes.map((take, i) => [take, pieces[i]] as const), begin(holding)];
}

/** A job failed: its pieces are as if they had not come. */
export function unopened(holding: Holding, id: string): readonly [readonly Take[], Did] {
  return [done(holding, id).takes, begin(holding)];
}

function done({ opening }: Holding, id: string): Opening {
  const begun = opening.get(id);
  assert(begun !== undefined, 'what is opened was begun');
  opening.delete(id);
  return begun;
}

function begin(holding: Holding): Did {
  const { toOpen, opening, verified } = holding;
  const isIdle = opening.size === 0 && toOpen.length > 0;
  const isFull = opening.size < OPENING_MAX && toOpen.length >= BATCH_MAX;
  if (!isIdle && !isFull) return NOTHING;
  const takes = toOpen.splice(0, BATCH_MAX);
  const unverified = takes.filter(({ orderId }) => !verified.has(orderId));
  const orders = [...new Map(unverified.map((take) => [take.orderId, take])).values()];
  const id = `${ID}${++holding.begun}`;
  opening.set(id, { takes, orders });
  return [compute(id, 'hold.open', inputOf(holding, takes, orders) as unknown as Plain)];
}

function inputOf(holding: Holding, takes: readonly Take[], orders: readonly Take[]): OpenInput {
  const { network } = holding.holder.genesis;
  const at = new Map(orders.map(({ orderId }, i) => [orderId, i]));
  return {
    orders: orders.map(({ order, orderKey }) => batchVerifyJob('order', network, order, orderKey)),
    pieces: takes.map((take) => toOpenOf(holding, take, at.get(take.orderId))),
  };
}

function toOpenOf(holding: Holding, take: Take, orderAt: number | undefined): ToOpen {
  const { order, row, piecePath: path } = take.sealed;
  const { pieceRoot, rows } = order;
  const open = take.held === undefined ? openJobOf(holding, take) : undefined;
  return { order: orderAt, open, row, rows, pieceRoot, path };
}

function openJobOf({ holder, fingerprint }: Holding, { sealed }: Take): OpenJob {
  const { order, row, capsule } = sealed;
  const { suite, seed } = holder.secrets.sealing;
  const { network } = holder.genesis;
  return {
    suite,
    seed,
    binding: holderBinding(network, order, row, holder.node, fingerprint),
    capsule,
  };
}
