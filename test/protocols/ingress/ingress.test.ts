/**
 * The ingress, step by step: what it says only when, whom it drives to, and what it refuses. Jobs are run
 * when the test says so, keeps complete when the test says so.
 */
import { SOUND } from '#protocols/fate.ts';
import { describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { sign, verifyingKeyOf } from '#algorithms/signature.ts';
import { BODY_OVERHEAD } from '#algorithms/seal.ts';
import { utf8 } from '#lib/bytes.ts';
import { NO_PROBE } from '#lib/probe.ts';
import { toBytes } from '#protocols/codec.ts';
import type { Effect, Moment, Plain } from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import { PAUSES_MS, rankAt } from '#protocols/ingress/drive.ts';
import { begin, invariants, step, type Door, type Says } from '#protocols/ingress/ingress.ts';
import { INGRESS_JOBS } from '#protocols/ingress/jobs.ts';
import { DRIVEN_MAX, keyOf, TICKETS_MAX, type Ingress } from '#protocols/ingress/state.ts';
import { SIZE_FIRST } from '#protocols/ingress/window.ts';
import { provers } from '#protocols/provers.ts';
import type { Self } from '#protocols/self.ts';
import { Follow, Moved, Submit } from '#protocols/sending.messages.ts';
import { AskTx, Told } from '#protocols/ledger.messages.ts';
import type { Saw } from '#protocols/slo.messages.ts';
import { address, nodeAddress, nodeOf, place, type Address } from '#protocols/subjects.ts';
import {
  bodyHashOf,
  fingerprintOf,
  Header,
  readersHashOf,
  txIdOf,
  type Core,
  type Tx,
} from '#protocols/transaction.ts';

const AT = place('asia.ishikawa.komatsu');
const WALL = 1_700_000_000_000;
const seedOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const keyOfSeed = (n: number) => ({
  suite: 'ed25519' as const,
  key: verifyingKeyOf('ed25519', seedOf(n)),
});
const delegates = ['d1', 'd2', 'd3', 'd4'].map((name, i) => ({
  node: nodeAddress(AT, name),
  stake: 100n,
  signing: keyOfSeed(i + 1),
  vrf: seedOf(i + 1),
}));
const genesis = {
  version: 1,
  network: utf8('test'),
  place: AT,
  delegates,
  grantor: keyOfSeed(99),
};
const self: Self = {
  genesis,
  node: delegates[0]!.node,
  secrets: {
    signing: { suite: 'ed25519', seed: seedOf(1) },
    sealing: { suite: 'ml-kem-768', seed: new Uint8Array(64) },
    vrf: seedOf(1),
  },
  probe: NO_PROBE,
};
const door: Door = { self, allowance: { perSecond: 10, burst: 3 } };
const LEDGER = address(self.node, 'ledger');
const CLIENT = address(nodeAddress(AT, 'app'), 'client');

function txOf(seq: number, core: Partial<Core> = {}, forged = false): Tx {
  const key = keyOfSeed(7);
  const body = new Uint8Array(BODY_OVERHEAD + 10).fill(seq % 256);
  const header = {
    core: {
      version: 1,
      sender: fingerprintOf(key),
      receiver: undefined,
      from: AT,
      to: AT,
      seq,
      createdAt: stampBytes({ wallMs: WALL, count: 0 }),
      expiresAt: WALL + 60_000,
      completes: 'on-commit' as const,
      op: new Uint8Array(0),
      objects: [],
      ...core,
    },
    bodyHash: bodyHashOf(body),
    bodyBytes: body.length,
    readersHash: readersHashOf([]),
  };
  const bytes = toBytes(Header, header);
  const seed = seedOf(forged ? 8 : 7);
  const signature = sign({
    suite: 'ed25519',
    purpose: 'tx',
    network: utf8('test'),
    seed,
    bytes,
  });
  return { cover: { header, key, signature, readers: [], erased: undefined }, body };
}

/** One ingress, whose pool and disk are the test's. */
type Judgement = Effect<Says> & { readonly do: 'send'; readonly message: Saw };
const isJudgement = (effect: Effect<Says>): effect is Judgement =>
  effect.do === 'send' && effect.message.kind === 'slo.saw';

class Stand {
  state: Ingress;
  readonly said: Effect<Says>[] = [];
  /** What its own slo was told of writes: how long they took. */
  readonly judged: (number | undefined)[] = [];
  now = 0;
  #tickets = 0;

  constructor(kept: ReadonlyMap<string, Uint8Array> = new Map()) {
    const [state, effects] = begin(door, kept, 0);
    this.state = state;
    this.said.push(...effects);
  }

  hear(input: Parameters<typeof step>[2], asks = false, from?: Address): void {
    const by = from ?? (input.kind === 'ingress.moved' ? LEDGER : CLIENT);
    const at: Moment = {
      now: millis(this.now),
      wall: millis(WALL + this.now),
      entropy: { below: () => 0, bytes: (count) => new Uint8Array(count) },
      from: by,
      ticket: asks ? { asker: by, number: ++this.#tickets } : undefined,
    };
    const [state, effects] = step(door, this.state, input, at);
    this.state = state;
    invariants(state);
    this.said.push(...effects.filter((each) => !isJudgement(each)));
    this.judged.push(...effects.filter(isJudgement).map(({ message }) => message.tookMs));
  }

  /** Takes out what was said so far, of one kind of effect. */
  take<D extends Effect['do']>(what: D): Extract<Effect<Says>, { do: D }>[] {
    const taken = this.said.filter((each) => each.do === what);
    for (const each of taken) this.said.splice(this.said.indexOf(each), 1);
    return taken as Extract<Effect<Says>, { do: D }>[];
  }

  runJobs(): void {
    for (const { id, job, input } of this.take('compute')) {
      const output = INGRESS_JOBS[job as 'ingress.verify'](input as Plain);
      this.hear({ kind: 'computed', id, output });
    }
  }

  keepAll(): void {
    for (const { id } of this.take('keep')) this.hear({ kind: 'kept', id });
  }

  submit(tx: Tx): void {
    this.hear(Submit.of({ tx }), true);
  }

  answers(): string[] {
    return this.take('answer').map(({ message }) =>
      'reason' in message ? String(message.reason) : message.kind,
    );
  }
}

const moved = (tx: Tx, state: Moved['state']): Moved =>
  Moved.of({
    txId: txIdOf(tx.cover.header),
    state,
    acks: 25,
    needed: 25,
    rows: 42,
    cause: new Uint8Array(32),
    height: undefined,
    reason: undefined,
  });

function driven(tx: Tx): Stand {
  const stand = new Stand();
  stand.submit(tx);
  stand.runJobs();
  stand.keepAll();
  return stand;
}

/** One that its own delegate draws for first. */
const ours = Array.from({ length: 64 }, (_, seq) => txOf(100 + seq)).find(
  (tx) => provers(genesis, txIdOf(tx.cover.header))[0]!.node === self.node,
)!;

describe('an ingress', () => {
  it('drives what its own delegate draws while the journal is being written, and says nothing of it before', () => {
    const stand = new Stand();
    stand.submit(ours);
    stand.runJobs();
    expect(stand.take('send').map(({ to }) => to)).toEqual([address(self.node, 'select')]);
    stand.hear(moved(ours, 'REPAIR_REQ'), false, address(self.node, 'commit'));
    expect([...stand.answers(), ...stand.take('send'), ...stand.take('note')]).toEqual([]);
    stand.keepAll();
    expect(stand.answers()).toEqual(['ingress.accepted']);
    expect(stand.take('send').map(({ to }) => to)).toEqual([CLIENT]);
  });

  it('answers whoever waits, and tells whoever follows, when the end comes before the journal', () => {
    const stand = new Stand();
    stand.submit(ours);
    stand.runJobs();
    stand.take('send');
    stand.hear(moved(ours, 'COMMITTED'));
    expect(stand.answers()).toEqual(['ingress.accepted']);
    expect(stand.take('send')).toMatchObject([{ to: CLIENT, message: { state: 'COMMITTED' } }]);
    stand.keepAll();
    expect(stand.state.driven.size).toBe(0);
  });

  it('says accepted only when the signature was verified and the journal is durable', () => {
    const stand = new Stand();
    stand.submit(txOf(1));
    expect(stand.answers()).toEqual([]);
    stand.runJobs();
    expect(stand.answers()).toEqual([]);
    expect(stand.take('send')).toEqual([]);
    stand.keepAll();
    expect(stand.answers()).toEqual(['ingress.accepted']);
    expect(stand.take('note')[0]!.topic).toMatch(/^tx\.[a-z2-7]{52}\.FRESH$/);
    const [taken] = stand.take('send');
    const first = provers(genesis, txIdOf(txOf(1).cover.header))[0]!;
    expect(taken).toMatchObject({ to: address(first.node, 'select'), message: { attempt: 0 } });
  });

  it('answers the same bytes alike, wherever they are on their way', () => {
    const tx = txOf(1);
    const stand = new Stand();
    stand.submit(tx);
    stand.submit(tx);
    stand.runJobs();
    stand.submit(tx);
    stand.keepAll();
    expect(stand.answers()).toEqual(Array(3).fill('ingress.accepted'));
    stand.submit(tx);
    stand.hear(moved(tx, 'COMMITTED'), false, address(self.node, 'ledger'));
    stand.submit(tx);
    expect(stand.answers()).toEqual(Array(2).fill('ingress.accepted'));
    expect(stand.take('compute')).toEqual([]);
    expect(stand.take('send').filter(({ message }) => message.kind === 'select.take').length).toBe(
      1,
    );
  });

  it.each([
    ['bad-signature', txOf(1, {}, true)],
    ['expired', txOf(1, { expiresAt: WALL })],
    ['from-the-future', txOf(1, { createdAt: stampBytes({ wallMs: WALL + 6_000, count: 0 }) })],
    ['wrong-city', txOf(1, { from: place('asia.ishikawa.kanazawa') })],
    ['malformed', txOf(1, { sender: new Uint8Array(32) })],
    ['malformed', { ...txOf(1), body: new Uint8Array(BODY_OVERHEAD + 10).fill(9) }],
    ['malformed', txOf(1, { expiresAt: WALL + 3 * 366 * 86_400_000 })],
  ])('refuses what is %s, and keeps nothing of it', (reason, tx) => {
    const stand = new Stand();
    stand.submit(tx);
    stand.runJobs();
    expect(stand.answers()).toEqual([reason]);
    expect(stand.take('keep')).toEqual([]);
    expect(stand.state.guests.size + stand.state.driven.size).toBe(0);
  });

  it('lets no forged signature stand in the place of its sender', () => {
    const stand = new Stand();
    stand.submit(txOf(1, {}, true));
    stand.submit(txOf(1));
    stand.runJobs();
    stand.runJobs();
    stand.submit(txOf(1, {}, true));
    stand.keepAll();
    expect(stand.answers()).toEqual(['bad-signature', 'ingress.accepted', 'ingress.accepted']);
  });

  it('lets a sender in as often as its allowance says, and again after a while', () => {
    const stand = new Stand();
    for (let seq = 0; seq < 5; seq++) stand.submit(txOf(seq));
    stand.runJobs();
    stand.runJobs();
    expect(stand.answers()).toEqual(['rate-limited', 'rate-limited']);
    stand.submit(txOf(5));
    expect(stand.answers()).toEqual(['rate-limited']);
    stand.now = 100;
    stand.submit(txOf(5));
    stand.runJobs();
    expect(stand.answers()).toEqual([]);
  });

  it('takes nothing from a sender for what others forge in its name', () => {
    const stand = new Stand();
    for (let seq = 0; seq < 9; seq++) stand.submit(txOf(seq, {}, true));
    stand.runJobs();
    stand.runJobs();
    expect(stand.answers()).toEqual(Array(9).fill('bad-signature'));
    stand.submit(txOf(1));
    stand.runJobs();
    expect(stand.answers()).toEqual([]);
    expect(stand.state.driven.size).toBe(1);
  });

  it('makes nobody wait beyond so many who bring the same', () => {
    const stand = new Stand();
    for (let i = 0; i <= TICKETS_MAX; i++) stand.submit(txOf(1));
    expect(stand.answers()).toEqual(['busy']);
  });

  it('says busy beyond its bound, and to all whose job was lost', () => {
    const stand = new Stand();
    stand.submit(txOf(1));
    stand.hear({ kind: 'uncomputed', id: 'verify', why: 'the worker crashed' });
    expect(stand.answers()).toEqual(['busy']);
    const full = new Stand();
    const one = driven(txOf(1)).state.driven.values().next().value!;
    for (let i = 0; i < DRIVEN_MAX; i++) full.state.driven.set(String(i), one);
    full.submit(txOf(2));
    expect(full.answers()).toEqual(['busy']);
  });

  it('measures what its sender waited for, each once, and judges the write by it', () => {
    const tx = txOf(1);
    const stand = driven(tx);
    expect(stand.take('figure')).toMatchObject([{ name: 'dag_layer_latency_seconds', value: 0 }]);
    stand.now += 120;
    for (let i = 0; i < 2; i++) stand.hear(moved(tx, 'POH_ACK'));
    stand.now += 80;
    stand.hear(moved(tx, 'COMMITTED'));
    expect(stand.judged).toEqual([120]);
    expect(stand.take('figure').map(({ name, value, word }) => [name, value, word])).toEqual([
      ['city_chain_send_seconds', 120, 'POH_ACK'],
      ['city_chain_send_seconds', 200, 'COMMITTED'],
      ['city_chain_wait_seconds', 80, 'order'],
    ]);
  });

  it('drives again, to the next in rank after the first was asked twice, until the end', () => {
    expect([0, 1, 2, 3, 4, 5].map((attempt) => rankAt(attempt, 4))).toEqual([0, 0, 1, 2, 3, 0]);
    const tx = txOf(1);
    const stand = driven(tx);
    const ranked = provers(genesis, txIdOf(tx.cover.header)).map(({ node }) => node);
    const asked = [...stand.take('send')];
    for (let i = 0; i < 3; i++) {
      const { id, inMs } = stand.take('wake')[0]!;
      expect(inMs).toBe(PAUSES_MS[Math.min(i, PAUSES_MS.length - 1)]);
      stand.now += inMs;
      stand.hear({ kind: 'wake', id });
      asked.push(...stand.take('send').filter(({ to }) => to !== LEDGER));
    }
    expect(asked.map(({ to }) => nodeOf(to))).toEqual([ranked[0], ranked[0], ranked[1], ranked[0]]);
    // It has waited for too long, which counts once, whatever comes of it.
    expect(stand.judged).toEqual([undefined]);
    stand.take('wake');
    stand.hear(moved(tx, 'COMMITTED'));
    stand.hear({ kind: 'wake', id: keyOf(txIdOf(tx.cover.header)) });
    expect(stand.take('send').map(({ message }) => message.kind)).toEqual(['ingress.progress']);
    expect(stand.take('wake')).toEqual([]);
  });

  it('believes of its own ledger what was ordered, of layers what is theirs to say, and nobody else', () => {
    const tx = txOf(1);
    const stand = driven(tx);
    stand.take('send');
    const peer = delegates[1]!.node;
    for (const liar of [CLIENT, address(peer, 'ledger'), address(peer, 'ingress')])
      stand.hear(moved(tx, 'COMMITTED'), false, liar);
    for (const layer of ['select', 'commit']) {
      stand.hear(moved(tx, 'COMMITTED'), false, address(peer, layer));
      stand.hear(moved(tx, 'EXPIRED'), false, address(peer, layer));
    }
    stand.hear(moved(tx, 'REJECTED'), false, CLIENT);
    expect(stand.take('send')).toEqual([]);
    stand.hear(moved(tx, 'POH_ACK'), false, LEDGER);
    stand.hear(moved(tx, 'COMMITTED'), false, LEDGER);
    const told = stand.take('send').map(({ message }) => 'state' in message && message.state);
    expect(told).toEqual(['POH_ACK', 'COMMITTED']);
  });

  it('shows as news what layers of other delegates claim, and goes on', () => {
    const tx = txOf(1);
    const stand = driven(tx);
    const peer = address(delegates[1]!.node, 'commit');
    stand.take('send');
    stand.hear(moved(tx, 'POH_ACK'), false, peer);
    stand.hear({ ...moved(tx, 'REJECTED'), reason: 'bad-signature' }, false, peer);
    const news = stand.take('send').map(({ message }) => message);
    expect(news).toMatchObject([
      { state: 'FRESH', acks: 25, cause: undefined },
      { state: 'FRESH', reason: 'bad-signature' },
    ]);
    expect([stand.state.driven.size, stand.state.window.inWork.size]).toEqual([1, 1]);
    stand.hear(moved(tx, 'POH_ACK'), false, address(self.node, 'commit'));
    expect(stand.state.window.inWork.size).toBe(0);
    stand.hear(moved(tx, 'POH_ACK'), false, peer);
    const said = stand.take('send').map(({ message }) => 'state' in message && message.state);
    expect(said).toEqual(['POH_ACK', 'POH_ACK']);
  });

  it('asks the next in rank though another goes on saying that it is at work', () => {
    const tx = txOf(1);
    const stand = driven(tx);
    const id = keyOf(txIdOf(tx.cover.header));
    const ranked = provers(genesis, txIdOf(tx.cover.header)).map(({ node }) => node);
    const peer = address(delegates.find(({ node }) => node !== self.node)!.node, 'select');
    let due = stand.take('wake').at(-1)!.inMs;
    for (; stand.now < 60_000; stand.now += 1_000) {
      stand.hear(moved(tx, 'FRESH'), false, peer);
      const put = stand.take('wake').at(-1);
      if (put !== undefined) due = stand.now + put.inMs;
      if (stand.now < due) continue;
      stand.hear({ kind: 'wake', id });
      due = stand.now + stand.take('wake').at(-1)!.inMs;
    }
    const asked = stand.take('send').filter(({ message }) => message.kind === 'select.take');
    expect(new Set(asked.map(({ to }) => nodeOf(to)))).toEqual(new Set(ranked));
  });

  it('asks its ledger whenever it drives again, and ends what was ordered unheard', () => {
    const tx = txOf(1);
    const txId = txIdOf(tx.cover.header);
    const stand = driven(tx);
    expect(stand.take('send').map(({ to }) => to)).not.toContain(LEDGER);
    stand.hear({ kind: 'wake', id: keyOf(txId) });
    const asked = { do: 'send', to: LEDGER, message: AskTx.of({ txId }) };
    expect(stand.take('send')).toContainEqual(asked);
    const answer = (known: Told['known'], state: Told['state']): Told =>
      Told.of({
        txId,
        known,
        state,
        cause: new Uint8Array(32),
        cover: undefined,
        manifest: undefined,
        cert: undefined,
        proof: undefined,
        quorum: undefined,
        expiresAt: undefined,
        fate: SOUND,
      });
    stand.hear(answer('certified', 'POH_ACK'), false, LEDGER);
    stand.hear(answer('ordered', 'COMMITTED'), false, address(delegates[1]!.node, 'ledger'));
    expect(stand.state.driven.size).toBe(1);
    stand.hear(answer('ordered', 'COMMITTED'), false, LEDGER);
    expect(stand.state.driven.size).toBe(0);
    const told = stand.take('send').filter(({ message }) => message.kind === 'ingress.progress');
    expect(told.map(({ message }) => 'state' in message && message.state)).toEqual([
      'POH_ACK',
      'COMMITTED',
    ]);
  });

  it('has few in work at once; the others wait in the journal and take their turns', () => {
    const stand = new Stand();
    const all = Array.from({ length: SIZE_FIRST + 2 }, (_, seq) => txOf(seq, {}));
    for (const tx of all) {
      stand.now += 100;
      stand.submit(tx);
      stand.runJobs();
      stand.keepAll();
    }
    expect(stand.answers()).toEqual(all.map(() => 'ingress.accepted'));
    const taken = () => stand.take('send').filter(({ message }) => message.kind === 'select.take');
    expect(taken().length).toBe(SIZE_FIRST);
    const commit = address(self.node, 'commit');
    stand.hear(moved(all[0]!, 'POH_ACK'), false, commit);
    stand.hear(moved(all[1]!, 'REJECTED'), false, commit);
    expect(taken().length).toBe(2);
    expect(stand.state.window.waiting.size).toBe(0);
  });

  it('waits longer after each word of a transaction: whoever speaks of it has it in work', () => {
    const tx = txOf(1);
    const stand = driven(tx);
    stand.take('wake');
    stand.hear(moved(tx, 'FRESH'));
    const id = keyOf(txIdOf(tx.cover.header));
    expect(stand.take('wake')).toEqual([{ do: 'wake', id, inMs: 5_000 }]);
  });

  it('drives on what its journal holds, and forgets it at its end', () => {
    const stand = new Stand();
    stand.submit(txOf(1));
    stand.runJobs();
    const [kept] = stand.take('keep');
    const { key, value } = kept!.writes[0]!;
    const later = new Stand(new Map([[key, value!]]));
    expect(later.take('send').map(({ message }) => message.kind)).toEqual([
      'select.take',
      'ledger.ask',
    ]);
    later.hear(moved(txOf(1), 'REJECTED'));
    expect(later.take('keep')[0]!.writes).toEqual([{ key, value: undefined }]);
  });

  it('never lets word lead back, and shows repair in between', () => {
    const tx = txOf(1);
    const stand = driven(tx);
    stand.take('send');
    for (const state of [
      'REPAIR_REQ',
      'FRESH',
      'POH_ACK',
      'FRESH',
      'COMMITTED',
      'POH_ACK',
    ] as const)
      stand.hear(moved(tx, state));
    const told = stand.take('send').map(({ message }) => 'state' in message && message.state);
    expect(told).toEqual(['REPAIR_REQ', 'FRESH', 'POH_ACK', 'COMMITTED']);
  });

  it('tells whoever follows, at once and later, and says when it knows nothing', () => {
    const tx = txOf(1);
    const stand = driven(tx);
    stand.take('send');
    stand.take('answer');
    const txId = txIdOf(tx.cover.header);
    const other = address(nodeAddress(AT, 'other'), 'client');
    stand.hear(Follow.of({ txId }), true, other);
    expect(stand.take('answer')[0]!.message).toMatchObject({ known: 'yes', state: 'FRESH' });
    stand.hear(moved(tx, 'POH_ACK'));
    expect(stand.take('send').map(({ to }) => to)).toEqual([CLIENT, other]);
    stand.hear(Follow.of({ txId: new Uint8Array(32) }), true, other);
    expect(stand.take('answer')[0]!.message).toMatchObject({ known: 'no' });
  });

  it('lets a fresh one expire only when no batch can take it any more', () => {
    const tx = txOf(1);
    const stand = driven(tx);
    const id = keyOf(txIdOf(tx.cover.header));
    stand.take('send');
    stand.now = 60_000;
    stand.hear({ kind: 'wake', id });
    expect(stand.take('send').map(({ message }) => message.kind)).toEqual(['ledger.ask']);
    stand.now = 70_000;
    stand.hear({ kind: 'wake', id });
    expect(stand.take('send')[0]!.message).toMatchObject({ state: 'EXPIRED' });
    expect(stand.state.driven.size).toBe(0);
  });

  it('takes a want of holders for no end: another delegate may have placed it', () => {
    const tx = txOf(1);
    const stand = driven(tx);
    const [first] = provers(genesis, txIdOf(tx.cover.header));
    const layer = address(first!.node, 'select');
    const short = { ...moved(tx, 'REJECTED'), reason: 'no-capacity' as const };
    stand.take('send');
    stand.hear(short, false, layer);
    expect(stand.take('send').map(({ message }) => message)).toMatchObject([
      { state: 'FRESH', reason: 'no-capacity' },
    ]);
    stand.hear(short, false, layer);
    expect(stand.take('send')).toEqual([]);
    expect(stand.state.driven.size).toBe(1);
  });
});
