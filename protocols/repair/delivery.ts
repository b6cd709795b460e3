/**
 * A delivery: rows on their way to those who are to hold them, until each has an ack.
 *
 *   row --> target: a holder, its capsule, how often it was sent --> ack, whose batch is still to be verified
 *
 * A light is one of the candidates for any light row, under an assignment that names no row: so one that is
 * silent is replaced by the next without another order. An anchor's assignment names its row; where one is
 * silent, its rows are left to the next round.
 */
import { pathOf, treeOf, type Tree } from '#algorithms/merkle/tree.ts';
import { concat, hex } from '#lib/bytes.ts';
import { ANY_LIGHT_ROW, assignmentLeaf, type Ack, type Batch, type Order } from '../holding.ts';
import { isLightRow, manifestHashOf, pieceTreeOf, rowsOf } from '../manifest.ts';
import type { Ordered, SealedPiece } from '../sending.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import type { Renewal } from '../act.ts';
import type { Moment } from '../effect.ts';
import type { Effects } from './state.ts';
import { longestOf, promisedUntil, renewalFault } from './placing.ts';
import { renewingOf, type Leased } from './running.ts';

export interface Target {
  readonly holder: NodeAddress;
  /** Absent while it is being sealed. */
  capsule: Uint8Array | undefined;
  sent: number;
  firstSentAt: number;
  ack: { readonly ack: Ack; readonly batch: Batch } | undefined;
}

export interface Delivery {
  /** All rows of the transaction, one after another; absent where rows only stay. */
  readonly block: Uint8Array | undefined;
  /** By row, until when whoever has it promises to hold it. */
  readonly until: ReadonlyMap<number, number>;
  readonly assignments: Tree;
  readonly order: Order;
  ordered: Ordered | undefined;
  readonly targets: Map<number, Target>;
  /** Who has refused, or was silent. */
  readonly without: Set<NodeAddress>;
  /** By the monotonic clock: when what has no ack is sent again. */
  againAt: number;
  attempt: number;
  isVerifying: boolean;
  readonly done: (at: Moment) => Effects;
}

/** Until when each row of the run is to be held. */
export function untilOf(run: Leased): ReadonlyMap<number, number> {
  const renewing = renewingOf(run);
  return new Map([
    ...run.anew.map((row): [number, number] => [row, promisedUntil(renewing, row)]),
    ...run.longer.map((row): [number, number] => [row, longestOf(renewing, row)]),
  ]);
}

/** Who may hold what: each row's own holder, and behind them every light that may take any light's row. */
export function assignmentsOf(
  run: Leased,
  holders: ReadonlyMap<number, NodeAddress>,
  until: ReadonlyMap<number, number>,
): Tree {
  const { manifest, renewing, candidates } = run;
  const rows = renewing.places.map((held, row) =>
    assignmentLeaf({
      row,
      holder: holders.get(row) ?? held.holder,
      until: until.get(row) ?? held.until,
    }),
  );
  const lightUntil = run.anew.find((row) => isLightRow(manifest, row));
  const lights =
    lightUntil === undefined
      ? []
      : candidates.lights.map((holder) =>
          assignmentLeaf({ row: ANY_LIGHT_ROW, holder, until: until.get(lightUntil)! }),
        );
  return treeOf(concat(...rows, ...lights));
}

export function orderOf({ manifest }: Leased, { root, count }: Tree): Order {
  const pieces = pieceTreeOf(manifest);
  return {
    txId: manifest.txId,
    manifestHash: manifestHashOf(manifest),
    pieceRoot: pieces.root,
    rows: pieces.count,
    assignments: root,
    assigned: count,
    policyVersion: manifest.terms.version,
  };
}

/** A row, as its target is sent it. */
export function pieceFor(run: Leased, delivery: Delivery, row: number, to: Target): SealedPiece {
  const { manifest, candidates, longer } = run;
  const { order, leaf, path } = delivery.ordered!;
  const isNewLight = isLightRow(manifest, row) && !longer.includes(row);
  const spare = isNewLight ? candidates.lights.indexOf(to.holder) : -1;
  const assignment = spare < 0 ? row : rowsOf(manifest) + spare;
  return {
    order,
    leaf,
    path,
    row,
    assignment,
    assignmentPath: pathOf(delivery.assignments, assignment),
    until: delivery.until.get(row)!,
    piecePath: pathOf(pieceTreeOf(manifest), row),
    capsule: to.capsule!,
  };
}

/**
 * What is held anew by now, and the acks that say so. Where more were silent than may be passed over, those that
 * were drawn last are left out: they have their rows, and are found to have them in the next round.
 */
export function renewalOf(run: Leased, delivery: Delivery) {
  const done = [...delivery.targets].flatMap(([row, { holder, ack }]) =>
    ack === undefined ? [] : [{ row, holder, ...ack }],
  );
  const renewing = renewingOf(run);
  let sorted = done.toSorted((a, b) => a.row - b.row);
  let renewal = renewalOfRows(run, delivery, sorted);
  while (sorted.length > 0 && renewalFault(renewing, renewal) !== undefined) {
    const ranks = sorted.map(({ holder }) => run.candidates.lights.indexOf(holder));
    const last = ranks.indexOf(Math.max(...ranks));
    sorted = sorted.filter((_, i) => i !== last);
    renewal = renewalOfRows(run, delivery, sorted);
  }
  return {
    renewal,
    acks: sorted.map(({ ack }) => ack),
    batches: [...new Map(sorted.map(({ ack, batch }) => [hex(ack.batch), batch])).values()],
  };
}

const renewalOfRows = (
  { renewing, list }: Leased,
  { until }: Delivery,
  sorted: readonly { readonly row: number; readonly holder: NodeAddress }[],
): Renewal => ({
  round: renewing.round,
  list: list.digest,
  rows: sorted.map(({ row }) => row),
  holders: sorted.map(({ holder }) => holder),
  until: sorted.map(({ row }) => until.get(row)!),
});
