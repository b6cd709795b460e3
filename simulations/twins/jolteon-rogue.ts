/** What one can make who hears everything, and lies: blocks on top of any certificate that can be made of what was said. */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { hex, same, utf8 } from '#lib/bytes.ts';
import { isMost, type Weights } from '#protocols/abba/tally.ts';
import {
  blockId,
  genesisQc,
  heightOn,
  type Block,
  type Qc,
  type Tc,
  type Timeout,
  type Vote,
} from '#protocols/jolteon/block.ts';
import { countTimeout, countVote, emptyTally, qcOf } from '#protocols/jolteon/tally.ts';
import type { Random } from '../random.ts';

export const CHAIN = 'asia';
export const PAYLOAD = domain('simulated payload');
export const NOBODY: Uint8Array = new Uint8Array(0);

export interface Making {
  readonly author: number;
  readonly round: number;
  readonly parent: Qc;
  /** Of its parent. */
  readonly height: number;
  readonly payload: Uint8Array;
}

export const blockOn = ({ author, round, parent, height, payload }: Making): Block => ({
  head: {
    chain: CHAIN,
    epoch: 0,
    round,
    author,
    parent: parent.block,
    parentRound: parent.round,
    payload,
    height: heightOn(height, { payload }),
  },
  parent,
});

/** What one can make who hears everything, and lies. */
export class Rogue {
  readonly #weights: Weights;
  readonly #random: Random;
  readonly #leaderOf: (round: number) => number;
  readonly #qcs: Qc[] = [genesisQc(CHAIN, 0)];
  readonly #votes = new Map<string, ReturnType<typeof emptyTally>>();
  readonly #timeouts = new Map<number, Map<number, Timeout>>();
  readonly #tcs = new Map<number, Tc>();
  readonly #led = new Set<number>();
  readonly #gaveUp = new Set<number>();
  /** How high each block is that was proposed. */
  readonly #heights = new Map<string, number>([[hex(genesisQc(CHAIN, 0).block), 0]]);
  #made = 0;

  constructor(weights: Weights, random: Random, leaderOf: (round: number) => number) {
    this.#weights = weights;
    this.#random = random;
    this.#leaderOf = leaderOf;
  }

  saw({ head }: Block): void {
    this.#heights.set(hex(blockId(head)), head.height);
  }

  vote(vote: Vote): void {
    // Of each block a tally of its own, so that those who vote twice count for both.
    const key = `${vote.round} ${hex(vote.block)}`;
    const tally = this.#votes.get(key) ?? emptyTally();
    this.#votes.set(key, tally);
    countVote(tally, vote);
    const qc = qcOf(tally, this.#weights, vote);
    if (qc !== undefined && !this.#qcs.some(({ block }) => same(block, qc.block)))
      this.#qcs.push(qc);
  }

  timeout(timeout: Timeout): void {
    const all = this.#timeouts.get(timeout.round) ?? new Map<number, Timeout>();
    this.#timeouts.set(timeout.round, all);
    if (!all.has(timeout.member)) all.set(timeout.member, timeout);
    const tc = this.#lowestTc(timeout.round);
    if (tc !== undefined) this.#tcs.set(timeout.round, tc);
  }

  /** Of all certificates that a round was given up, the one that shows the least. */
  #lowestTc(round: number): Tc | undefined {
    const all = [...this.#timeouts.get(round)!.values()].toSorted(
      (a, b) => a.high.round - b.high.round,
    );
    let part = 0n;
    const chosen: Timeout[] = [];
    for (const each of all) {
      if (isMost(this.#weights, part)) break;
      part += this.#weights.of[each.member]!;
      chosen.push(each);
    }
    if (!isMost(this.#weights, part)) return undefined;
    const tally = emptyTally();
    for (const each of chosen) countTimeout(tally, each);
    const high = chosen.at(-1)!.high;
    const votes = chosen
      .toSorted((a, b) => a.member - b.member)
      .map(({ member, high: of, signature }) => ({ member, highRound: of.round, signature }));
    return { round, high, votes };
  }

  /** Blocks of a round of ours that has come. */
  *lead(member: number): Generator<{ readonly block: Block; readonly tc: Tc | undefined }> {
    const newest = Math.max(this.#qcs.at(-1)!.round, ...this.#tcs.keys()) + 1;
    if (this.#leaderOf(newest) !== member || this.#led.has(newest)) return;
    this.#led.add(newest);
    const tc = this.#tcs.get(newest - 1);
    for (let times = this.#random.below(3); times > 0; times--) {
      const near = this.#qcs.slice(-4);
      const parent = this.#random.pick(near);
      const payload = hash(PAYLOAD, utf8(`rogue ${member} ${++this.#made}`));
      // Now and then a number that is not the next one.
      const height =
        (this.#heights.get(hex(parent.block)) ?? 0) + (this.#random.below(8) === 0 ? 1 : 0);
      yield { block: blockOn({ author: member, round: newest, parent, height, payload }), tc };
    }
  }

  /** With whatever QC it likes; honest ones would not hide one. */
  *timeOut(member: number): Generator<Timeout> {
    const newest = Math.max(this.#qcs.at(-1)!.round, ...this.#tcs.keys()) + 1;
    if (this.#gaveUp.has(newest) || this.#random.below(4) > 0) return;
    this.#gaveUp.add(newest);
    const high = this.#random.pick(this.#qcs.slice(-6));
    const timeout = { round: newest, high, member, signature: NOBODY };
    this.timeout(timeout);
    yield timeout;
  }
}
