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
  type Courier,
  type CourierHears,
  type CourierSays,
} from '#protocols/courier/courier.ts';
import type { Effect, Signal, Write } from '#protocols/effect.ts';
import {
  ActDeclined,
  AskTransfers,
  PAGE_MAX,
  ToldObject,
  Transfers,
  type OfferAct,
} from '#protocols/ledger.messages.ts';
import { escrowName, takenName, type Escrow } from '#protocols/objects/object.ts';
import type { ObjectProof } from '#protocols/objects/proof.ts';
import type { Place } from '#protocols/subjects.ts';
import { moment, WALL, woken } from '../moments.ts';
import { bytesOf, cityOf, selfOf } from '../sample.ts';

const HERE = cityOf(4);
const THERE = { ...HERE.genesis, place: 'europe.catalonia.barcelona' as Place };
const GONE = { ...HERE.genesis, place: 'asia.atlantis.atlantis' as Place };
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
  readonly #self = { ...selfOf(HERE.genesis, HERE.delegates[0]!), neighbours: [THERE, GONE] };
  readonly #courier: Courier;
  #now = 0;

  constructor(kept: ReadonlyMap<string, Uint8Array> = new Map()) {
    [this.#courier] = begin(this.#self, kept);
  }

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

  /** Looks, and has what there is of each city. */
  lists(txsTo: ReadonlyMap<Place, readonly Uint8Array[]>): AskTransfers[] {
    const asked = this.hear(woken('look')).flatMap((each) =>
      each.do === 'ask' && each.message.kind === 'ledger.transfers' ? [each.message] : [],
    );
    for (const { to, from } of asked) {
      const txs = (txsTo.get(to) ?? []).slice(from - 1, from - 1 + PAGE_MAX);
      this.answer(`list/${to}`, Transfers.of({ next: from + txs.length, txs }));
    }
    return asked;
  }

  /** One that is carried is settled: what the courier keeps then. */
  settled(id: Uint8Array): readonly Write[] {
    const ended = { version: 2, value: { ...escrow, stands: 'settled' } } as const;
    const own = { name: escrowName(id), height: 2, object: ended, proof: undefined };
    const effects = this.answer(`own/${hex(id)}`, ToldObject.of(own));
    return effects.flatMap((each) => (each.do === 'keep' ? each.writes : []));
  }

  declined(reason: ActDeclined['reason']): void {
    this.answer(`act/${hex(txId)}`, ActDeclined.of({ id: bytesOf('act'), reason }));
  }
}

it('brings the same act again, until it is declined: that city may have stood still for longer than an act counts', () => {
  const round = new Round();
  round.hear(woken('look'));
  round.answer(`list/${THERE.place}`, Transfers.of({ next: 2, txs: [txId] }));
  const first = round.brings();
  round.declined('busy');
  expect(round.brings()).toEqual(first);
  round.declined('malformed');
  expect(round.brings().act.at).not.toEqual(first.act.at);
});

const many = (what: string, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => bytesOf(`${what} ${i}`));

it('carries nothing of an answer that does not follow what it has', () => {
  const round = new Round();
  round.hear(woken('look'));
  round.answer(`list/${THERE.place}`, Transfers.of({ next: 9, txs: [txId] }));
  const [to, none] = [THERE.place, new Map()];
  expect(round.lists(none)).toContainEqual(AskTransfers.of({ to, from: 1 }));
  round.hear(woken('look'));
  round.answer(`list/${to}`, Transfers.of({ next: 2, txs: [txId] }));
  expect(round.lists(none)).toContainEqual(AskTransfers.of({ to, from: 2 }));
});

it('carries what is to one city, however much waits for another one that is gone', () => {
  const [gone, there] = [many('gone', 1_000), many('there', 3)];
  const txs = new Map([
    [GONE.place, gone],
    [THERE.place, there],
  ]);
  const round = new Round();
  for (let i = 0; i < 8; i++) round.lists(txs);
  expect(round.lists(txs)).toEqual([AskTransfers.of({ to: THERE.place, from: 4 })]);
  const [row] = round.settled(there[0]!);
  expect(row!.key).toBe(`cursor/${THERE.place}`);
  expect(round.settled(there[2]!)).toEqual([]);
  const after = new Round(new Map([[row!.key, row!.value!]]));
  expect(after.lists(txs)).toEqual([
    AskTransfers.of({ to: THERE.place, from: 2 }),
    AskTransfers.of({ to: GONE.place, from: 1 }),
  ]);
});
