/** Other cities before a ledger: it follows who orders there, by their hand-overs, when an act needs it. */
import { describe, expect, it } from 'vitest';
import type { SignedAct } from '#protocols/act.ts';
import { cityBatch, NONE, type CityHead } from '#protocols/city-batch.ts';
import type { Seat } from '#protocols/committee.ts';
import { HandedOver } from '#protocols/ledger.messages.ts';
import { besideOf, checked, committeeBeside, learned, learnFor } from '#protocols/ledger/beside.ts';
import { anyOf } from '#protocols/subjects.ts';
import { cityOf, selfOf } from '../sample.ts';

const OTHER = cityOf(4).genesis;
const AT = `lineage/${OTHER.place}`;
const NEXT: readonly Seat[] = [1, 2, 3].map((of) => ({ of, stake: 1n }));
const ledgerBeside = () => ({
  beside: besideOf({ ...selfOf(OTHER, cityOf(4).delegates[0]!), neighbours: [OTHER] }),
});

function headAt(height: number, epoch: number, next?: readonly Seat[]): CityHead {
  const chosen = {
    place: OTHER.place,
    epoch,
    height,
    prev: NONE,
    proposer: OTHER.delegates[0]!.node,
    round: height,
    at: new Uint8Array(8),
    stateRoot: NONE,
    next: next && [...next],
  };
  return cityBatch(chosen, [], undefined).head;
}

/** As much of an act as says which head it stands on. */
const actOn = (head: CityHead): SignedAct =>
  ({ act: { what: { says: 'take', proof: { head } } } }) as unknown as SignedAct;

const votes = [0, 1, 2].map((member) => ({
  member,
  round: 1,
  content: NONE,
  signature: new Uint8Array(64),
}));
const handover = { head: headAt(10, 0, NEXT), quorum: { votes } };

describe('another city', () => {
  it('is known by its genesis, and asked for the hand-overs that an act needs, once', () => {
    const ledger = ledgerBeside();
    expect(committeeBeside(ledger.beside, headAt(7, 0))?.members).toEqual(OTHER.delegates);
    expect(committeeBeside(ledger.beside, headAt(11, 1))).toBeUndefined();
    expect(learnFor(ledger, actOn(headAt(7, 0)))).toEqual([]);
    const asked = learnFor(ledger, actOn(headAt(11, 1)));
    expect(asked).toMatchObject([{ do: 'ask', id: AT, to: anyOf(OTHER.place, 'ledger') }]);
    expect(learnFor(ledger, actOn(headAt(11, 1)))).toEqual([]);
  });

  it('is believed what it hands over when the signatures are good, and not before', () => {
    const ledger = ledgerBeside();
    learnFor(ledger, actOn(headAt(11, 1)));
    const job = learned(ledger, AT, HandedOver.of({ handovers: [handover] }));
    expect(job).toMatchObject([{ do: 'compute', id: AT }]);
    expect(committeeBeside(ledger.beside, headAt(11, 1))).toBeUndefined();
    checked(ledger, AT, [true, true, true]);
    const members = committeeBeside(ledger.beside, headAt(11, 1))?.members;
    expect(members?.map(({ node }) => node)).toEqual(
      OTHER.delegates.slice(1).map(({ node }) => node),
    );
    expect(committeeBeside(ledger.beside, headAt(11, 0))).toBeUndefined();
  });

  it('is asked again when nobody answered, or lied', () => {
    const ledger = ledgerBeside();
    learnFor(ledger, actOn(headAt(11, 1)));
    learned(ledger, AT, undefined);
    expect(learnFor(ledger, actOn(headAt(11, 1)))).toHaveLength(1);
    learned(ledger, AT, HandedOver.of({ handovers: [handover] }));
    checked(ledger, AT, [true, false, true]);
    expect(committeeBeside(ledger.beside, headAt(11, 1))).toBeUndefined();
    expect(learnFor(ledger, actOn(headAt(11, 1)))).toHaveLength(1);
  });
});
