/** The last word of a transaction, and whether another one leads further. */
import type { IngressReason, Progress } from '../sending.messages.ts';

export type State = Progress['state'];
export type Word = Pick<Progress, 'state' | 'acks' | 'needed' | 'rows' | 'cause' | 'height'> & {
  readonly reason?: IngressReason | undefined;
  readonly effect?: Progress['effect'];
};

/** How far; what leads back is not told. */
export const PLACES: Readonly<Record<State, number>> = {
  FRESH: 0,
  REPAIR_REQ: 0,
  LOST: 0,
  POH_ACK: 1,
  COMMITTED: 2,
  REJECTED: 3,
  EXPIRED: 3,
};

export function isNews(before: Word | undefined, word: Word): boolean {
  if (before === undefined) return true;
  if (PLACES[word.state] !== PLACES[before.state]) return PLACES[word.state] > PLACES[before.state];
  return word.state !== before.state || word.acks !== before.acks;
}
