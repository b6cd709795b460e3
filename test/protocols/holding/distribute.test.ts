/** S4, step by step: what leaves when and for whom, and what is not done twice. */
import { describe, expect, it } from 'vitest';
import { wake, type Effect, type Moment, type Signal, type Spoken } from '#protocols/effect.ts';
import { begin, invariants, step, type DistributeHears } from '#protocols/distribute/distribute.ts';
import { BYTES_MAX, SENDING_MS } from '#protocols/distribute/state.ts';
import { learn, patience, pauseMs } from '#protocols/patience.ts';
import { verifiedBatches, batchId } from '#protocols/certificate.ts';
import {
  Escalate,
  HoldAcks,
  HoldRefused,
  SpareSealed,
  TakeDistribute,
  type HoldPieces,
} from '#protocols/sending.messages.ts';
import { address, type Address, type NodeAddress } from '#protocols/subjects.ts';
import { hex } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { moment } from '../moments.ts';
import {
  ackOf,
  ANCHORS,
  capsulesOf,
  DELEGATES,
  LIGHTS,
  sealed,
  selfOf,
  type Sealed,
} from './kept-city.ts';

await offerBackends();
const [tx, other] = sealed(2) as [Sealed, Sealed];
const { txId } = tx.order;
const takeOf = ({ manifest, ordered }: Sealed, capsules = capsulesOf(tx)) =>
  TakeDistribute.of({ manifest, ordered, capsules });

class S4 {
  readonly state = begin(selfOf(DELEGATES[0]))[0];
  said: { readonly to: Address; readonly message: Spoken }[] = [];
  effects: Effect[] = [];
  now = 0;

  hear(input: DistributeHears | Signal, from?: Address): void {
    const at: Moment = moment(this.now, { from });
    const [, effects] = step(this.state, input, at);
    invariants(this.state);
    this.effects.push(...effects);
    for (const effect of effects) if (effect.do === 'send') this.said.push(effect);
  }

  /** What is said at the end of this moment, and forgets it. */
  left(): { readonly to: Address; readonly rows: readonly number[] }[] {
    this.hear({ kind: 'wake', id: 'leave' });
    const left = this.said.flatMap(({ to, message }) =>
      message.kind === 'hold.pieces'
        ? [{ to, rows: (message as HoldPieces).pieces.map(({ row }) => row) }]
        : [],
    );
    this.said = [];
    return left;
  }

  /** Time passes until it is to send again. */
  again(attempt: number): void {
    this.now += pauseMs(this.state.patience, attempt);
    this.hear({ kind: 'wake', id: `again:${hex(txId)}` });
  }

  /** An ack whose batch was verified before. */
  ack(row: number, holder?: NodeAddress): void {
    const { ack, batch } = ackOf(tx, row, holder);
    this.state.verified.add(batchId(batch));
    const { leaf, path } = ack;
    this.hear(HoldAcks.of({ batch, acks: [{ txId, row, leaf, path }] }));
  }
}

const at = (node: NodeAddress): Address => address(node, 'holder');
const rowsFor = (left: ReturnType<S4['left']>, node: NodeAddress): readonly number[] =>
  left.filter(({ to }) => to === at(node)).flatMap(({ rows }) => rows);

describe('S4', () => {
  it('sends all placed rows at once, those for one holder in one message', () => {
    const s4 = new S4();
    s4.hear(takeOf(tx));
    s4.hear(takeOf(other));
    const left = s4.left();
    expect(left.flatMap(({ rows }) => rows)).toHaveLength(18);
    expect(left.filter(({ to }) => to === at(ANCHORS[0]))).toEqual([
      { to: at(ANCHORS[0]), rows: [5, 7, 5, 7] },
    ]);
  });

  it('sends again to the silent alone, and across an ocean a little later', () => {
    const s4 = new S4();
    s4.hear(takeOf(tx));
    s4.left();
    s4.ack(0);
    s4.again(0);
    const first = s4.left();
    expect(rowsFor(first, LIGHTS[0]!)).toEqual([]);
    expect(rowsFor(first, LIGHTS[1]!)).toEqual([1]);
    expect(rowsFor(first, ANCHORS[2])).toEqual([]);
    s4.again(1);
    expect(rowsFor(s4.left(), ANCHORS[2])).toEqual([8]);
  });

  it('asks for a spare when a light refuses, and sends to it what is sealed for it', () => {
    const s4 = new S4();
    s4.hear(takeOf(tx));
    s4.left();
    s4.hear(HoldRefused.of({ txId, row: 2, reason: 'full' }), at(LIGHTS[2]!));
    expect(s4.said.map(({ message }) => message)).toMatchObject([
      { kind: 'attest.spare', row: 2, spare: 0 },
    ]);
    const capsule = capsulesOf(tx)[2]!;
    s4.hear(SpareSealed.of({ txId, row: 2, spare: 0, capsule }), address(DELEGATES[0], 'attest'));
    expect(s4.left()).toEqual([{ to: at(LIGHTS[5]!), rows: [2] }]);
  });

  it('believes nobody who refuses in the name of another', () => {
    const s4 = new S4();
    s4.hear(takeOf(tx));
    s4.left();
    s4.hear(HoldRefused.of({ txId, row: 2, reason: 'full' }), at(LIGHTS[3]!));
    expect(s4.said).toEqual([]);
  });

  it('sends rows for escalation once they are wanted, and once', () => {
    const s4 = new S4();
    s4.hear(takeOf(tx));
    s4.left();
    s4.hear(Escalate.of({ txId }));
    s4.hear(Escalate.of({ txId }));
    expect(s4.left().map(({ rows }) => rows)).toEqual([[9], [10]]);
  });

  it('passes on each ack once', () => {
    const s4 = new S4();
    s4.hear(takeOf(tx));
    for (let i = 0; i < 3; i++) s4.ack(0);
    s4.ack(0, LIGHTS[5]);
    expect(s4.said.filter(({ message }) => message.kind === 'commit.acks')).toHaveLength(1);
  });

  it('ends when all have said so, or after a minute', () => {
    const [whole, lonely] = [new S4(), new S4()];
    for (const s4 of [whole, lonely]) s4.hear(takeOf(tx));
    for (let row = 0; row < 9; row++) whole.ack(row);
    expect(whole.state.sendings.size).toBe(0);
    for (let attempt = 0; lonely.now < SENDING_MS; attempt++) lonely.again(attempt);
    expect(lonely.state.sendings.size).toBe(0);
  });

  it('waits longer for acks where everybody is slow', () => {
    const s4 = new S4();
    s4.hear(takeOf(tx));
    expect(s4.effects).toContainEqual(wake(`again:${hex(txId)}`, 250));
    s4.now = 400;
    for (let row = 0; row < 8; row++) s4.ack(row);
    s4.hear(takeOf(other));
    const pause = pauseMs(s4.state.patience, 0);
    expect(pause).toBeGreaterThan(800);
    expect(s4.effects).toContainEqual(wake(`again:${hex(other.order.txId)}`, pause));
  });

  it('asks for a spare when a light is silent for 2 s while others answer, and not when all are', () => {
    const [some, none] = [new S4(), new S4()];
    for (const s4 of [some, none]) s4.hear(takeOf(tx));
    for (const row of [0, 1, 2, 3, 5, 6, 7, 8]) some.ack(row);
    const asked = ({ said }: S4): number =>
      said.filter(({ message }) => message.kind === 'attest.spare').length;
    for (let attempt = 0; attempt < 3; attempt++) for (const s4 of [some, none]) s4.again(attempt);
    expect([asked(some), asked(none)]).toEqual([0, 0]);
    for (const s4 of [some, none]) s4.again(3);
    expect([asked(some), asked(none)]).toEqual([1, 0]);
  });

  it('does not send again what is under way, when it is driven here again', () => {
    const s4 = new S4();
    s4.hear(takeOf(tx));
    s4.ack(0);
    s4.left();
    s4.hear(takeOf(tx));
    expect(s4.said.map(({ message }) => message.kind)).toEqual(['commit.acks']);
    expect(s4.left()).toEqual([]);
  });

  it('has a bound: those with enough acks go first, and without any the newcomer does', () => {
    const s4 = new S4();
    const large = Array.from({ length: 11 }, () => new Uint8Array(BYTES_MAX / 16));
    s4.hear(takeOf(tx, large));
    s4.hear(takeOf(other, large));
    expect([...s4.state.sendings.keys()]).toEqual([hex(txId)]);
    for (const row of [0, 1, 2, 3, 5, 6]) s4.ack(row);
    s4.hear(takeOf(other, large));
    expect([...s4.state.sendings.keys()]).toEqual([hex(other.order.txId)]);
  });
});

describe('patience', () => {
  it('is the mean and four deviations, within bounds, doubled each time', () => {
    const of = patience();
    expect([0, 1, 9].map((attempt) => pauseMs(of, attempt))).toEqual([250, 500, 15_000]);
    for (let i = 0; i < 1_000; i++) learn(of, i % 2 === 0 ? 400 : 600);
    expect(pauseMs(of, 0)).toBeGreaterThan(850);
    expect(pauseMs(of, 0)).toBeLessThan(950);
    for (let i = 0; i < 1_000; i++) learn(of, 60_000);
    expect(pauseMs(of, 0)).toBe(4_000);
  });
});

describe('batches known to be signed', () => {
  it('are remembered up to a bound, the least recently used going first', () => {
    const known = verifiedBatches(2);
    for (const id of ['a', 'b']) known.add(id);
    expect(known.has('a')).toBe(true);
    known.add('c');
    expect(['a', 'b', 'c'].map(known.has)).toEqual([true, false, true]);
  });
});
