/**
 * The least cryptography with so many transactions under way: what batches can be, where senders do not wait for one
 * another.
 *
 *   under way = waiting for an order + for acks + for three rounds + at work
 *
 * Whoever shares a signature waits for it at the same time. So the mean batches of all these stages together are no
 * more than what is under way, though nothing else took any time (Little's law); the floor's batches of 16 need 16
 * in each of them. What is shared best is found by trying all ways to divide. Two things more that the floor leaves
 * out: each delegate signs its own orders, and a light has one row of a transaction, so whoever holds verifies an order
 * for a row or two of it, however many transactions are in it.
 */
import { floorOf, type Batches, type Prices, type Sizes } from './floor.ts';

/** Who holds: a light one row of a transaction, the anchors an equal share of the others. */
export interface Holders {
  readonly lights: number;
  readonly anchors: number;
  readonly lightRows: number;
}

/** So fine is what is tried. */
const PARTS = 64;

export function leastOf(sizes: Sizes, cost: Prices, holders: Holders, underWay: number): number {
  const whole: Batches = { ack: 1, order: 1, city: 1 };
  const { parts, totalUs } = floorOf(sizes, cost, whole);
  const shared = Object.entries(parts)
    .filter(([part]) => /^(orders|acks|vertices)/.test(part))
    .reduce((sum, [, us]) => sum + us, 0);
  return totalUs - shared + sharedAtBest(sizes, cost, holders, underWay);
}

function sharedAtBest(
  { delegates }: Sizes,
  { sign, verify }: Prices,
  holders: Holders,
  underWay: number,
): number {
  const others = delegates - 1;
  const orders = (count: number) =>
    perEach(count / delegates, (b) => sign + reached(holders, b) * verify);
  const acks = (count: number) =>
    perEach(count, (b) => reached(holders, b) * (sign + delegates * verify));
  const rounds = (count: number) =>
    3 * perEach(count / 3, () => delegates * (sign + others * verify));
  let least = Infinity;
  for (let i = 1; i < PARTS; i++) {
    for (let j = 1; i + j < PARTS; j++) {
      const [order, ack] = [(i * underWay) / PARTS, (j * underWay) / PARTS];
      least = Math.min(least, orders(order) + acks(ack) + rounds(underWay - order - ack));
    }
  }
  return least;
}

/** What is done once for so many, for each of them: never for less than one. */
function perEach(count: number, once: (batch: number) => number): number {
  const batch = Math.max(1, count);
  return once(batch) / batch;
}

/** Holders that have a row of any of so many transactions. */
const reached = ({ lights, anchors, lightRows }: Holders, transactions: number): number =>
  lights * (1 - (1 - lightRows / lights) ** transactions) + anchors;
