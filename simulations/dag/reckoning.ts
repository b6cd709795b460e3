/**
 * Stakes of a chain whose entries mean nothing, but for some that convict: what a ledger would tell its city of epochs.
 * By the digest of the last batch, so that two chains, which there must not be, have a state each.
 */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { domain, hash } from '#algorithms/hash/hash.ts';
import { hex } from '#lib/bytes.ts';
import {
  bitsOf,
  headDigest,
  NONE,
  type CityBatch,
  type Committed,
  type Entry,
} from '#protocols/city-batch.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { Applied } from '#protocols/order.messages.ts';
import { afterBatch, namedAfter } from '#protocols/stake/election.ts';
import { convict } from '#protocols/stake/penalty.ts';
import { beginningOf, firstStakes, type Rules, type Stakes } from '#protocols/stake/stakes.ts';
import { passedOver } from '#protocols/stake/turns.ts';

const STATE = domain('simulated state');

export const RULES: Rules = {
  epochBatches: 10_000,
  seats: 256,
  unbondingEpochs: 8,
  slashPermille: 50,
  togetherEpochs: 4,
  presentPermille: 0,
  awayEpochs: 1,
  missedTurns: 3,
  passedBatches: 64,
};

export class Reckoning {
  /** Entries that convict, by certificate: of whom. */
  readonly convicts = new Map<string, number>();
  readonly #genesis: Genesis;
  readonly #rules: Rules;
  readonly #after = new Map<string, Stakes>();

  constructor(genesis: Genesis, rules: Partial<Rules> = {}) {
    this.#genesis = genesis;
    this.#rules = { ...RULES, ...rules };
    this.#after.set(hex(NONE), firstStakes(genesis, NONE));
  }

  /** The stakes after a chain; all of its batches are looked at once. */
  after(chain: readonly Committed[]): Stakes {
    let at = chain.length;
    while (at > 0 && !this.#after.has(digestAt(chain, at))) at--;
    let stakes = this.#after.get(digestAt(chain, at))!;
    for (; at < chain.length; at++) {
      const { batch } = chain[at]!;
      stakes = afterBatch(
        this.#genesis,
        this.#rules,
        stakes,
        this.#acted(stakes, batch),
        batch.head,
      );
      this.#after.set(digestAt(chain, at + 1), stakes);
    }
    return stakes;
  }

  /** What a ledger says of its chain: the state is all batches so far, whatever they mean. */
  applied(chain: readonly Committed[]): Applied {
    const stakes = this.after(chain);
    const next = namedAfter(this.#genesis, stakes, this.#rules, chain.length);
    const passed = bitsOf(passedOver(stakes));
    const epoch = { since: beginningOf(stakes), next: next && [...next], passed };
    const last = chain.at(-1);
    const at = stampBytes({ wallMs: 0, count: 0 });
    if (last === undefined)
      return Applied.of({
        height: 0,
        digest: NONE,
        round: 0,
        at,
        stateRoot: NONE,
        count: 0,
        ...epoch,
      });
    const { head } = last.batch;
    const digest = headDigest(head);
    const stateRoot = hash(STATE, digest);
    const { height, round, count } = head;
    return Applied.of({ height, digest, round, at: head.at, stateRoot, count, ...epoch });
  }

  #acted(before: Stakes, { entries, head: { height } }: CityBatch): Stakes {
    return entries.reduce((stakes: Stakes, { cert }: Entry) => {
      const who = this.convicts.get(hex(cert));
      if (who === undefined) return stakes;
      const verdict = { who, fault: 'dag-equivocation', height, act: cert } as const;
      return convict(stakes, this.#rules, verdict) ?? stakes;
    }, before);
  }
}

const digestAt = (chain: readonly Committed[], height: number): string =>
  hex(height === 0 ? NONE : headDigest(chain[height - 1]!.batch.head));
