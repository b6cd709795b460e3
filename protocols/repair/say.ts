/** Saying something that is to be ordered: signed, and told the own ledger until that has it on its disk. */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { actId, actSignJob, type Act, type Says, type SignedAct } from '../act.ts';
import { EMPTY } from '#lib/bytes.ts';
import type { Moment } from '../effect.ts';
import { OfferAct, type ActDeclined, type ActHeld } from '../ledger.messages.ts';
import { address } from '../subjects.ts';
import { SIGN_JOB } from '../batching.ts';
import { askFor, computeFor, type Effects, type Repairing } from './state.ts';

const TRIES = 4;
const HELD_MS = 2_000;

/** The act's name at once, which the order will have it by; `then` hears whether a ledger has it. */
export function say(
  state: Repairing,
  what: Says,
  about: Uint8Array,
  at: Moment,
  then: (isHeld: boolean, at: Moment) => Effects,
): { readonly id: Uint8Array; readonly effects: Effects } {
  const { genesis, node, secrets } = state.self;
  const stamp = stampBytes({ wallMs: Math.floor(at.wall), count: 0 });
  const act: Act = { version: 1, place: genesis.place, about, at: stamp, what };
  const key = genesis.delegates.find((delegate) => delegate.node === node)!.signing;
  const unsigned = { act, key, signature: EMPTY };
  const job = {
    ...actSignJob(genesis.network, act, secrets.signing),
    hedge: at.entropy.bytes(32),
  };
  const signing = computeFor<Uint8Array>(state, SIGN_JOB, job, (signature, when) =>
    signature === undefined
      ? then(false, when)
      : offer(state, { act, key, signature }, TRIES, when, then),
  );
  return { id: actId(unsigned), effects: [signing] };
}

function offer(
  state: Repairing,
  act: SignedAct,
  tries: number,
  at: Moment,
  then: (isHeld: boolean, at: Moment) => Effects,
): Effects {
  if (tries === 0) return then(false, at);
  const ledger = address(state.self.node, 'ledger');
  const message = OfferAct.of({ act });
  return [
    askFor<ActHeld | ActDeclined>(state, ledger, message, HELD_MS, (said, when) => {
      if (said?.kind === 'ledger.act-held') return then(true, when);
      if (said === undefined || said.reason === 'busy') {
        return offer(state, act, tries - 1, when, then);
      }
      state.self.probe.sometimes(`repair: the ledger declined: ${said.reason}`);
      return then(false, when);
    }),
  ];
}
