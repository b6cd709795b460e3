/**
 * S2, shard: a body becomes its rows, and the rows a manifest.
 *
 *   shard.take --> coding (one job: rows of the code, their hashes) --> manifest --> attest.take
 *
 * The manifest follows from the transaction, its placement and terms alone: whoever does this again, after
 * a restart or because the ingress asked again, makes the same to the last byte. So nothing is kept here.
 * What was coded of late is remembered: a slow machine is asked again, and must not become slower by it.
 *
 * Only this node's S1 is listened to: what is coded here is ordered in this delegate's name.
 * Bounded: `CODING_MAX` bodies at once; one more waits at the ingress, which asks again.
 */
import { shapeOf, type Shape } from '#algorithms/erasure/code.ts';
import { nameText } from '#algorithms/identity.ts';
import { assert } from '#lib/assert.ts';
import { same } from '#lib/bytes.ts';
import { lru, type Lru } from '#lib/lru.ts';
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
import { heldTimes, manifestFault, type Manifest } from './manifest.ts';
import { piecesOf } from './policy.ts';
import type { Self } from './self.ts';
import { TakeAttest, type Moved, type TakeShard } from './sending.messages.ts';
import { rejected } from './sending/refusal.ts';
import { address } from './subjects.ts';
import { txIdOf } from './transaction.ts';

export const CODING_MAX = 256;
export const CODE_JOB = 'shard.code';

export interface CodeInput {
  readonly shape: Shape;
  readonly body: Uint8Array;
  readonly rows: number;
}
export interface Coded {
  /** All rows, and their hashes, each one after another. */
  readonly block: Uint8Array;
  readonly pieceHashes: Uint8Array;
}

/** Transactions coded of late; the largest has 100 KB of rows. */
export const CODED_MAX = 128;

interface Coding {
  readonly taken: TakeShard;
  readonly since: number;
}

export interface Sharding {
  readonly self: Self;
  /** By the text of the id. */
  readonly coded: Lru<string, Pick<TakeAttest, 'manifest' | 'block'>>;
  /** By the text of the id. */
  readonly coding: Map<string, Coding>;
}

type Says = TakeAttest | Moved;
type Did = Step<Sharding, Says>;

export const begin = (self: Self): Did => [
  { self, coded: lru(CODED_MAX), coding: new Map() },
  NOTHING,
];

export function step(
  state: Sharding,
  input: TakeShard | Signal,
  at: Pick<Moment, 'from' | 'now'>,
): Did {
  switch (input.kind) {
    case 'shard.take':
      return [
        state,
        at.from === address(state.self.node, 'select') ? take(state, input, at.now) : NOTHING,
      ];
    case 'computed':
      return [state, coded(state, input.id, input.output, at.now)];
    case 'uncomputed':
      state.coding.delete(input.id);
      return [state, NOTHING];
    default:
      return [state, NOTHING];
  }
}

/** What must be true between any two steps. */
export function invariants({ coding }: Sharding): void {
  assert(coding.size <= CODING_MAX, 'few enough bodies are coded at once');
}

function take({ self, coding, coded: ready }: Sharding, taken: TakeShard, now: number): Did[1] {
  const { tx, terms } = taken;
  const name = nameText(txIdOf(tx.cover.header));
  const done = ready.get(name);
  if (done !== undefined && isSame(done.manifest, taken)) {
    self.probe.sometimes('shard: what was coded goes out again');
    return [handOn(self, taken, done)];
  }
  const known = coding.get(name);
  if (known !== undefined) {
    coding.set(name, { ...known, taken: { ...known.taken, ingress: taken.ingress } });
    return NOTHING;
  }
  if (coding.size >= CODING_MAX) {
    self.probe.sometimes('shard: too much at once');
    return NOTHING;
  }
  coding.set(name, { taken, since: now });
  const shape = shapeOf(terms.k, tx.body.length, terms.stripeBytes);
  const input: CodeInput = { shape, body: tx.body, rows: piecesOf(terms) + terms.escalatePieces };
  return [compute(name, CODE_JOB, input as unknown as Plain)];
}

/** Of one list there is one placement of a transaction, and of one policy one code. */
const isSame = (manifest: Manifest, { placement, terms }: TakeShard): boolean =>
  same(manifest.placement.list, placement.list) && manifest.terms.version === terms.version;

const handOn = (
  { node }: Self,
  { tx, ingress, keys }: TakeShard,
  coded: Pick<TakeAttest, 'manifest' | 'block'>,
) => send(address(node, 'attest'), TakeAttest.of({ cover: tx.cover, ingress, keys, ...coded }));

function coded(
  { self, coding, coded: ready }: Sharding,
  name: string,
  output: Plain,
  now: number,
): Did[1] {
  const known = coding.get(name);
  if (known === undefined) return NOTHING;
  const { taken, since } = known;
  coding.delete(name);
  const { block, pieceHashes } = output as unknown as Coded;
  const manifest = manifestOf(taken, pieceHashes);
  // Terms that no code has are a policy's fault; the transaction is not taken under it.
  if (manifestFault(manifest) !== undefined)
    return [rejected(taken.ingress, manifest.txId, 'no-capacity')];
  ready.put(name, { manifest, block });
  return [handOn(self, taken, { manifest, block }), layerTook('S2', since, now)];
}

export function manifestOf(
  { tx, placement, terms }: Pick<TakeShard, 'tx' | 'placement' | 'terms'>,
  pieceHashes: Uint8Array,
): Manifest {
  const { header } = tx.cover;
  return {
    version: 1,
    txId: txIdOf(header),
    payloadBytes: header.bodyBytes,
    pieceHashes,
    placement,
    terms,
    ...heldTimes(header.core, terms),
  };
}
