/** What acts about stakes do where they stand: evidence, what is put at stake or taken back, draws of the beacon. */
import type { Saying, Says, SignedAct } from '../act.ts';
import { actId } from '../act.ts';
import type { CityHead } from '../city-batch.ts';
import { drawn } from '../stake/draw.ts';
import { convict } from '../stake/penalty.ts';
import { bond, FAULTS, unbond, type Stakes } from '../stake/stakes.ts';
import type { delegateOf } from './act-check.ts';
import { delegateAccused, placeOf, rulesOf } from './epochs.ts';
import type { Ledger } from './state.ts';

export type OfStakes = Extract<Says, { says: 'bond' | 'unbond' | 'draw' }>;

/** The stakes after what a delegate says of its own; nothing where that means nothing. */
export function ownStake(
  { self }: Ledger,
  stakes: Stakes,
  by: ReturnType<typeof delegateOf>,
  what: OfStakes,
): Stakes | undefined {
  if (by === undefined) return undefined;
  const who = placeOf(self.genesis, by.node);
  switch (what.says) {
    case 'bond':
      return bond(stakes, who, what.amount);
    case 'unbond':
      return unbond(stakes, who, what.amount);
    case 'draw':
      return drawn(stakes, who, what);
  }
}

/** The stakes after a conviction; as they were for whoever has none here. */
export function penalised(
  ledger: Ledger,
  stakes: Stakes,
  signed: SignedAct,
  { fault: said }: Saying<'accuse'>,
  { height }: CityHead,
): Stakes {
  const who = delegateAccused(ledger.self.genesis, said);
  const fault = FAULTS.find((each) => each === said.fault);
  if (who < 0 || fault === undefined) return stakes;
  const verdict = { who, fault, height, act: actId(signed) };
  return convict(stakes, rulesOf(ledger), verdict) ?? stakes;
}
