/**
 * The terms of a transaction, as everybody computes them: whoever draws its placement to write them into
 * its manifest, each ledger to see that it did not choose its own rules.
 *
 *   terms = resolve(policy in force, what the frozen list says, id of the transaction)
 *
 * Time is the list's, and so are the share of lights that is online, the anchors that are there and the
 * city: whoever has the policy and the list needs nothing else, now or years later.
 */
import { hex, same } from '#lib/bytes.ts';
import { PIECES_MAX, type Continent, type InForce, type Inputs } from '#config/policy.ts';
import { toBytes } from './codec.ts';
import type { EligibleList } from './eligibility.ts';
import { Resolved, resolved } from './policy.ts';
import { continentOf } from './subjects.ts';

export type TermsOf = (list: EligibleList, txId: Uint8Array) => Resolved;

export const termsOf =
  (policy: InForce): TermsOf =>
  (list, txId) =>
    resolved(policy, { ...worldOf(list), tx: txId });

/** Whether terms are those that a policy gives: byte for byte. */
export const areTermsOf = (
  policy: InForce,
  list: EligibleList,
  txId: Uint8Array,
  terms: Resolved,
): boolean => same(toBytes(Resolved, termsOf(policy)(list, txId)), toBytes(Resolved, terms));

type World = Omit<Inputs, 'tx'>;
/** Counting a list costs as much as reading it; each is counted once. */
const WORLDS = new WeakMap<EligibleList, World>();

function worldOf(list: EligibleList): World {
  const known = WORLDS.get(list);
  if (known !== undefined) return known;
  const world = count(list);
  WORLDS.set(list, world);
  return world;
}

function count({ head, nodes }: EligibleList): World {
  const anchors = new Map<Continent, number>();
  const roomy = new Set<string>();
  const full = new Set<string>();
  for (const { node, role, device, weight } of nodes) {
    if (role === 'anchor') {
      const continent = continentOf(node);
      anchors.set(continent, (anchors.get(continent) ?? 0) + 1);
      continue;
    }
    // Lights of one device never share a transaction, and more than it can have pieces change nothing.
    const devices = weight > 0 ? roomy : full;
    if (devices.size < PIECES_MAX) devices.add(hex(device));
  }
  const pLight = new Map(head.lights.map(({ continent, ppm }) => [continent, ppm]));
  const fullLights = [...full].filter((device) => !roomy.has(device)).length;
  return { at: head.at, city: head.place, anchors, lights: roomy.size, fullLights, pLight };
}
