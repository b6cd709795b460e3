/**
 * Asking other ledgers for what a batch names: what was asked for is not asked for again at once.
 *
 * What a batch names that is decided, or for which more than two thirds have voted, was checked by somebody honest. So
 * it need only be the one that is named: what a check would take may be nowhere any more, such as an old list after
 * all delegates lost their memory, and who has voted for a batch waits for the others for ever.
 */
import { send, type Moment } from '../effect.ts';
import { Want } from '../ledger.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import { bytesOf } from './live.ts';
import { ledgerOf, WANTED_MAX, type Effects, type Ledger } from './state.ts';

/** Whether somebody honest has checked it. */
export const isNamed = ({ applying, proved }: Ledger, name: string): boolean =>
  applying?.missing.has(name) === true || proved.has(name);

export function nameProved({ proved }: Ledger, names: readonly string[]): void {
  if (proved.size > WANTED_MAX) proved.clear();
  for (const name of names) proved.add(name);
}

const WANT_MAX = 64;
const AGAIN_MS = 300;

/** Whether it was asked of that one, of late. */
export const isWantedOf = ({ wantedAt }: Ledger, cert: string, from: NodeAddress): boolean =>
  wantedAt.has(`${cert} ${from}`);

export function want(
  ledger: Ledger,
  certs: readonly string[],
  from: NodeAddress,
  { now }: Moment,
): Effects {
  const { wantedAt, beingChecked } = ledger;
  if (wantedAt.size > WANTED_MAX) wantedAt.clear();
  const due = certs.filter(
    (cert) =>
      !beingChecked.has(cert) && (wantedAt.get(`${cert} ${from}`) ?? -AGAIN_MS) + AGAIN_MS <= now,
  );
  for (const cert of due) wantedAt.set(`${cert} ${from}`, now);
  const effects: Effects[number][] = [];
  for (let i = 0; i < due.length; i += WANT_MAX) {
    const part = due.slice(i, i + WANT_MAX).map(bytesOf);
    effects.push(send(ledgerOf(from), Want.of({ certs: part })));
  }
  return effects;
}
