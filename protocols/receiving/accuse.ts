/**
 * Accusing a manifest: whoever found that its pieces are those of no payload says so to the city, once.
 *
 *   pieces that all fit --(signed: a job)--> act `accuse bad-manifest` --> own ledger --> the order
 *
 * The evidence needs nobody's word: each delegate decodes the same pieces, and comes to the same verdict.
 */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { hex } from '#lib/bytes.ts';
import { lru, type Lru } from '#lib/lru.ts';
import { actSignJob, type Act } from '../act.ts';
import { compute, NOTHING, send, type Effect, type Moment, type Plain } from '../effect.ts';
import { OfferAct } from '../ledger.messages.ts';
import type { TakeRestore } from '../receiving.messages.ts';
import type { Self } from '../self.ts';
import { address } from '../subjects.ts';

/** Transactions of which the evidence was given of late. */
const ACCUSED_MAX = 256;

export interface Accusing {
  readonly accused: Lru<string, true>;
  readonly underWay: Map<string, Act>;
  begun: number;
}

export const noAccusations = (): Accusing => ({
  accused: lru(ACCUSED_MAX),
  underWay: new Map(),
  begun: 0,
});

const ID = 'accuse/';
export const isAccusation = (id: string): boolean => id.startsWith(ID);

export function accuse(
  state: Accusing,
  { genesis, secrets }: Self,
  { manifest, pieces }: TakeRestore,
  { wall }: Moment,
): readonly Effect<never>[] {
  const { txId } = manifest;
  if (state.accused.get(hex(txId)) === true) return NOTHING;
  state.accused.put(hex(txId), true);
  const act: Act = {
    version: 1,
    place: genesis.place,
    about: txId,
    at: stampBytes({ wallMs: Math.floor(wall), count: 0 }),
    what: { says: 'accuse', fault: { fault: 'bad-manifest', pieces } },
  };
  const id = `${ID}${++state.begun}`;
  state.underWay.set(id, act);
  const job = actSignJob(genesis.network, act, secrets.signing);
  return [compute(id, 'batch.sign', job as unknown as Plain)];
}

/** It is signed, or not: then whoever reads the transaction next finds it again. */
export function accused(
  state: Accusing,
  { genesis, node }: Self,
  id: string,
  signature: Uint8Array | undefined,
): readonly Effect<OfferAct>[] {
  const act = state.underWay.get(id);
  state.underWay.delete(id);
  if (act === undefined) return NOTHING;
  const key = genesis.delegates.find((delegate) => delegate.node === node)?.signing;
  if (signature === undefined || key === undefined) {
    state.accused.clear();
    return NOTHING;
  }
  return [send(address(node, 'ledger'), OfferAct.of({ act: { act, key, signature } }))];
}
