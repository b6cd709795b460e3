/** One member of a municipality of four, and batches that they seal: for tests of what one of them does. */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { sign, verifyingKeyOf, verifyMany, type VerifyJob } from '#algorithms/signature.ts';
import { utf8 } from '#lib/bytes.ts';
import type { Effect, Moment, Signal } from '#protocols/effect.ts';
import {
  batchDigest,
  municipalityBatch,
  sealSignJob,
  type Municipality,
  type Sealed,
} from '#protocols/municipality-batch.ts';
import { SealWord } from '#protocols/municipality.messages.ts';
import * as machine from '#protocols/municipality/municipality.ts';
import { memberOf, type Hears, type Member, type Says } from '#protocols/municipality/state.ts';
import type { Sitting } from '#protocols/sitting.ts';
import { nodeAddress, place, type Address } from '#protocols/subjects.ts';
import { withCheapCrypto } from '#simulations/crypto.ts';
import { moment } from '../moments.ts';

export const HERE = place('asia.ishikawa.komatsu');
const HEAD = domain('test head');
export const network = utf8('test');
export const name = 'asia.ishikawa';
export const seeds = [0, 1, 2, 3].map((i) => new Uint8Array(32).fill(i + 1));
export const members = seeds.map((seed, i) => {
  const key = withCheapCrypto(() => verifyingKeyOf('ed25519', seed));
  const signing = { suite: 'ed25519', key } as const;
  return { node: nodeAddress(HERE, `m${i}`), stake: 1n, signing, vrf: key };
});
const grantor = members[0]!.signing;
const city = { version: 1, network, place: HERE, delegates: members, grantor };
export const municipality: Municipality = {
  network,
  name,
  epoch: 0,
  members,
  size: members.length,
  coin: new Uint8Array(0),
  cities: [city],
};

interface Of {
  readonly epoch?: number;
  readonly next?: readonly Sitting[];
  /** The members, by their places in the first epoch. */
  readonly of?: readonly number[];
}

/** By the members of an epoch, who are those of the first one in another order or fewer of them. */
export function sealed(
  id: number,
  prev: Uint8Array,
  what: string,
  by: readonly number[],
  { epoch = 0, next, of = [0, 1, 2, 3] }: Of = {},
): Sealed {
  const taken = [{ city: HERE, from: id, heads: [hash(HEAD, utf8(what))] }];
  const batch = municipalityBatch({ name, epoch, id, prev, next }, taken);
  const seal = { name, id, batch: batchDigest(batch) };
  const made = (seed: Uint8Array) =>
    withCheapCrypto(() => sign(sealSignJob(network, seal, { suite: 'ed25519', seed })));
  return { batch, seals: by.map((member) => ({ member, signature: made(seeds[of[member]!]!) })) };
}

/** One member without an engine; jobs are done at once, its disk is a map. */
export class One {
  readonly disk = new Map<string, Uint8Array>();
  readonly notes: string[] = [];
  readonly sent: Says[] = [];
  /** Signatures that were verified; and what waits for that while it is held. */
  verifications = 0;
  held: Effect<Says>[] | undefined;
  member!: Member;

  constructor() {
    this.start();
  }

  start(): void {
    const signing = { suite: 'ed25519', seed: seeds[0]! } as const;
    const probe = { sometimes: () => undefined } as never;
    const self = { municipality, node: members[0]!.node, signing, coin: [], above: [], probe };
    const [member, effects] = machine.begin(self, this.disk);
    this.member = member;
    this.#carryOut(effects);
  }

  /** The pool does what it was asked meanwhile. */
  release(): void {
    const held = this.held!;
    this.held = undefined;
    this.#carryOut(held);
  }

  hear(message: Hears, from: number | Address = 1): void {
    this.#step(message, { from: typeof from === 'number' ? memberOf(members[from]!.node) : from });
  }

  ask(message: Hears, asker: Address): void {
    this.#step(message, { from: asker, ticket: { asker, number: 1 } });
  }

  #step(input: Hears | Signal, at: Partial<Moment> = {}): void {
    const [, effects] = machine.step(this.member, input, moment(0, at));
    machine.invariants(this.member);
    this.#carryOut(effects);
  }

  #carryOut(effects: readonly Effect<Says>[]): void {
    for (const each of effects) {
      if (each.do === 'note') this.notes.push(each.topic);
      if (each.do === 'send' || each.do === 'answer') this.sent.push(each.message);
      if (each.do === 'recall')
        this.#step({ kind: 'recalled', id: each.id, value: this.disk.get(each.key) });
      if (each.do === 'compute' && each.job === 'municipality.verify') {
        if (this.held !== undefined) {
          this.held.push(each);
          continue;
        }
        const jobs = each.input as unknown as VerifyJob[];
        this.verifications += jobs.length;
        const output = withCheapCrypto(() => verifyMany(jobs));
        this.#step({ kind: 'computed', id: each.id, output });
      }
      if (each.do !== 'keep') continue;
      for (const { key, value } of each.writes)
        if (value === undefined) this.disk.delete(key);
        else this.disk.set(key, value);
      this.#step({ kind: 'kept', id: each.id });
    }
  }
}

export const sealWord = (by: number, what: Sealed): SealWord => {
  const batch = batchDigest(what.batch);
  const seal = { name, id: what.batch.id, batch };
  const key = { suite: 'ed25519', seed: seeds[by]! } as const;
  const signature = withCheapCrypto(() => sign(sealSignJob(network, seal, key)));
  return SealWord.of({ id: what.batch.id, batch, member: by, signature });
};
