/**
 * Payday: what everybody had earned when an epoch of rewards ended (`rewards.epoch_s`) is agreed on, and paid, by acts.
 *
 *   settled time passes the end --(follow.ts)--> sums --> act `earned`, until the own ledger has it, or others' stand
 *        own ledger: agreed on these sums --> act `wages` for each page that is not paid; the next delegate, if one is silent
 *
 * It decides nothing: what acts do follows from where they stand (objects/payroll.ts). Who was restarted since has no sums of that
 * epoch, and speaks again in the next one; sums are from the beginning, so nothing is lost with it.
 * Cost: a question a second to the own ledger while something is open; of each delegate an act an epoch, and one for each page.
 */
import { same } from '#lib/bytes.ts';
import { hasBit } from '../city-batch.ts';
import { NOTHING, type Moment } from '../effect.ts';
import { AskObject, type ToldObject } from '../ledger.messages.ts';
import { NO_PAYROLL, PAYROLL_NAME, type Payroll } from '../objects/object.ts';
import { sumsDigest, type Payday } from '../objects/wages.ts';
import { sayOnce } from './acts.ts';
import { own, type Auditing } from './state.ts';
import { asks, type Effects } from './waits.ts';

const LEDGER_MS = 3_000;
/** What is not ordered by then is said again. */
const AGAIN_MS = 15_000;
/** How much longer each one waits than the one before it in rank. */
const TURN_MS = 4_000;
/** Pages that one brings at a time. */
const PAGES_AT_ONCE = 4;

/** How far this delegate has come with the sums that it has. */
export interface Paying {
  payday: Payday | undefined;
  isAsking: boolean;
  agreedAt: number | undefined;
  /** When each act was said last: that of the sums, and those of pages. */
  readonly saidAt: Map<number, number>;
}

export const notPaying = (): Paying => ({
  payday: undefined,
  isAsking: false,
  agreedAt: undefined,
  saidAt: new Map(),
});

/** Of the sums; pages have their numbers. */
const SUMS = -1;

export function pay(state: Auditing): Effects {
  const { paying, following, waits } = state;
  if (paying.payday !== following.payday) {
    paying.payday = following.payday;
    paying.agreedAt = undefined;
    paying.saidAt.clear();
  }
  if (paying.payday === undefined || paying.isAsking) return NOTHING;
  paying.isAsking = true;
  const question = AskObject.of({ name: PAYROLL_NAME });
  return [
    asks(waits, own(state, 'ledger'), question, LEDGER_MS, (answer, at) => {
      paying.isAsking = false;
      if (answer?.kind !== 'ledger.object-told') return NOTHING;
      const value = (answer as ToldObject).object?.value;
      return goOn(state, value?.is === 'payroll' ? value : NO_PAYROLL, at);
    }),
  ];
}

function goOn(state: Auditing, payroll: Payroll, at: Moment): Effects {
  const { paying } = state;
  const { payday } = paying;
  if (payday === undefined) return NOTHING;
  const { sums } = payday;
  if (payroll.sums.untilMs > sums.untilMs) return done(state);
  if (payroll.sums.untilMs === sums.untilMs) {
    const left = payday.pages.filter(({ page }) => !hasBit(payroll.paid, page));
    const isOurs = same(payroll.sums.root, sums.root) && left.length > 0;
    if (!isOurs) return done(state);
    paying.agreedAt ??= at.now;
    return left
      .filter(({ page }) => isTurn(state, page, at) && isDue(paying, page, at))
      .slice(0, PAGES_AT_ONCE)
      .flatMap((page) => {
        paying.saidAt.set(page.page, at.now);
        return sayOnce(state, { says: 'wages', page }, at);
      });
  }
  const digest = sumsDigest(sums);
  const isSaid = payroll.said.some(
    (each) => same(each.sums, digest) && isOwn(state, each.delegate),
  );
  if (isSaid || !isDue(paying, SUMS, at)) return NOTHING;
  paying.saidAt.set(SUMS, at.now);
  return sayOnce(state, { says: 'earned', sums }, at);
}

function done({ following, paying }: Auditing): Effects {
  following.payday = undefined;
  paying.payday = undefined;
  return NOTHING;
}

const placeOf = ({ of: { self } }: Auditing): number =>
  self.genesis.delegates.findIndex(({ node }) => node === self.node);
const isOwn = (state: Auditing, delegate: number): boolean => placeOf(state) === delegate;

/** Delegates bring pages one after another, each other ones first. */
function isTurn(state: Auditing, page: number, { now }: Moment): boolean {
  const { length } = state.of.self.genesis.delegates;
  const rank = (placeOf(state) + page) % length;
  return now - state.paying.agreedAt! >= rank * TURN_MS;
}

const isDue = ({ saidAt }: Paying, what: number, { now }: Moment): boolean =>
  now - (saidAt.get(what) ?? -Infinity) >= AGAIN_MS;
