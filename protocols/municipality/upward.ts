/**
 * What goes up: each sealed batch is offered to the delegates of the continent, by the member on the same node where there
 * is one, else by one of the members, in turn. What that does not get there, the continent asks one member after another
 * for: it says how much it has (`level.taken`).
 *
 * Bound: of each of those above so many questions a second, each answered with at most `OFFERS_MAX` batches.
 */
import { takeOne } from '../allowance.ts';
import { whole } from '../codec.ts';
import { send, type Moment } from '../effect.ts';
import { readAll } from '../ledger/reads.ts';
import { Offer, type Taken } from '../level.messages.ts';
import { Sealed } from '../municipality-batch.ts';
import { nodeOf, type Address } from '../subjects.ts';
import { sealedKey } from './find.ts';
import type { Effects, Member } from './state.ts';

const OFFERS_MAX = 8;
const EACH = { perSecond: 4, burst: 8 };

const offer = (to: Address, sealed: Sealed): Effects => [
  send(to, Offer.of({ item: { is: 'sealed', sealed } })),
];

export function offerUp({ self, own, peers, weights }: Member, sealed: Sealed): Effects {
  const isTurn = sealed.batch.id % weights.of.length === own;
  return self.above
    .filter((to) => nodeOf(to) === self.node || (isTurn && !peers.includes(nodeOf(to))))
    .flatMap((to) => offer(to, sealed));
}

/** What comes after that of which somebody above says that it is ordered. */
export function offerNext(member: Member, { name, id }: Taken, at: Moment): Effects {
  const { self, reads, askers } = member;
  const to = at.from;
  if (to === undefined || name !== self.municipality.name || !self.above.includes(to)) return [];
  const ids = Array.from({ length: OFFERS_MAX }, (_, i) => id + 1 + i).filter(
    (each) => each < member.id,
  );
  if (ids.length === 0 || !takeOne(askers, to, at.now, EACH)) return [];
  return [
    ...readAll(reads, ids.map(sealedKey), (found) =>
      found.flatMap((bytes) => (bytes === undefined ? [] : offer(to, whole(Sealed, bytes)))),
    ),
  ];
}
