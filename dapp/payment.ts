/**
 * A payment, as its sender sees it: within a city it is done when it is committed; to another city it arrives, or comes back.
 */
import { readName } from '#algorithms/identity.ts';
import { CityError } from '#protocols/errors.ts';
import { escrowName } from '#protocols/objects/object.ts';
import type { Op } from '#protocols/objects/op.ts';
import type { ToldObject } from '#protocols/ledger.messages.ts';
import { isPlace } from '#protocols/subjects.ts';
import type { Submitting } from './client.ts';
import type { Submission } from './submission.ts';
import type { Waits } from './waits.ts';

/** Who pays, where to, and what the receiver reads beside it. */
export interface Paying extends Omit<Submitting, 'receiver' | 'op' | 'to' | 'until'> {
  readonly note?: string;
  /** The receiver's city, where it is another one. */
  readonly to?: string;
  /** To another city: how long it may take to arrive; after that it comes back. */
  readonly arriveMs?: number;
}

export interface Paid {
  readonly txId: string;
  readonly height: number | undefined;
  /** In this city; or how it stands on the way to another one. */
  readonly stands: 'paid' | 'locked' | 'settled' | 'released';
}

/** What a payment needs of a client. */
export interface Payer {
  readonly submit: (text: string, submitting: Submitting) => Submission;
  readonly object: (name: Uint8Array) => Promise<ToldObject>;
}

const ARRIVE_MS = 600_000;
const WITHIN_MS = 30_000;
const LOOK_MS = 300;

/** `NOT_DONE` with the reason where the city refused it; still `locked` where `withinMs` is over. */
export async function pay(
  payer: Payer,
  waits: Waits,
  amount: bigint,
  receiver: Uint8Array,
  { note = '', to, arriveMs = ARRIVE_MS, ...submitting }: Paying,
): Promise<Paid> {
  if (to !== undefined && !isPlace(to))
    throw new CityError('WRONG_CITY', `'${to}' is not continent.municipality.city`);
  const endsAt = waits.wallMs + (submitting.withinMs ?? WITHIN_MS);
  const op: Op =
    to === undefined
      ? { op: 'pay', amount }
      : { op: 'transfer', amount, until: waits.wallMs + arriveMs };
  const way = to === undefined ? {} : { to };
  const sent = payer.submit(note, { ...submitting, ...way, receiver, op });
  const { effect, height } = await sent.until('COMMITTED');
  const { txId } = sent;
  if (effect !== 'done') throw new CityError('NOT_DONE', `${txId}: ${effect ?? 'unknown'}`);
  if (to === undefined) return { txId, height, stands: 'paid' };
  return { txId, height, stands: await arrival(payer, waits, txId, endsAt) };
}

/** How a transfer stands when it is decided, or when the time is over. */
async function arrival(
  payer: Payer,
  waits: Waits,
  txId: string,
  endsAt: number,
): Promise<Paid['stands']> {
  const name = escrowName(readName(txId)!);
  for (;;) {
    const { object } = await payer.object(name);
    const stands = object?.value.is === 'escrow' ? object.value.stands : 'locked';
    if (stands !== 'locked' || waits.wallMs >= endsAt) return stands;
    await waits.pause(LOOK_MS);
  }
}
