/**
 * What an ingress measures of a transaction: how long its sender waited to be told that it is kept, and that it is
 * committed. Each is said once. A write is judged (protocols/slo/) when it is kept, or, if that takes so long that
 * it has to be driven again, at that moment: whoever never gets an answer must count before its time is over.
 */
import { NOTHING, send, type Effect } from '../effect.ts';
import { figure, type Measured } from '../figures.ts';
import type { Order } from '../lifecycle.ts';
import type { Self } from '../self.ts';
import { Saw } from '../slo.messages.ts';
import { address } from '../subjects.ts';
import type { Driven } from './state.ts';

type Effects = readonly (Effect<Saw> | Measured)[];

/** Word has taken it on from `before`. */
export function measure(self: Self, driven: Driven, before: Order, now: number): Effects {
  const { since, order } = driven;
  if (since === undefined || order === before) return NOTHING;
  const isKept = order === 'POH_ACK' || order === 'COMMITTED';
  const kept = before === 'FRESH' && isKept ? keptNow(self, driven, now - since, now) : NOTHING;
  if (order !== 'COMMITTED') return kept;
  return [
    ...kept,
    figure('city_chain_send_seconds', now - since, 'COMMITTED'),
    figure('city_chain_wait_seconds', now - driven.keptAt!, 'order'),
  ];
}

function keptNow(self: Self, driven: Driven, tookMs: number, now: number): Effects {
  driven.keptAt = now;
  return [figure('city_chain_send_seconds', tookMs, 'POH_ACK'), ...judged(self, driven, tookMs)];
}

/** It has to be driven again, and nobody knows of enough acks. */
export const late = (self: Self, driven: Driven): Effects =>
  driven.order === 'FRESH' && driven.since !== undefined
    ? judged(self, driven, undefined)
    : NOTHING;

function judged(self: Self, driven: Driven, tookMs: number | undefined): Effects {
  if (driven.isJudged) return NOTHING;
  driven.isJudged = true;
  const took = tookMs === undefined ? undefined : Math.round(tookMs);
  return [send(address(self.node, 'slo'), Saw.of({ what: 'write', tookMs: took }))];
}
