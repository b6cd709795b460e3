/** Acts of an auditor: signed by a job, and told to the own ledger until it has them on its disk. */
import { stampBytes, WALL_MS_MAX } from '#algorithms/clock/hlc.ts';
import { actSignJob, type Act, type Says } from '../act.ts';
import type { Moment } from '../effect.ts';
import { OfferAct } from '../ledger.messages.ts';
import type { SignedAct } from '../act.ts';
import type { VerifyingKey } from '../terms.ts';
import { own, type Auditing } from './state.ts';
import { asks, computes, type Effects } from './waits.ts';

const OFFER_MS = 3_000;
/** A ledger that is down for longer starts with an auditor that has forgotten it. */
const OFFERS_MAX = 40;

export const say = (state: Auditing, what: Says, at: Moment): Effects =>
  saying(state, what, at, OFFERS_MAX);

/** For who says it again as long as it matters. */
export const sayOnce = (state: Auditing, what: Says, at: Moment): Effects =>
  saying(state, what, at, 1);

function saying(state: Auditing, what: Says, at: Moment, attempts: number): Effects {
  const { self } = state.of;
  const wallMs = Math.min(WALL_MS_MAX, Math.max(0, Math.floor(at.wall)));
  const act: Act = {
    version: 1,
    place: self.genesis.place,
    about: undefined,
    at: stampBytes({ wallMs, count: 0 }),
    what,
  };
  const job = actSignJob(self.genesis.network, act, self.secrets.signing);
  return [
    computes<Uint8Array>(state.waits, 'audit.sign', job, (signature) =>
      signature === undefined ? [] : offer(state, { act, key: keyOf(state), signature }, attempts),
    ),
  ];
}

const keyOf = ({ of: { self } }: Auditing): VerifyingKey =>
  self.genesis.delegates.find(({ node }) => node === self.node)!.signing;

function offer(state: Auditing, act: SignedAct, attempts: number): Effects {
  const ledger = own(state, 'ledger');
  return [
    asks(state.waits, ledger, OfferAct.of({ act }), OFFER_MS, (answer) => {
      const isBusy =
        answer?.kind === 'ledger.act-declined' && 'reason' in answer && answer.reason === 'busy';
      const isAgain = (answer === undefined || isBusy) && attempts > 1;
      return isAgain ? offer(state, act, attempts - 1) : [];
    }),
  ];
}
