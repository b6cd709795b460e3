/** What S4 has under way: each transaction with its rows, and for each row those who were sent it. */
import type { Tree } from '#algorithms/merkle/tree.ts';
import { verifiedBatches, type VerifiedBatches } from '../certificate.ts';
import { assignmentTree, type Ack, type Batch } from '../holding.ts';
import { isLightRow, pieceTreeOf, placedRows, rowsOf, type Manifest } from '../manifest.ts';
import { patience, type Patience } from '../patience.ts';
import type { Replica } from '../presence/replica.ts';
import type { Self } from '../self.ts';
import type { Ordered, TakeDistribute } from '../sending.messages.ts';
import type { NodeAddress } from '../subjects.ts';

/** Transactions at once, and their capsules: a second of the highest rate, and those with silent holders. */
export const SENDINGS_MAX = 1_024;
export const BYTES_MAX = 64 * 1024 * 1024;
/** What holders are asked for so long; after that repair looks after what is missing. */
export const SENDING_MS = 60_000;
/** Rows of one transaction that go to spares at once: more are no silence of theirs. */
const SPARES_OUT_MAX = 8;
/** Ack batches known to be signed. */
const VERIFIED_MAX = 8_192;

/** One that was sent a row, or will be as soon as it is sealed for it. */
export interface Target {
  readonly holder: NodeAddress;
  /** Its place among the spares; absent for the one that was placed. */
  readonly spare: number | undefined;
  /** Absent until S3 has sealed it. */
  capsule: Uint8Array | undefined;
  hasRefused: boolean;
}

export interface Row {
  readonly row: number;
  readonly targets: Target[];
  ack: { readonly ack: Ack; readonly batch: Batch } | undefined;
}

/** A transaction. */
export interface Sending {
  readonly key: string;
  readonly manifest: Manifest;
  readonly ordered: Ordered;
  readonly capsules: readonly Uint8Array[];
  readonly pieces: Tree;
  readonly assignments: Tree;
  readonly bytes: number;
  readonly until: number;
  readonly begunAt: number;
  /** Those that are to be acknowledged: escalation adds to them. */
  readonly rows: Map<number, Row>;
  acked: number;
  attempt: number;
  sparesUsed: number;
}

/** A row on its way to one of its targets. */
export interface Parcel {
  readonly sending: Sending;
  readonly row: number;
  readonly target: Target;
}

/** Acks whose batch is yet to be verified. */
export interface Unverified {
  readonly id: string;
  readonly since: number;
  readonly batch: Batch;
  readonly acks: { readonly sending: Sending; readonly ack: Ack }[];
}

export interface Distributing {
  readonly self: Self;
  readonly replica: Replica;
  readonly sendings: Map<string, Sending>;
  bytes: number;
  readonly patience: Patience;
  /** What leaves at the end of this moment. */
  outbox: Parcel[];
  readonly verified: VerifiedBatches;
  /** By the id of the batch; those of one job share it. */
  readonly unverified: Map<string, Unverified>;
  toVerify: Unverified[];
  readonly verifying: Map<string, readonly Unverified[]>;
  begun: number;
}

export const emptyDistributing = (self: Self, replica: Replica): Distributing => ({
  self,
  replica,
  sendings: new Map(),
  bytes: 0,
  patience: patience(),
  outbox: [],
  verified: verifiedBatches(VERIFIED_MAX),
  unverified: new Map(),
  toVerify: [],
  verifying: new Map(),
  begun: 0,
});

/** A transaction from the beginning: every placed row with the one that it was placed on. */
export function sendingOf(take: TakeDistribute, key: string, now: number): Sending {
  const { manifest, ordered, capsules } = take;
  const sending: Sending = {
    key,
    manifest,
    ordered,
    capsules,
    pieces: pieceTreeOf(manifest),
    assignments: assignmentTree(manifest),
    bytes: capsules.reduce((sum, { length }) => sum + length, 0),
    until: now + SENDING_MS,
    begunAt: now,
    rows: new Map(),
    acked: 0,
    attempt: 0,
    sparesUsed: 0,
  };
  addRows(sending, 0, placedRows(manifest));
  return sending;
}

/** Rows for escalation are rows like any other from now on; nothing where they are already. */
export function escalated(sending: Sending): readonly Row[] {
  const { manifest } = sending;
  return addRows(sending, placedRows(manifest), rowsOf(manifest));
}

function addRows(sending: Sending, from: number, to: number): readonly Row[] {
  const { rows, manifest, capsules } = sending;
  const added: Row[] = [];
  for (let row = from; row < to; row++) {
    if (rows.has(row)) continue;
    const holder = manifest.placement.holders[row]!;
    const target = { holder, spare: undefined, capsule: capsules[row], hasRefused: false };
    const made: Row = { row, targets: [target], ack: undefined };
    rows.set(row, made);
    added.push(made);
  }
  return added;
}

export const isWhole = ({ rows, acked }: Sending): boolean => acked === rows.size;

/** Rows that wait for a spare's answer. */
const sparesOut = ({ rows }: Sending): number =>
  [...rows.values()].filter(({ ack, targets }) => ack === undefined && targets.length > 1).length;

export const mayHaveSpare = (sending: Sending, { row, targets }: Row): boolean => {
  const { manifest, sparesUsed } = sending;
  if (!isLightRow(manifest, row) || sparesUsed === manifest.placement.spares.length) return false;
  return targets.length > 1 || sparesOut(sending) < SPARES_OUT_MAX;
};
