/**
 * One delegate of a continent on a bench: its jobs are done at once, its disk is a map, and what it says is collected.
 * Signatures are keyed hashes: what is tried here is who is believed, not what a curve does.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { sign, verifyingKeyOf, verifyMany, type VerifyJob } from '#algorithms/signature.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import { leaderOf } from '#protocols/committee.ts';
import type { Effect, Plain, Signal } from '#protocols/effect.ts';
import type { Delegate } from '#protocols/genesis.ts';
import {
  blockId,
  genesisQc,
  heightOn,
  saidIn,
  saidSignJob,
  type Bare,
  type Block,
  type Qc,
} from '#protocols/jolteon/block.ts';
import { LEVEL_JOBS } from '#protocols/level/jobs.ts';
import * as machine from '#protocols/level/level.ts';
import { payloadOf, type Ref } from '#protocols/level/payload.ts';
import { delegateOf, type DelegateState, type Level } from '#protocols/level/state.ts';
import {
  Proposal,
  VoteWord,
  Where,
  type LevelHears,
  type LevelSays,
} from '#protocols/level.messages.ts';
import { address, nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import { withCheapCrypto } from '#simulations/crypto.ts';
import { moment } from '../moments.ts';

const HERE = place('asia.ishikawa.komatsu');
const ITEM = domain('test item');
const seeds = [0, 1, 2, 3].map((i) => new Uint8Array(32).fill(i + 1));
export const members = seeds.map((seed, i): Delegate => {
  const key = withCheapCrypto(() => verifyingKeyOf('ed25519', seed));
  return {
    node: nodeAddress(HERE, `c${i}`),
    stake: 1n,
    signing: { suite: 'ed25519', key },
    vrf: key,
  };
});
export const MAKERS = [0, 1, 2].map((i) => address(nodeAddress(HERE, `m${i}`), 'municipality'));
/** Everything that is offered is believed. */
export const level: Level = {
  network: utf8('test'),
  name: 'asia',
  epoch: 0,
  members,
  role: 'continent',
  below: [{ name: 'asia.ishikawa', makers: MAKERS, jobsOf: () => [] }],
  patienceMs: 700,
};
export const GENESIS = genesisQc('asia', 0);

export const signed = (by: number, said: Bare): Uint8Array =>
  withCheapCrypto(() =>
    sign(saidSignJob(level.network, saidIn(level, said), { suite: 'ed25519', seed: seeds[by]! })),
  );

/** Whether there is something to verify, and all of it is good. */
export const areGood = (jobs: readonly VerifyJob[] | undefined): boolean =>
  jobs !== undefined && withCheapCrypto(() => verifyMany(jobs)).every((good) => good);

export const done = (job: string, input: Plain): Plain =>
  withCheapCrypto(() => LEVEL_JOBS[job as keyof typeof LEVEL_JOBS](input));

export const refTo = (id: number, text = ''): Ref => ({
  name: 'asia.ishikawa',
  id,
  digest: hash(ITEM, utf8(`${id} ${text}`)),
});

/** By whoever leads the round. */
export function blockOn(
  parent: Qc,
  height: number,
  round: number,
  refs: readonly Ref[] = [],
): Block {
  const payload = payloadOf(refs);
  const author = leaderOf(level, round);
  const place = { chain: 'asia', epoch: 0, round, author };
  const on = { parent: parent.block, parentRound: parent.round };
  return { head: { ...place, ...on, payload, height: heightOn(height, { payload }) }, parent };
}

export function qcOf({ head }: Block, by: readonly number[] = [0, 1, 3]): Qc {
  const [block, round] = [blockId(head), head.round];
  const votes = by.map((member) => ({
    member,
    signature: signed(member, { is: 'vote', round, block }),
  }));
  return { block, round, votes };
}

export const proposal = (block: Block, refs: readonly Ref[] = []): Proposal => {
  const { round, author } = block.head;
  const signature = signed(author, { is: 'proposal', round, block: blockId(block.head) });
  return Proposal.of({ full: { block, refs }, tc: undefined, signature });
};
export const vote = ({ head }: Block, member: number): VoteWord => {
  const [round, block] = [head.round, blockId(head)];
  const signature = signed(member, { is: 'vote', round, block });
  return VoteWord.of({ round, block, member, signature });
};
export const where = (high: Qc, height = 0): Where => Where.of({ high, tc: undefined, height });

export class Bench {
  readonly disk = new Map<string, Uint8Array>();
  readonly sent: { readonly to: string; readonly message: LevelSays }[] = [];
  readonly asked: { readonly id: string; readonly to: string; readonly message: LevelSays }[] = [];
  readonly notes: { readonly topic: string; readonly fact: unknown }[] = [];
  state: DelegateState;

  /** A later life has the disk of the one before. */
  constructor(own: number, disk: ReadonlyMap<string, Uint8Array> = new Map(), of: Level = level) {
    for (const [key, value] of disk) this.disk.set(key, value);
    const { node } = members[own]!;
    const signing = { suite: 'ed25519', seed: seeds[own]! } as const;
    const probe = { sometimes: () => undefined } as never;
    const [state, effects] = machine.begin(
      { level: of, node, signing, above: [], probe },
      this.disk,
    );
    this.state = state;
    this.#carryOut(effects);
  }

  hear(message: LevelHears, from: NodeAddress): void {
    this.#step(message, from);
  }

  /** By another member. */
  hearFrom(member: number, message: LevelHears): void {
    this.#step(message, members[member]!.node);
  }

  /** What it asked for comes, or nothing. */
  answer(id: string, message?: LevelHears): void {
    this.#step(
      message ? { kind: 'answered', id, message } : { kind: 'unanswered', id, why: 'deadline' },
    );
  }

  tick(): void {
    this.#step({ kind: 'wake', id: 'tick' });
  }

  said<K extends LevelSays['kind']>(kind: K): Extract<LevelSays, { readonly kind: K }>[] {
    return this.sent.flatMap(({ message }) =>
      message.kind === kind ? [message as Extract<LevelSays, { readonly kind: K }>] : [],
    );
  }

  #step(input: LevelHears | Signal, from?: NodeAddress): void {
    const at = from === undefined ? {} : { from: delegateOf('continent', from) };
    const [state, effects] = machine.step(this.state, input, moment(0, at));
    this.state = state;
    machine.invariants(state);
    this.#carryOut(effects);
  }

  #carryOut(effects: readonly Effect<LevelSays>[]): void {
    for (const each of effects) {
      if (each.do === 'send') this.sent.push({ to: each.to, message: each.message });
      if (each.do === 'ask') this.asked.push(each);
      if (each.do === 'note') this.notes.push(each);
      if (each.do === 'compute') {
        const output = done(each.job, each.input);
        this.#step({ kind: 'computed', id: each.id, output });
      }
      if (each.do === 'recall')
        this.#step({ kind: 'recalled', id: each.id, value: this.disk.get(each.key) });
      if (each.do !== 'keep') continue;
      for (const { key, value } of each.writes) {
        if (value === undefined) this.disk.delete(key);
        else this.disk.set(key, value);
      }
      this.#step({ kind: 'kept', id: each.id });
    }
  }
}

export const idOf = ({ head }: Block): string => hex(blockId(head));
