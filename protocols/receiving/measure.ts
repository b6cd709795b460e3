/**
 * What R1 measures of a read: its own time, what the layers behind it take, what others are waited for, and the whole.
 *
 *   read --R1--> (approving: wait for ledgers) --R1--> errand --R2--> gathering: wait for pieces --> restoring --R4--> given
 *
 * R2 and R3 decide within a step, so that the phases which R3 tells are all that is needed. How a read ends is what
 * the reader waited for, and is judged (protocols/slo/); what its asker has to blame itself for is neither.
 */
import { NOTHING, send, type Effect } from '../effect.ts';
import { figure, layerTook, type Measured } from '../figures.ts';
import type { Phase, ReceiveSays } from '../receiving.messages.ts';
import type { Self } from '../self.ts';
import { Saw } from '../slo.messages.ts';
import { address } from '../subjects.ts';
import type { Reading } from './readings.ts';

type Effects = readonly (Effect<Saw> | Measured)[];

/** Other ledgers have answered. */
export function approvedAt(reading: Reading, now: number): Effects {
  const waitedMs = now - reading.turnedAt;
  reading.waitedMs += waitedMs;
  return isRead(reading) ? [figure('city_chain_wait_seconds', waitedMs, 'ledgers')] : NOTHING;
}

/** It is known what it is and who asks: on to R2, the first time. */
export function handedOn(reading: Reading, now: number): Effects {
  reading.turnedAt = now;
  return isRead(reading) ? [layerTook('R1', reading.since + reading.waitedMs, now)] : NOTHING;
}

/** R3 says that it is at another phase. */
export function turned(reading: Reading, to: Phase, now: number): Effects {
  const { phase: from, turnedAt } = reading;
  // Whoever waits for holders to come back goes on waiting for pieces.
  const isSame = from === to || from === 'waiting' || to === 'waiting';
  if (isSame && to !== 'restoring') return NOTHING;
  reading.turnedAt = now;
  if (!isRead(reading)) return NOTHING;
  return to === 'gathering'
    ? [layerTook('R2', turnedAt, now)]
    : [figure('city_chain_wait_seconds', now - turnedAt, 'pieces')];
}

/** Its last word is said. */
export function ended(self: Self, reading: Reading, word: ReceiveSays, now: number): Effects {
  const outcome = outcomeOf(word);
  if (outcome === undefined || !isRead(reading)) return NOTHING;
  const tookMs = now - reading.since;
  const judged = Saw.of({
    what: 'read',
    tookMs: outcome === 'given' ? Math.round(tookMs) : undefined,
  });
  return [
    figure('city_chain_read_seconds', tookMs, outcome),
    ...(outcome === 'given' ? [layerTook('R4', reading.turnedAt, now)] : NOTHING),
    send(address(self.node, 'slo'), judged),
  ];
}

const isRead = ({ what }: Reading): boolean => what === 'read';

function outcomeOf(word: ReceiveSays): 'given' | 'unavailable' | 'busy' | undefined {
  if (word.kind === 'receive.given') return 'given';
  if (word.kind === 'receive.unavailable') return 'unavailable';
  return word.kind === 'receive.refused' && word.reason === 'busy' ? 'busy' : undefined;
}
