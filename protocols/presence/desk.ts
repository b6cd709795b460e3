/**
 * The desk: where hearts knock and log in.
 *
 *   knock -> nonce       nothing is remembered of it
 *   login -> cheap checks -> waits -> a batch of signatures in a job -> cheap checks again -> welcome
 *
 * Cheap checks come before any signature: the challenge is ours, this node's, young and unused; grant or
 * contract say what the login says; operator and device have room. Who fails one costs a hash and an
 * answer. What is used, waits or is verified is bounded; beyond that logins are refused as `busy`, and
 * hearts try again. A node has one login at a time on its way, and one a second.
 */
import { KEM_SUITES } from '#algorithms/kem.ts';
import { hex } from '#lib/bytes.ts';
import { lru, type Lru } from '#lib/lru.ts';
import { credentialFault, proofJobs, type Contracts, type Proof } from '../credential.ts';
import { compute, NOTHING, note, send, type Effect, type Moment, type Plain } from '../effect.ts';
import type { Genesis } from '../genesis.ts';
import {
  Nonce,
  PresenceRefused,
  Welcome,
  type LogIn,
  type PresenceSays,
  type RefusalReason,
} from '../presence.messages.ts';
import { nodeOf, nodeToken, type Address, type NodeAddress } from '../subjects.ts';
import type { Admission, Admitted } from './jobs.ts';
import { givenAt, nonceFor, sessionKey, type Challenger } from './session.ts';
import { admit, fullFor, type Limits, type Table } from './table.ts';

export const NONCE_MS = 30_000;
const USED_MAX = 65_536;
export const WAITING_MAX = 1_024;
const BATCH_MAX = 32;
const BATCHES_MAX = 2;
const AGAIN_MS = 1_000;
const RECENT_MAX = 65_536;
export const ADMIT = 'admit/';

/** What a desk judges by. */
export interface House {
  readonly genesis: Genesis;
  readonly contracts: Contracts;
  readonly limits: Limits;
}

interface Pending {
  readonly proof: Proof;
  readonly from: Address;
}

export interface Desk {
  readonly challenger: Challenger;
  /** By nonce, until it is too old anyway. In the order of time. */
  readonly used: Map<string, number>;
  waiting: Pending[];
  readonly verifying: Map<string, readonly Pending[]>;
  /** Who waits or is being verified. */
  readonly nodes: Set<NodeAddress>;
  readonly recent: Lru<NodeAddress, number>;
  batches: number;
}

export const desk = (challenger: Challenger): Desk => ({
  challenger,
  used: new Map(),
  waiting: [],
  verifying: new Map(),
  nodes: new Set(),
  recent: lru(RECENT_MAX),
  batches: 0,
});

type Said = readonly Effect<PresenceSays>[];

export const refusal = (to: Address, reason: RefusalReason, active?: NodeAddress): Said => [
  send(to, PresenceRefused.of({ reason, active })),
];

export function knocked({ challenger }: Desk, from: Address, { now, entropy }: Moment): Said {
  const nonce = nonceFor(challenger, nodeOf(from), now, (length) => entropy.bytes(length));
  return [send(from, Nonce.of({ nonce }))];
}

export function asked(
  desk: Desk,
  house: House,
  table: Table,
  { proof }: LogIn,
  from: Address,
  at: Moment,
): Said {
  const { node, nonce } = proof.login;
  if (node !== nodeOf(from) || desk.nodes.has(node)) return NOTHING;
  const reason = faultOf(desk, house, table, proof, at);
  if (reason !== undefined) return refusal(from, reason);
  desk.used.set(hex(nonce), at.now);
  desk.recent.put(node, at.now);
  desk.nodes.add(node);
  desk.waiting.push({ proof, from });
  return verifyMore(desk, house, at);
}

function faultOf(
  desk: Desk,
  { contracts, limits }: House,
  table: Table,
  proof: Proof,
  { now, wall }: Moment,
): RefusalReason | undefined {
  const { node, nonce, server } = proof.login;
  const { challenger, used } = desk;
  const given = server === challenger.server ? givenAt(challenger, node, nonce) : undefined;
  forgetOld(used, now);
  if (given === undefined || given + NONCE_MS <= now || used.has(hex(nonce))) return 'stale-nonce';
  const fault = credentialFault(proof, contracts, wall) ?? fullFor(table, limits, proof.login);
  if (fault !== undefined) return fault;
  const last = desk.recent.get(node);
  if (last !== undefined && now < last + AGAIN_MS) return 'too-soon';
  return desk.waiting.length >= WAITING_MAX || used.size >= USED_MAX ? 'busy' : undefined;
}

/** Nonces are used in the order of time, or nearly. */
function forgetOld(used: Map<string, number>, now: number): void {
  for (const [nonce, at] of used) {
    if (at + NONCE_MS > now) return;
    used.delete(nonce);
  }
}

function verifyMore(desk: Desk, { genesis }: House, { entropy }: Moment): Said {
  const { network, grantor } = genesis;
  const effects: Effect<PresenceSays>[] = [];
  while (desk.waiting.length > 0 && desk.verifying.size < BATCHES_MAX) {
    const batch = desk.waiting.slice(0, BATCH_MAX);
    desk.waiting = desk.waiting.slice(BATCH_MAX);
    const input = batch.map(({ proof }): Admission => {
      const { suite, key } = proof.login.sealing;
      const seal = {
        suite,
        publicKey: key,
        entropy: entropy.bytes(KEM_SUITES[suite].entropyBytes),
      };
      return { verify: proofJobs(network, grantor, proof), seal };
    });
    const id = `${ADMIT}${desk.batches++}`;
    desk.verifying.set(id, batch);
    effects.push(compute(id, 'presence.admit', input as unknown as Plain));
  }
  return effects;
}

/** What became of a batch; `undefined` when the pool could not say. */
export function judged(
  desk: Desk,
  house: House,
  table: Table,
  id: string,
  verdicts: readonly (Admitted | undefined)[] | undefined,
  at: Moment,
): Said {
  const batch = desk.verifying.get(id) ?? [];
  desk.verifying.delete(id);
  const effects: Effect<PresenceSays>[] = [];
  for (const [i, { proof, from }] of batch.entries()) {
    desk.nodes.delete(proof.login.node);
    const admitted = verdicts?.[i];
    const full = fullFor(table, house.limits, proof.login);
    if (verdicts === undefined) effects.push(...refusal(from, 'busy'));
    else if (admitted === undefined) effects.push(...refusal(from, 'bad-signature'));
    else if (full !== undefined) effects.push(...refusal(from, full));
    else effects.push(...welcomed(table, proof, from, admitted, at));
  }
  return [...effects, ...verifyMore(desk, house, at)];
}

function welcomed(
  table: Table,
  proof: Proof,
  from: Address,
  { secret, ciphertext }: Admitted,
  { now }: Moment,
): Said {
  const { node, nonce, role } = proof.login;
  const wasThere = admit(table, proof, sessionKey(secret, nonce), now);
  const welcome = send(from, Welcome.of({ nonce, ciphertext }));
  if (wasThere) return [welcome];
  return [welcome, note(`presence.${nodeToken(node)}.joined`, { node, role })];
}
