/**
 * The overlay of one node: whom it knows, what it knows. Changed in place: a step touches one entry.
 *
 *   active    neighbours: they know us as one as well. What is spread goes along these edges: as a whole where
 *             `isEager`, else only its name.
 *   passive   known, and no neighbours: whoever takes the place of a neighbour that is gone
 *   asking    may become neighbours: asked, and not answered yet
 *   lost      were neighbours or seeds, and out of reach: called again, less and less often
 */
import { NO_PROBE, type Probe } from '#lib/probe.ts';
import { buckets, type Buckets } from '../allowance.ts';
import { send, type Effect, type Entropy } from '../effect.ts';
import type { Judged, OverlaySays, Topic } from '../overlay.messages.ts';
import { address, type Address, type NodeAddress } from '../subjects.ts';
import { PEERS_MAX, REJOIN_MS_MIN } from './bounds.ts';

export const OVERLAY = 'overlay';
export const overlayOf = (node: NodeAddress): Address => address(node, OVERLAY);

/** Bugs on purpose (simulations/plants.ts). */
export const OVERLAY_PLANTS = {
  'forward-join-adds-at-once': 'an overlay takes for a neighbour whoever has not agreed',
  'no-prune': 'an overlay lets neighbours send it again what it has',
  'no-graft-timer': 'an overlay never asks for what it was only told of',
  'rejoin-at-every-disconnect': 'an overlay calls back whoever has let it go',
  'no-rejoin': 'an overlay never again calls whom it could not reach',
  'passes-on-unjudged': 'an overlay passes on what its listener has not found fit',
} as const;
export type OverlayPlant = keyof typeof OVERLAY_PLANTS;

export interface OverlayOptions {
  readonly node: NodeAddress;
  /** Known from the beginning, and for ever: the delegates of a genesis. */
  readonly seeds: readonly NodeAddress[];
  /** The roles on this node that judge what is spread. */
  readonly listeners: ReadonlyMap<Topic, string>;
  readonly probe?: Probe;
  readonly plant?: OverlayPlant | undefined;
}

export interface Neighbour {
  isEager: boolean;
}

export interface Known {
  readonly at: number;
  readonly topic: Topic;
  /** Dropped before the name is. */
  payload: Uint8Array | undefined;
  readonly hops: number;
  /** Nobody: it comes from this node. */
  readonly from: NodeAddress | undefined;
  is: 'asked' | Judged['verdict'];
}

/** Told of, and not there: who has it, and how far from where it began. */
export type Missing = Map<NodeAddress, number>;

export const REFUSALS = [
  'no-overlay',
  'stranger',
  'barred',
  'too-often',
  'unasked',
  'wrong-id',
  'no-listener',
  'unfit',
  'not-here',
  'table-full',
] as const;
export type Refusal = (typeof REFUSALS)[number];

export interface Overlay {
  readonly of: OverlayOptions;
  readonly probe: Probe;
  readonly active: Map<NodeAddress, Neighbour>;
  readonly passive: Set<NodeAddress>;
  readonly asking: Map<NodeAddress, { readonly isUrgent: boolean }>;
  /** Asked since the last still. */
  readonly tried: Set<NodeAddress>;
  /** How often they were called. */
  readonly lost: Map<NodeAddress, number>;
  /** Of the newest list. */
  listed: readonly NodeAddress[];
  /** Until when. */
  readonly barred: Map<NodeAddress, number>;
  rejoinMs: number;
  isRejoining: boolean;
  readonly allowances: Buckets;
  /** By the name, the oldest first. */
  readonly known: Map<string, Known>;
  payloadBytes: number;
  readonly missing: Map<string, Missing>;
  readonly refused: Map<Refusal, number>;
  /** Payloads that came, payloads that were new. */
  copies: number;
  heard: number;
}

export type Said = readonly Effect<OverlaySays>[];

export const empty = (of: OverlayOptions): Overlay => ({
  of,
  probe: of.probe ?? NO_PROBE,
  active: new Map(),
  passive: new Set(),
  asking: new Map(),
  tried: new Set(),
  lost: new Map(),
  listed: [],
  barred: new Map(),
  rejoinMs: REJOIN_MS_MIN,
  isRejoining: false,
  allowances: buckets(PEERS_MAX),
  known: new Map(),
  payloadBytes: 0,
  missing: new Map(),
  refused: new Map(),
  copies: 0,
  heard: 0,
});

export const say = (to: NodeAddress, message: OverlaySays): Effect<OverlaySays> =>
  send(overlayOf(to), message);

export function refuse({ refused, probe }: Overlay, why: Refusal): readonly never[] {
  refused.set(why, (refused.get(why) ?? 0) + 1);
  probe.sometimes(`overlay: refused: ${why}`);
  return [];
}

export const seedsOf = ({ of, listed }: Overlay): NodeAddress[] =>
  [...new Set([...of.seeds, ...listed])].filter((node) => node !== of.node);

/** Some of them, each as likely as any other, in an order that is drawn. */
export function drawn<T>(from: Iterable<T>, count: number, entropy: Entropy): T[] {
  const left = [...from];
  const taken: T[] = [];
  while (taken.length < count && left.length > 0) {
    const at = entropy.below(left.length);
    taken.push(left[at]!);
    left[at] = left.at(-1)!;
    left.pop();
  }
  return taken;
}
