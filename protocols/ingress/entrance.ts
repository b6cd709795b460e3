/**
 * What is refused at the door, before any signature is looked at: cheap checks of one transaction. How many of them
 * one sender may bring is its allowance (allowance.ts): it is looked at first, and taken from when the signature is the
 * sender's, else anybody could use up anybody's. A flood under ever new names is met by the bound on transactions under
 * way, and each of them costs its sender a signature.
 */
import { isAhead } from '../ahead.ts';
import type { IngressReason } from '../sending.messages.ts';
import type { Place } from '../subjects.ts';
import { coverFault, isBodyOf, LIFETIME_MS_MAX, type Tx } from '../transaction.ts';

export function refusalOf(
  { cover, body }: Tx,
  city: Place,
  wall: number,
  boundsClock = true,
): IngressReason | undefined {
  const { header } = cover;
  const { core } = header;
  if (core.from !== city) return 'wrong-city';
  if (coverFault(cover) !== undefined || !isBodyOf(header, body)) return 'malformed';
  if (core.expiresAt <= wall) return 'expired';
  if (boundsClock && isAhead(core.createdAt, wall)) return 'from-the-future';
  return core.expiresAt > wall + LIFETIME_MS_MAX ? 'malformed' : undefined;
}
