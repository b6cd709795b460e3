/** A courier before two ledgers that answer as the test says: one transfer, round by round. */
import { expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { hex } from '#lib/bytes.ts';
import type { SignedAct } from '#protocols/act.ts';
import { cityBatch, NONE } from '#protocols/city-batch.ts';
import {
  begin,
  invariants,
  step,
  type CourierHears,
  type CourierSays,
} from '#protocols/courier/courier.ts';
import type { Effect, Signal } from '#protocols/effect.ts';
import { ActDeclined, ToldObject, Transfers, type OfferAct } from '#protocols/ledger.messages.ts';
import { escrowName, takenName, type Escrow } from '#protocols/objects/object.ts';
import type { ObjectProof } from '#protocols/objects/proof.ts';
import type { Place } from '#protocols/subjects.ts';
import { moment, WALL, woken } from '../moments.ts';
import { bytesOf, cityOf, selfOf } from '../sample.ts';

const HERE = cityOf(4);
const THERE = { ...HERE.genesis, place: 'europe.catalonia.barcelona' as Place };
const DAY_MS = 86_400_000;
const ROUND_MS = 60_000;
const txId = bytesOf('a transfer');
const escrow: Escrow & { readonly is: 'escrow' } = {
  is: 'escrow',
  from: bytesOf('sender'),
  to: bytesOf('receiver'),
  city: THERE.place,
  amount: 5n,
  until: WALL + DAY_MS,
  stands: 'locked',
};
const object = { version: 1, value: escrow };
const head = {
  place: HERE.genesis.place,
  epoch: 0,
  height: 2,
  prev: NONE,
  round: 2,
  proposer: HERE.delegates[0]!.node,
  at: stampBytes({ wallMs: WALL, count: 0 }),
  stateRoot: NONE,
};
/** A courier looks at what it says, and at nobody's signatures. */
const proof: ObjectProof = {
  name: escrowName(txId),
  object,
  path: new Uint8Array(),
  other: undefined,
  before: NONE,
  step: { outcomes: { root: NONE, count: 0 }, accounts: NONE, stakes: NONE },
  head: cityBatch(head, [], undefined).head,
  quorum: { votes: [] },
};

class Round {
  readonly #self = { ...selfOf(HERE.genesis, HERE.delegates[0]!), neighbours: [THERE] };
  readonly #courier = begin(this.#self, new Map())[0];
  #now = 0;

  hear(input: Signal): readonly Effect<CourierSays>[] {
    const [, effects] = step(this.#courier, input, moment(this.#now));
    invariants(this.#courier);
    return effects as readonly Effect<CourierSays>[];
  }

  answer(id: string, message: CourierHears): readonly Effect<CourierSays>[] {
    return this.hear({ kind: 'answered', id, message });
  }

  /** The next round, up to the act that it brings to the other city. */
  brings(): SignedAct {
    this.#now += ROUND_MS;
    this.hear(woken('look'));
    const own = { name: escrowName(txId), height: 2, object, proof };
    this.answer(`own/${hex(txId)}`, ToldObject.of(own));
    const name = takenName(HERE.genesis.place, txId);
    const none = { name, height: 2, object: undefined, proof: undefined };
    const said = this.answer(`there/${hex(txId)}`, ToldObject.of(none));
    const offered = said.some(({ do: does }) => does === 'compute')
      ? this.hear({ kind: 'computed', id: `sign/${hex(txId)}`, output: bytesOf('signature', 64) })
      : said;
    const [offer] = offered as unknown as { readonly message: OfferAct }[];
    return offer!.message.act;
  }

  declined(reason: ActDeclined['reason']): void {
    this.answer(`act/${hex(txId)}`, ActDeclined.of({ id: bytesOf('act'), reason }));
  }
}

it('brings the same act again, until it is declined: that city may have stood still for longer than an act counts', () => {
  const round = new Round();
  round.hear(woken('look'));
  round.answer('list', Transfers.of({ next: 2, txs: [txId] }));
  const first = round.brings();
  round.declined('busy');
  expect(round.brings()).toEqual(first);
  round.declined('malformed');
  expect(round.brings().act.at).not.toEqual(first.act.at);
});
