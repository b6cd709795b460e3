/**
 * The tip of a delegate and of an anchor, step by step. Method: four delegates of one stake; what a job found of
 * signatures is given by hand, and once by the job itself.
 */
import { describe, expect, it } from 'vitest';
import { sign, verifyingKeyOf } from '#algorithms/signature.ts';
import { utf8 } from '#lib/bytes.ts';
import {
  cityBatch,
  headDigest,
  NONE,
  type CityBatch,
  type Committed,
} from '#protocols/city-batch.ts';
import { toBytes } from '#protocols/codec.ts';
import type { Effect, Plain, Signal } from '#protocols/effect.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { AskChain, Chained } from '#protocols/ledger.messages.ts';
import { Heard, Spread } from '#protocols/overlay.messages.ts';
import type { Self } from '#protocols/self.ts';
import { address, nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import { AskTip, Tip, TipTold, type TipHears, type TipSays } from '#protocols/tip.messages.ts';
import { TIP_JOBS } from '#protocols/tip/jobs.ts';
import { begin, step, tipOf, type Tips } from '#protocols/tip/tip.ts';
import { vertexSignJob } from '#protocols/vertex-head.ts';
import { NO_PROBE } from '#lib/probe.ts';
import { computed, from, moment } from '../moments.ts';

const KOMATSU = place('asia.ishikawa.komatsu');
const full = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const delegates = [0, 1, 2, 3].map((i) => nodeAddress(KOMATSU, `d${i}`));
const ANCHOR = nodeAddress(KOMATSU, 'a1');
const signing = (i: number) =>
  ({ suite: 'ed25519', key: verifyingKeyOf('ed25519', full(i)) }) as const;
const genesis: Genesis = {
  version: 1,
  network: utf8('test'),
  place: KOMATSU,
  delegates: delegates.map((node, i) => ({ node, stake: 1n, signing: signing(i), vrf: full(i) })),
  grantor: signing(9),
};
// Nothing here signs: its secrets are never looked at.
const selfOf = (node: NodeAddress) => ({ genesis, node, probe: NO_PROBE }) as unknown as Self;

const batchAt = (height: number, prev = NONE): CityBatch =>
  cityBatch(
    {
      place: KOMATSU,
      epoch: 0,
      height,
      prev,
      proposer: delegates[0]!,
      round: height,
      at: new Uint8Array(8),
      stateRoot: full(2),
    },
    [],
    undefined,
  );

function committed(height: number, members = [0, 1, 2], prev = NONE): Committed {
  const batch = batchAt(height, prev);
  const sealed = headDigest(batch.head);
  const votes = members.map((member) => {
    const [round, content] = [height + 2, full(3)];
    const head = { place: KOMATSU, epoch: 0, author: member, round, content, sealed };
    const job = vertexSignJob(genesis.network, head, { suite: 'ed25519', seed: full(member) });
    return { member, round, content, signature: sign(job) };
  });
  return { batch, quorum: { votes } };
}

const tipAt = (...of: Parameters<typeof committed>): Tip => {
  const { batch, quorum } = committed(...of);
  return { head: batch.head, quorum };
};

type Did = readonly Effect<TipSays>[];
const id = full(7);
const begun = (node: NodeAddress): Tips => begin(selfOf(node), moment())[0];
const overlayOn = ({ self }: Tips) => from(address(self.node, 'overlay'));
const does = (state: Tips, input: TipHears | Signal, at = moment()): Did =>
  step(state, input, at)[1];
const hear = (state: Tips, payload: Uint8Array): Did =>
  does(state, Heard.of({ id, topic: 'city-head', payload }), overlayOn(state));
const hearTip = (state: Tips, tip: Tip): Did => hear(state, toBytes(Tip, tip));
const said = (effects: Did): TipSays[] =>
  effects.flatMap((each) => (each.do === 'send' || each.do === 'ask' ? [each.message] : []));
const judged = (effects: Did): string[] =>
  said(effects).flatMap((each) => (each.kind === 'overlay.judged' ? [each.verdict] : []));
const heightOf = ({ known }: Tips): number | undefined => known?.tip.head.height;
/** What the pool makes of the one job among these. */
function worked(state: Tips, effects: Did): Did {
  const job = effects.find((each) => each.do === 'compute')!;
  if (job.do !== 'compute') throw new Error('a job');
  return does(state, computed(job.id, TIP_JOBS['tip.verify'](job.input as Plain)));
}

describe('whoever hears of a head', () => {
  it('believes it for its signatures, and passes it on then', () => {
    const state = begun(ANCHOR);
    const effects = hearTip(state, tipAt(5));
    expect([heightOf(state), judged(effects)]).toEqual([undefined, []]);
    expect(judged(worked(state, effects))).toEqual(['fit']);
    expect(heightOf(state)).toBe(5);
  });

  it('finds unfit what is none, of another city, too few, or signed by others', () => {
    const state = begun(ANCHOR);
    const tip = tipAt(5);
    const elsewhere = { ...tip.head, place: place('asia.tokyo.chiyoda') };
    expect(judged(hear(state, utf8('no tip')))).toEqual(['unfit']);
    expect(judged(hearTip(state, { ...tip, head: elsewhere }))).toEqual(['unfit']);
    expect(judged(hearTip(state, tipAt(5, [0, 1])))).toEqual(['unfit']);
    const forged = { head: { ...tip.head, height: 6 }, quorum: tip.quorum };
    expect(judged(worked(state, hearTip(state, forged)))).toEqual(['unfit']);
    expect(heightOf(state)).toBeUndefined();
  });

  it('asks who orders in an epoch that it does not know, and bars nobody for that', () => {
    const state = begun(ANCHOR);
    const tip = tipAt(5);
    const effects = hearTip(state, { ...tip, head: { ...tip.head, epoch: 1 } });
    expect(judged(effects)).toEqual(['stale']);
    expect(effects.flatMap((each) => (each.do === 'ask' ? [each.message.kind] : []))).toEqual([
      'ledger.handovers',
    ]);
  });

  it('does not go back, nor passes on what is old', () => {
    const state = begun(ANCHOR);
    worked(state, hearTip(state, tipAt(5)));
    for (const height of [4, 5]) expect(judged(hearTip(state, tipAt(height)))).toEqual(['stale']);
    expect(heightOf(state)).toBe(5);
  });

  it('tells everybody of two heads of one height', () => {
    const state = begun(ANCHOR);
    worked(state, hearTip(state, tipAt(5)));
    const effects = worked(state, hearTip(state, tipAt(5, [1, 2, 3], full(1))));
    expect(judged(effects)).toEqual(['fit']);
    expect(effects[0]).toEqual({
      do: 'note',
      topic: 'tip.a1',
      fact: { height: 5, isForked: true },
    });
  });

  it('checks a few at a time, and listens to its own overlay alone', () => {
    const state = begun(ANCHOR);
    const all = [1, 2, 3, 4, 5].map((height) => judged(hearTip(state, tipAt(height))));
    expect(all).toEqual([[], [], [], [], ['stale']]);
    const heard = Heard.of({ id, topic: 'city-head', payload: toBytes(Tip, tipAt(9)) });
    expect(does(state, heard, from(address(delegates[0]!, 'overlay')))).toEqual([]);
  });
});

describe('a delegate', () => {
  const state = begun(delegates[0]!);
  const look = (): Did => does(state, { kind: 'wake', id: 'look' });
  const answer = (askedAs: string, height: number, batches: readonly Committed[]): Did =>
    does(state, { kind: 'answered', id: askedAs, message: Chained.of({ height, batches }) });

  it('asks its own ledger how far it is, and spreads the newest', () => {
    expect(said(look())).toEqual([AskChain.of({ from: 1, count: 1 })]);
    expect(said(answer('far', 5, [committed(1)]))).toEqual([AskChain.of({ from: 5, count: 1 })]);
    const payload = toBytes(Tip, tipAt(5));
    expect(said(answer('newest', 5, [committed(5)]))).toEqual([
      Spread.of({ topic: 'city-head', payload }),
    ]);
  });

  it('is silent while nothing comes', () => {
    expect(said(look())).toEqual([AskChain.of({ from: 6, count: 1 })]);
    expect(answer('far', 5, [])).toEqual([]);
  });
});

describe('an anchor', () => {
  it('asks a delegate when nothing comes, and checks what that says', () => {
    const state = begun(ANCHOR);
    const [question] = does(state, { kind: 'wake', id: 'look' });
    expect(question).toMatchObject({ do: 'ask', message: AskTip.of({}) });
    expect(delegates.map(tipOf)).toContain((question as { to: string }).to);
    const told = TipTold.of({ tip: tipAt(5) });
    const effects = does(state, { kind: 'answered', id: 'asked', message: told });
    expect(worked(state, effects).map((each) => each.do)).toEqual(['wake']);
    const asker = from(tipOf(delegates[1]!));
    expect(said(does(state, AskTip.of({}), asker))).toEqual([told]);
  });
});
