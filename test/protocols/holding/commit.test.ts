/** S5, step by step: what it says of a transaction, and what it offers to whom. */
import { describe, expect, it } from 'vitest';
import {
  begin,
  COUNTING_MS,
  COUNTINGS_MAX,
  invariants,
  step,
  type CommitHears,
} from '#protocols/commit/commit.ts';
import { OFFER_MS } from '#protocols/commit/offers.ts';
import type { Effect, Signal, Spoken } from '#protocols/effect.ts';
import { certDigest } from '#protocols/holding.ts';
import {
  CommitAcks,
  Declined,
  Held,
  OpenCommit,
  type Moved,
  type Offer,
} from '#protocols/sending.messages.ts';
import { address, type Address } from '#protocols/subjects.ts';
import { hex } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { moment } from '../moments.ts';
import { ackLeafOf, batchDigest } from '#protocols/holding.ts';
import { pathOf } from '#algorithms/merkle/tree.ts';
import { ackOf, ANCHORS, batchOf, DELEGATES, sealed, selfOf, type Sealed } from './kept-city.ts';

await offerBackends();
const all = sealed(3);
const [tx, other] = all as [Sealed, Sealed];
const INGRESS = address(DELEGATES[1], 'ingress');
const LEDGERS = DELEGATES.map((node) => address(node, 'ledger'));
const ENOUGH = [0, 1, 2, 3, 5, 6] as const;
const PLACED = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;

class S5 {
  readonly state = begin(selfOf(DELEGATES[0]))[0];
  effects: Effect[] = [];
  now = 0;

  hear(input: CommitHears | Signal, from?: Address): void {
    const [, effects] = step(this.state, input, moment(this.now, { from }));
    invariants(this.state);
    this.effects.push(...effects);
  }

  open({ cover, manifest }: Sealed, ingress = INGRESS): void {
    this.hear(OpenCommit.of({ cover, manifest, ingress }));
  }

  acks(made: Sealed, rows: readonly number[]): void {
    const acks = rows.map((row) => ackOf(made, row));
    this.hear(CommitAcks.of({ txId: made.order.txId, acks }));
  }

  /** What it says from now on, and forgets it. */
  said(): { readonly to: Address; readonly message: Spoken }[] {
    const said = this.effects.flatMap((effect) => (effect.do === 'send' ? [effect] : []));
    this.effects = [];
    return said;
  }

  /** What it offers when this timer wakes it. */
  offers(id: string): { readonly to: Address; readonly offer: Offer }[] {
    this.hear({ kind: 'wake', id });
    return this.said().flatMap(({ to, message }) =>
      message.kind === 'ledger.offer' ? [{ to, offer: message as Offer }] : [],
    );
  }

  facts(): string[] {
    return this.effects.flatMap((effect) =>
      effect.do === 'note' ? [effect.topic.split('.').at(-1)!] : [],
    );
  }
}

/** Acks of one holder for several transactions, in one batch. */
function together(made: readonly Sealed[], row: number) {
  const leaves = made.map(({ manifest }) => ackLeafOf(manifest, row));
  const { batch, tree } = batchOf('ack', made[0]!.manifest.placement.holders[row]!, leaves);
  return made.map((_, leaf) => ({
    batch,
    ack: { row, batch: batchDigest(batch), leaf, path: pathOf(tree, leaf) },
  }));
}

describe('S5', () => {
  it('is POH_ACK with the ack that is enough, and says so once', () => {
    const s5 = new S5();
    s5.open(tx);
    const tell = (): void => {
      const due = s5.effects.filter((each) => each.do === 'wake' && each.id.startsWith('tell:'));
      s5.effects = s5.effects.filter((each) => !due.includes(each));
      for (const each of due) if (each.do === 'wake') s5.hear({ kind: 'wake', id: each.id });
    };
    for (const row of ENOUGH.slice(0, 5)) s5.acks(tx, [row]);
    expect(s5.facts()).toEqual([]);
    tell();
    s5.acks(tx, [6]);
    s5.acks(tx, [4, 6]);
    tell();
    expect(s5.facts()).toEqual(['POH_ACK']);
    const moved = s5
      .said()
      .flatMap(({ message }) => (message.kind === 'ingress.moved' ? [message as Moved] : []));
    expect(moved.map(({ state, acks }) => `${state} ${acks}`)).toEqual([
      'FRESH 5',
      'POH_ACK 6',
      'POH_ACK 7',
    ]);
  });

  it('offers what comes at once in one message, and each batch to a ledger once', () => {
    const s5 = new S5();
    for (const made of all) s5.open(made);
    const rows = ENOUGH.map((row) => together(all, row));
    const give = (i: number): void =>
      s5.hear(CommitAcks.of({ txId: all[i]!.order.txId, acks: rows.map((each) => each[i]!) }));
    give(0);
    give(1);
    const first = s5.offers('offer');
    expect(first.map(({ to }) => to)).toEqual(LEDGERS);
    expect(first[0]!.offer.certified).toHaveLength(2);
    expect(first[0]!.offer.batches).toHaveLength(ENOUGH.length);
    give(2);
    const [second] = s5.offers('offer');
    expect(second!.offer).toMatchObject({ batches: [] });
    expect(second!.offer.certified).toHaveLength(1);
  });

  it('offers again, with all batches, to whoever is silent, busy or lacks something', () => {
    const s5 = new S5();
    s5.open(tx);
    s5.acks(tx, ENOUGH);
    const { offer } = s5.offers('offer')[0]!;
    const cert = certDigest(offer.certified[0]!.cert);
    s5.hear(Held.of({ certs: [cert] }), LEDGERS[0]);
    s5.hear(Declined.of({ cert, reason: 'busy' }), LEDGERS[1]);
    s5.now += 250;
    const again = s5.offers('retry');
    expect(again.map(({ to }) => to)).toEqual([LEDGERS[1]]);
    expect(again[0]!.offer.batches).toHaveLength(ENOUGH.length);
    s5.hear(Declined.of({ cert, reason: 'bad-placement' }), LEDGERS[1]);
    s5.now += 5_000;
    expect(s5.offers('retry')).toEqual([]);
  });

  it('waits longer for ledgers where they take longer', () => {
    const s5 = new S5();
    s5.open(tx);
    s5.acks(tx, ENOUGH);
    const { offer } = s5.offers('offer')[0]!;
    s5.now = 200;
    s5.hear(Held.of({ certs: [certDigest(offer.certified[0]!.cert)] }), LEDGERS[0]);
    s5.open(other);
    s5.acks(other, ENOUGH);
    s5.offers('offer');
    s5.now += 500;
    const again = s5.offers('retry').flatMap(({ offer: late }) => late.certified);
    expect(again.map(({ cert }) => hex(cert.txId))).toEqual([hex(tx.order.txId)]);
  });

  it('gives up a ledger that is silent for long', () => {
    const s5 = new S5();
    s5.open(tx);
    s5.acks(tx, ENOUGH);
    s5.offers('offer');
    s5.now += OFFER_MS;
    expect(s5.offers('retry')).toEqual([]);
  });

  it('believes that a ledger holds it only from that ledger', () => {
    const s5 = new S5();
    s5.open(tx);
    s5.acks(tx, PLACED);
    const { offer } = s5.offers('offer')[0]!;
    const cert = certDigest(offer.certified[0]!.cert);
    s5.hear(Held.of({ certs: [cert] }), address(ANCHORS[0], 'ledger'));
    s5.hear(Held.of({ certs: [cert] }), LEDGERS[0]);
    s5.hear(Held.of({ certs: [cert] }), LEDGERS[0]);
    expect(s5.state.countings.size).toBe(1);
    s5.hear(Held.of({ certs: [cert] }), LEDGERS[1]);
    expect(s5.state.countings.size).toBe(0);
  });

  it('says of what is settled what it said last, to whoever drives it here again', () => {
    const s5 = new S5();
    s5.open(tx);
    s5.acks(tx, PLACED);
    const { offer } = s5.offers('offer')[0]!;
    for (const ledger of LEDGERS)
      s5.hear(Held.of({ certs: [certDigest(offer.certified[0]!.cert)] }), ledger);
    s5.said();
    const again = address(DELEGATES[0], 'ingress');
    s5.open(tx, again);
    s5.acks(tx, PLACED);
    expect(s5.facts()).toEqual([]);
    expect(s5.said()).toMatchObject([{ to: again, message: { state: 'POH_ACK', acks: 9 } }]);
  });

  it('escalates when the deadline passes, says REPAIR_REQ, and POH_ACK when it is enough', () => {
    const s5 = new S5();
    s5.open(tx);
    s5.acks(tx, [0, 1]);
    s5.now = 300;
    s5.hear({ kind: 'wake', id: `due:${hex(tx.order.txId)}` });
    expect(s5.facts()).toEqual(['REPAIR_REQ']);
    expect(s5.said().map(({ message }) => message.kind)).toContain('distribute.escalate');
    s5.acks(tx, [2, 5, 6, 9]);
    expect(s5.facts()).toEqual(['POH_ACK']);
  });

  it('knows nothing any more of what had too few for a minute', () => {
    const s5 = new S5();
    s5.open(tx);
    s5.now = COUNTING_MS;
    s5.hear({ kind: 'wake', id: `due:${hex(tx.order.txId)}` });
    expect(s5.state.countings.size).toBe(0);
  });

  it('counts nothing for a transaction that was not opened', () => {
    const s5 = new S5();
    s5.acks(other, ENOUGH);
    expect(s5.effects).toEqual([]);
  });

  it('has a bound: a newcomer waits until one is held by all', () => {
    const s5 = new S5();
    for (let i = 0; i < COUNTINGS_MAX; i++) {
      const id = new Uint8Array(32);
      new DataView(id.buffer).setUint32(0, i);
      s5.open({ ...tx, manifest: { ...tx.manifest, txId: id } });
    }
    s5.open(other);
    expect(s5.state.countings.has(hex(other.order.txId))).toBe(false);
  });
});
