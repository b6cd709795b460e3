/** What a mirror says of a transaction: public facts of its cover and of the order, and nothing of its text. */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { nameText } from '#algorithms/identity.ts';
import { continentOf } from '../ack-rule.ts';
import type { Happened, Told } from '../ledger.messages.ts';

/** An operation of the city, a letter to somebody, or an entry for whoever may read it. */
export type MirrorKind = 'operation' | 'letter' | 'entry';

/** In the form of the mirror itself: snake case, times in milliseconds since 1970. */
export interface MirrorRow {
  readonly tx_id: string;
  readonly continent: string;
  readonly city: string;
  readonly to_city: string;
  readonly kind: MirrorKind;
  readonly state: string;
  readonly bytes: number;
  readonly created_at: number;
  /** By the time of its batch; none while it has no place in the order. */
  readonly ordered_at: number | null;
  /** Where in the order this was said of it: greater says more. */
  readonly number: number;
}

/** What happened to a transaction, with what a ledger told of it; `undefined` while the ledger does not know it. */
export function rowOf(
  { txId, state, number }: Happened,
  { cover, proof }: Pick<Told, 'cover' | 'proof'>,
): MirrorRow | undefined {
  if (cover === undefined) return undefined;
  const { core, bodyBytes } = cover.header;
  return {
    tx_id: nameText(txId),
    continent: continentOf(core.from),
    city: core.from,
    to_city: core.to,
    kind: kindOf(core),
    state,
    bytes: bodyBytes,
    created_at: stampOf(core.createdAt).wallMs,
    ordered_at: proof === undefined ? null : stampOf(proof.head.at).wallMs,
    number,
  };
}

type Core = NonNullable<Told['cover']>['header']['core'];

function kindOf({ op, receiver }: Core): MirrorKind {
  if (op.length > 0) return 'operation';
  return receiver === undefined ? 'entry' : 'letter';
}
