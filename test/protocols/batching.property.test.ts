/**
 * What a signer promises: each leaf is signed once, in a batch that proves it, soon, whatever the order
 * in which leaves come and signatures are done. Method: histories of both, with the bounds checked
 * after every step and the effects played by the test.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stampOf } from '#algorithms/clock/hlc.ts';
import { pathOf } from '#algorithms/merkle/tree.ts';
import { verifyingKeyOf, verify, type SignJob } from '#algorithms/signature.ts';
import { hex } from '#lib/bytes.ts';
import {
  batching,
  collect,
  invariants,
  isBatch,
  signed,
  SIGNING_MAX,
  turned,
  unsigned,
  WAITING_MAX,
  type Batching,
  type Signed,
} from '#protocols/batching.ts';
import type { Effect } from '#protocols/effect.ts';
import { BATCH_MAX, batchVerifyJob, isInBatch } from '#protocols/holding.ts';
import { millis } from '#protocols/ids.ts';
import { SENDING_JOBS } from '#protocols/sending/jobs.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';
import { utf8 } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';
import { moment } from './moments.ts';

const network = utf8('test');
const seed = new Uint8Array(32).fill(7);
const signer = {
  node: nodeAddress(place('asia.ishikawa.komatsu'), 'd1'),
  network,
  purpose: 'order',
  key: { suite: 'ed25519', seed },
} as const;

const leafOf = (item: number): Uint8Array => {
  const leaf = new Uint8Array(32);
  new DataView(leaf.buffer).setUint32(0, item);
  return leaf;
};

/** Plays what a batching asks for, and remembers what stands. */
const HALF_A_YEAR_MS = 182 * 86_400_000;

class Player {
  readonly batches: Batching<number> = batching(signer);
  readonly jobs = new Map<string, SignJob>();
  readonly stands: Signed<number>[] = [];
  readonly failed: number[] = [];
  hasAsked = false;
  now = 0;
  /** By how much the clock on the wall is wrong. */
  offMs = 0;
  #next = 0;

  #moment() {
    const at = moment(this.now);
    return { ...at, wall: millis(at.wall + this.offMs) };
  }

  collect(epoch: number): number | undefined {
    const item = this.#next++;
    const effects = collect(this.batches, epoch, leafOf(item), item, this.#moment());
    if (effects !== undefined) this.#play(effects);
    return effects === undefined ? undefined : item;
  }

  /** The pool has nothing else to do. */
  giveTurn(): void {
    if (!this.hasAsked) return;
    this.hasAsked = false;
    this.#play(turned(this.batches, this.#moment()));
  }

  /** Turns come and signatures are done until nothing is left to do. */
  settle(): void {
    while (this.hasAsked || this.jobs.size > 0) {
      this.giveTurn();
      this.finish(0, false);
    }
  }

  finish(which: number, fails: boolean): void {
    const id = [...this.jobs.keys()][which % this.jobs.size];
    if (id === undefined) return;
    const job = this.jobs.get(id)!;
    this.jobs.delete(id);
    expect(isBatch(this.batches, id)).toBe(true);
    if (fails) {
      const [items, effects] = unsigned(this.batches, id);
      this.failed.push(...items);
      return this.#play(effects);
    }
    const output = SENDING_JOBS['batch.sign']!(job as never);
    const [stands, effects] = signed(this.batches, id, output);
    this.stands.push(stands);
    this.#play(effects);
  }

  #play(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do === 'compute') this.jobs.set(effect.id, effect.input as unknown as SignJob);
      if (effect.do !== 'turn') continue;
      expect(this.hasAsked, 'a turn is asked for once').toBe(false);
      this.hasAsked = true;
    }
    invariants(this.batches);
  }
}

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('collect' as const), n: fc.nat(90), epoch: fc.nat(1) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('finish' as const), n: fc.nat(8), fails: fc.boolean() }),
  },
);

describe('batching', () => {
  it('signs each leaf once, with its path, whatever happens in between', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const player = new Player();
        const taken = new Set<number>();
        for (const each of actions) {
          if (each.do === 'finish') player.finish(each.n, each.fails);
          else if (each.do === 'turn') player.giveTurn();
          else for (let i = 0; i < each.n; i++) taken.add(player.collect(each.epoch)!);
          // The promise of progress: whoever waits, waits for a turn, or for a signature under way.
          const { waiting } = player.batches;
          expect(waiting.length === 0 || player.hasAsked || player.jobs.size > 0).toBe(true);
        }
        player.settle();
        const items = [...player.stands.flatMap((stands) => stands.items), ...player.failed];
        expect(items.toSorted((a, b) => a - b)).toEqual([...taken].toSorted((a, b) => a - b));
        for (const stands of player.stands.slice(0, 2)) checkBatch(stands);
      }),
      { numRuns: cases(60) },
    );
  });

  it('signs in one batch what came before its turn, and in the next what came meanwhile', () => {
    const player = new Player();
    for (let i = 0; i < 9; i++) player.collect(0);
    expect(player.jobs.size).toBe(0);
    player.giveTurn();
    for (let i = 0; i < 40; i++) player.collect(0);
    expect(player.jobs.size).toBe(1);
    expect(player.hasAsked).toBe(false);
    player.settle();
    expect(player.stands.map(({ items }) => items.length)).toEqual([9, 40]);
  });

  it('waits for no turn, and for no other signature, when a whole batch waits', () => {
    const player = new Player();
    for (let i = 0; i < BATCH_MAX; i++) player.collect(0);
    expect(player.jobs.size).toBe(1);
    for (let i = 0; i < BATCH_MAX; i++) player.collect(0);
    expect(player.jobs.size).toBe(2);
    player.giveTurn(); // Asked for before the batch was full: there is nothing left to sign.
    expect(player.jobs.size).toBe(2);
  });

  it('never has more than four signatures under way, and refuses what would wait too long', () => {
    const player = new Player();
    while (player.collect(0) !== undefined);
    expect(player.jobs.size).toBe(SIGNING_MAX);
    expect(player.batches.waiting).toHaveLength(WAITING_MAX);
    player.finish(0, false);
    player.giveTurn();
    expect(player.collect(0)).toBeDefined();
  });

  it('stamps each batch later than the one before, though no time has passed', () => {
    const player = new Player();
    for (let i = 0; i < 200; i++) player.collect(0);
    player.settle();
    const stamps = player.stands.map(({ batch }) => hex(batch.head.at));
    expect(stamps).toEqual([...new Set(stamps)].toSorted());
  });

  it('is not ahead of a clock that was set back: nobody would take what it signs', () => {
    const player = new Player();
    const stampAt = (offMs: number): number => {
      player.offMs = offMs;
      player.collect(0);
      player.settle();
      return stampOf(player.stands.at(-1)!.batch.head.at).wallMs - moment().wall;
    };
    expect(stampAt(HALF_A_YEAR_MS)).toBe(HALF_A_YEAR_MS);
    expect(stampAt(HALF_A_YEAR_MS - 5_000)).toBe(HALF_A_YEAR_MS);
    expect(stampAt(0)).toBe(0);
    expect(stampAt(1)).toBe(1);
  });

  it('knows its own jobs only', () => {
    expect(isBatch(batching(signer), 'batch:1')).toBe(false);
  });
});

function checkBatch({ batch, tree, items }: Signed<number>): void {
  const key = { suite: 'ed25519', key: verifyingKeyOf('ed25519', seed) } as const;
  expect(verify(batchVerifyJob('order', network, batch, key))).toBe(true);
  for (const [i, item] of items.entries()) {
    expect(isInBatch(batch.head, i, leafOf(item), pathOf(tree, i))).toBe(true);
  }
}
