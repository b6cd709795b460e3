/**
 * The table: who is online now, as the active presence knows it.
 *
 * Somebody is in it from its login, or because the newest list had it when this presence took over, until
 * it logs out or is silent: for three beats with a session, for `GRACE_MS` without one, in which it finds
 * out that presence is elsewhere now and logs in again.
 *
 * Bounds: `listedMax` nodes, of each operator and device only so many. A node takes about 10 KB with
 * keys of the default suites (bench/presence.bench.ts), while its login is not in a list yet, 7 KB more
 * for its proof.
 */
import { hex, same } from '#lib/bytes.ts';
import type { Proof } from '../credential.ts';
import type { NodeAddress } from '../subjects.ts';
import { listedOf, memberOf, reweighed, type Listed, type Roll } from './roll.ts';
import { settled, weigh, type Measured, type Weighing } from './weigh.ts';
import type { Eligible } from '../eligibility.ts';
import { fingerprintOf, readerFingerprintOf } from '../transaction.ts';

export const BEAT_MS = 1_000;
const SILENT_MS = 3 * BEAT_MS + 500;
export const GRACE_MS = 10_000;

export interface Limits {
  readonly listedMax: number;
  readonly perOperator: number;
  readonly perDevice: number;
}
export const DEFAULT_LIMITS: Limits = { listedMax: 100_000, perOperator: 1_000, perDevice: 4 };

export interface Session {
  readonly key: Uint8Array;
  /** Of the last word. */
  number: number;
}

export interface Present {
  listed: Listed;
  session: Session | undefined;
  /** Until when it counts as online, if nothing is heard. */
  until: number;
  measured: Measured | undefined;
  /** As long as delegates may ask for it. */
  proof: Proof | undefined;
}

export interface Table {
  readonly of: Map<NodeAddress, Present>;
  readonly operators: Map<string, number>;
  readonly devices: Map<string, number>;
  /** Came, left or changed keys since the newest list. */
  stale: number;
}

export const table = (): Table => ({
  of: new Map(),
  operators: new Map(),
  devices: new Map(),
  stale: 0,
});

/** The table of a presence that takes over: all of the list, for the time being. */
export function adopted(roll: Roll | undefined, now: number): Table {
  const all = table();
  for (const listed of roll?.members ?? []) {
    count(all, listed.eligible, 1);
    all.of.set(listed.eligible.node, {
      listed,
      session: undefined,
      until: now + GRACE_MS,
      measured: undefined,
      proof: undefined,
    });
  }
  return all;
}

export type Full = 'list-full' | 'operator-full' | 'device-full';

/** Whether somebody else finds no room; whoever is in the table already keeps its own. */
export function fullFor(
  { of, operators, devices }: Table,
  { listedMax, perOperator, perDevice }: Limits,
  { node, operator, device }: Pick<Eligible, 'node' | 'operator' | 'device'>,
): Full | undefined {
  const own = of.get(node)?.listed.eligible;
  if (own === undefined && of.size >= listedMax) return 'list-full';
  if (others(operators, operator, own?.operator) >= perOperator) return 'operator-full';
  return others(devices, device, own?.device) >= perDevice ? 'device-full' : undefined;
}

const others = (
  all: ReadonlyMap<string, number>,
  key: Uint8Array,
  own: Uint8Array | undefined,
): number => (all.get(hex(key)) ?? 0) - (own !== undefined && same(own, key) ? 1 : 0);

/** Puts somebody in whose login stands. Whether it was there before. */
export function admit(all: Table, proof: Proof, key: Uint8Array, now: number): boolean {
  const { node, role, operator, device, verifying, sealing, freeBytes } = proof.login;
  const before = all.of.get(node);
  const eligible: Eligible = {
    node,
    role,
    operator,
    device,
    weight: before?.listed.eligible.weight ?? 0,
    fingerprint: readerFingerprintOf(sealing),
    signer: fingerprintOf(verifying),
  };
  const listed = listedOf({ eligible, sealing, signing: verifying })!;
  const isSame = before !== undefined && same(before.listed.leaf, listed.leaf);
  if (!isSame) all.stale++;
  if (before !== undefined) count(all, before.listed.eligible, -1);
  count(all, eligible, 1);
  all.of.set(node, {
    listed: isSame ? before.listed : listed,
    session: { key, number: 0 },
    until: now + SILENT_MS,
    measured: { freeBytes, loadPermille: 0, roundTripUs: 0 },
    proof,
  });
  return before !== undefined;
}

export function remove(all: Table, node: NodeAddress): boolean {
  const present = all.of.get(node);
  if (present === undefined) return false;
  all.of.delete(node);
  count(all, present.listed.eligible, -1);
  all.stale++;
  return true;
}

function count({ operators, devices }: Table, { operator, device }: Eligible, by: number): void {
  for (const [all, key] of [
    [operators, hex(operator)],
    [devices, hex(device)],
  ] as const) {
    const left = (all.get(key) ?? 0) + by;
    if (left > 0) all.set(key, left);
    else all.delete(key);
  }
}

export function heard(present: Present, number: number, measured: Measured, now: number): void {
  present.session!.number = number;
  present.measured = measured;
  present.until = now + SILENT_MS;
}

export function silent({ of }: Table, now: number): NodeAddress[] {
  const gone: NodeAddress[] = [];
  for (const [node, { until }] of of) if (until <= now) gone.push(node);
  return gone;
}

/** All who are online, in the order of their names, each with the weight to be listed now. */
export function weighed(
  { of }: Table,
  weighing: Weighing,
  scoreOf: (node: NodeAddress) => number | undefined,
): readonly Listed[] {
  const all: Listed[] = [];
  for (const [node, present] of of) {
    const { listed, measured } = present;
    const { eligible } = listed;
    if (measured !== undefined) {
      const wanted = weigh(weighing, eligible.role, measured, scoreOf(node));
      const weight = settled(eligible.weight, wanted);
      if (weight !== eligible.weight) present.listed = reweighed(listed, weight);
    }
    all.push(present.listed);
  }
  return all.toSorted((a, b) => (a.eligible.node < b.eligible.node ? -1 : 1));
}

/** A list is frozen: what it has needs no proof any more, and the difference is counted anew. */
export function listed(all: Table, { members }: Roll): void {
  let known = 0;
  for (const [node, present] of all.of) {
    const there = memberOf(members, node);
    if (there === undefined || !isSamePerson(there.eligible, present.listed.eligible)) continue;
    present.proof = undefined;
    known++;
  }
  all.stale = all.of.size - known + members.length - known;
}

/** The same but for the weight: no new proof is needed. */
export const isSamePerson = (a: Eligible, b: Eligible): boolean =>
  a.node === b.node &&
  a.role === b.role &&
  same(a.operator, b.operator) &&
  same(a.device, b.device) &&
  same(a.fingerprint, b.fingerprint) &&
  same(a.signer, b.signer);
