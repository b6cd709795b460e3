/**
 * R4, restore: the payload, or all rows, from as many pieces as it takes.
 *
 *   restore.take --(one job: decode, code again, compare with the manifest)--> reading.restored
 *                                                        '--(a lie)--> reading.refuted, evidence to the ledger
 *
 * Safety: what is handed out is what the manifest commits to, whichever pieces it was made from; so two readers
 * never read different payloads. Where the pieces are those of no payload, or of another one than the sender signed,
 * they prove it: the accusation takes its place in the order, and means the same on every node. No key is needed
 * for any of it: what is restored is ciphertext, and it is opened where the key is.
 *
 * Bounds: `RESTORING_MAX` at once; beyond them, and where the pool fails `TRIES` times, `busy`.
 */
import { assert } from '#lib/assert.ts';
import {
  compute,
  NOTHING,
  send,
  type Effect,
  type Moment,
  type Plain,
  type Signal,
  type Step,
} from '../effect.ts';
import { figure } from '../figures.ts';
import { shapeOfManifest } from '../manifest.ts';
import {
  Refuted,
  Restored,
  Wanting,
  type RestoreHears,
  type RestoreSays,
  type TakeRestore,
} from '../receiving.messages.ts';
import { isOwn, type Self } from '../self.ts';
import { accuse, accused, isAccusation, noAccusations, type Accusing } from './accuse.ts';
import type { RestoreInput, RestoreOutput } from './jobs.ts';

export const RESTORING_MAX = 256;
/** What the pool loses so often it will lose again. */
const TRIES = 3;
const RETRY_MS = 1_000;

interface Work {
  readonly taken: TakeRestore;
  tries: number;
}

export interface Restoring {
  readonly self: Self;
  readonly underWay: Map<string, Work>;
  readonly accusing: Accusing;
  begun: number;
}

type Effects = readonly Effect<RestoreSays>[];

export const begin = (self: Self): Step<Restoring, RestoreSays> => [
  { self, underWay: new Map(), accusing: noAccusations(), begun: 0 },
  NOTHING,
];

export const step = (
  state: Restoring,
  input: RestoreHears | Signal,
  at: Moment,
): Step<Restoring, RestoreSays> => [state, effectsOf(state, input, at)];

function effectsOf(state: Restoring, input: RestoreHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'restore.take':
      return isOwn(state.self, 'gather', at) ? take(state, input) : NOTHING;
    case 'computed':
      return isAccusation(input.id)
        ? accused(state.accusing, state.self, input.id, input.output as Uint8Array)
        : computed(state, input.id, input.output as RestoreOutput, at);
    case 'uncomputed':
      return isAccusation(input.id)
        ? accused(state.accusing, state.self, input.id, undefined)
        : again(state, input.id);
    default:
      return NOTHING;
  }
}

/** What must be true between any two steps. */
export function invariants({ underWay }: Restoring): void {
  assert(underWay.size <= RESTORING_MAX, 'few enough are restored at once');
}

function take(state: Restoring, taken: TakeRestore): Effects {
  if (state.underWay.size >= RESTORING_MAX) return [busy(taken)];
  const id = `restore/${++state.begun}`;
  state.underWay.set(id, { taken, tries: 1 });
  return [work(state, id, taken)];
}

function busy({ errand, manifest, pieces }: TakeRestore): Effect<RestoreSays> {
  const { number } = errand;
  const short = { have: pieces.length, need: manifest.terms.k, retryMs: RETRY_MS };
  return send(errand.for, Wanting.of({ number, txId: manifest.txId, why: 'busy', ...short }));
}

function work({ self }: Restoring, id: string, taken: TakeRestore): Effect<RestoreSays> {
  const { errand, manifest, pieces } = taken;
  const input: RestoreInput = {
    shape: shapeOfManifest(manifest),
    hashes: manifest.pieceHashes,
    pieces: pieces.map(({ row, piece }) => ({ index: row, bytes: piece })),
    want: errand.want === 'rows' ? 'rows' : 'body',
    bodyHash: errand.bodyHash,
    isTrusting: self.plant === 'no-recode-check',
  };
  return compute(id, 'read.restore', input as unknown as Plain);
}

function again(state: Restoring, id: string): Effects {
  const its = state.underWay.get(id);
  if (its === undefined) return NOTHING;
  if (its.tries++ < TRIES) return [work(state, id, its.taken)];
  state.self.probe.sometimes('restore: the pool fails');
  state.underWay.delete(id);
  return [busy(its.taken)];
}

function computed(state: Restoring, id: string, output: RestoreOutput, at: Moment): Effects {
  const its = state.underWay.get(id);
  if (its === undefined) return NOTHING;
  state.underWay.delete(id);
  const { taken } = its;
  const { errand, manifest } = taken;
  const { number } = errand;
  const { txId } = manifest;
  if (output !== null) return [send(errand.for, Restored.of({ number, txId, bytes: output }))];
  state.self.probe.sometimes('restore: a manifest was a lie');
  return [
    figure('city_chain_poisoned_total', 1),
    send(errand.for, Refuted.of({ number, txId })),
    ...accuse(state.accusing, state.self, taken, at),
  ];
}
