/**
 * Ledgers and cities of four delegates in one system, over stores that survive their actors. What is not theirs
 * is played: a presence that has one frozen list, an S5 that offers, an ingress that notes what it hears.
 * Certificates, draws and signatures are real.
 *
 * Oracles: on all disks one chain, one state root for a height; of one sender's number one COMMITTED at most.
 */
import { hex } from '#lib/bytes.ts';
import { city } from '#actors/city.ts';
import { ledger } from '#actors/ledger.ts';
import { jobs } from '#actors/jobs.ts';
import { catalogue, message, union, whole, type Catalogue } from '#protocols/codec.ts';
import { NOTHING, send, type Effect, type Moment, type Spoken } from '#protocols/effect.ts';
import type { Ledger } from '#protocols/ledger/state.ts';
import { Committed, Done } from '#protocols/ledger/records.ts';
import {
  FetchList,
  FollowLists,
  ListFrozen,
  ListPage,
  SeekList,
} from '#protocols/presence.messages.ts';
import { announcementOf, announcementsFor, pageFor } from '#protocols/presence/serve.ts';
import { Declined, Held, Moved, Offer } from '#protocols/sending.messages.ts';
import { headDigest } from '#protocols/city-batch.ts';
import { address, type Address, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import { memoryStore } from '#runtime/memory-store.ts';
import { inlinePool } from '#runtime/pool/inline-pool.ts';
import type { Store } from '#runtime/ports.ts';
import { System } from '#runtime/system.ts';
import { CITY, offerOf, POLICY, ROLL, type Made } from '../protocols/ledger/kept.ts';
import { selfOf } from '../protocols/sample.ts';
import { Manual, seeded } from '../runtime/manual.ts';

const PRESENCE = union(
  catalogue(FollowLists, FetchList, SeekList),
  catalogue(ListFrozen, ListPage),
);
const Go = message('test.go', {});
const COMMIT = catalogue(Held, Declined, Offer, Go);

export class Yard {
  readonly manual = new Manual();
  readonly system: System;
  readonly nodes: readonly NodeAddress[] = CITY.delegates.map(({ node }) => node);
  readonly wrong: string[] = [];
  readonly notes: string[] = [];
  /** By transaction: which end its sender was told. */
  readonly told = new Map<string, Set<string>>();
  readonly store: Store;
  #outgoing: Effect[] = [];
  readonly #lives = new Map<Address, number>();
  readonly #below: (bound: number) => number;
  /** Of words between cities. */
  lossPermille = 0;
  /** Whose presence has the frozen list no more, but as an older one where it says so. */
  readonly listless = new Map<NodeAddress, 'older' | 'gone'>();

  constructor(seed = 1) {
    const { clock, scheduler } = this.manual;
    this.#below = seeded(seed).below;
    this.store = memoryStore(scheduler);
    this.system = new System(
      {
        clock,
        scheduler,
        store: this.store,
        entropy: seeded(seed),
        pool: inlinePool(jobs, scheduler),
        observer: {
          ended: (who, _, how, why) => {
            if (how === 'crashed') this.wrong.push(`${who} crashed: ${why}`);
          },
          malformed: (from, why) => this.wrong.push(`${from} said what is malformed: ${why}`),
        },
      },
      { encodesLocal: true, checksInvariants: true },
    );
    for (const node of this.nodes) {
      this.#start(this.#presence(node));
      this.#start(this.#ingress(node));
      this.#start(this.#commit(node));
      for (const role of ['ledger', 'city'] as const) this.#start(this.#actor(node, role));
    }
    this.pass(5_000);
  }

  pass(ms: number): void {
    this.manual.pass(ms);
    this.#look();
  }

  /** As S5 of a delegate does: to the ledgers of these nodes. */
  offer(made: Made, by: NodeAddress, to: readonly NodeAddress[] = this.nodes): void {
    for (const node of to) this.#outgoing.push(send(address(node, 'ledger'), offerOf(made)));
    this.system.send(address(by, 'commit'), Go.of({}));
    this.manual.settle();
  }

  restart(node: NodeAddress, role: 'ledger' | 'city'): void {
    this.system.stop(address(node, role), 'kill');
    this.manual.settle();
    this.#start(this.#actor(node, role));
  }

  ledgerOf(node: NodeAddress): Ledger | undefined {
    return this.system.stateOf(address(node, 'ledger')) as Ledger | undefined;
  }

  #start(actor: AnyActor): void {
    const life = (this.#lives.get(actor.address) ?? 0) + 1;
    this.#lives.set(actor.address, life);
    this.system.supervise(actor, life, () => undefined);
    this.manual.settle();
  }

  #actor(node: NodeAddress, role: 'ledger' | 'city'): AnyActor {
    const self = selfOf(
      CITY.genesis,
      CITY.delegates.find((each) => each.node === node)!,
    );
    return this.#watched(role === 'ledger' ? ledger(self, { policy: POLICY }) : city(self));
  }

  /** Notes its facts; a city under the weather does not hear everything. */
  #watched(actor: AnyActor): AnyActor {
    const inner = actor as unknown as Actor<unknown, Spoken, Spoken>;
    const receive = (
      state: unknown,
      input: Spoken,
      at: Moment,
    ): readonly [unknown, readonly Effect[]] => {
      const isBetweenCities = at.from?.endsWith('.city') === true && at.from !== inner.address;
      if (
        isBetweenCities &&
        inner.address.endsWith('.city') &&
        this.#below(1_000) < this.lossPermille
      )
        return [state, NOTHING];
      const did = inner.receive(state, input as never, at);
      for (const effect of did[1]) if (effect.do === 'note') this.notes.push(effect.topic);
      return did;
    };
    return anyActor({ ...inner, receive } as Actor<unknown, Spoken, Spoken>);
  }

  #presence(node: NodeAddress): AnyActor {
    return played(address(node, 'presence'), PRESENCE, (input, { from }) => {
      const has = this.listless.get(node);
      const rolls = has === 'gone' ? [] : [ROLL];
      if (input.kind === 'presence.follow')
        return announcementsFor(has === undefined ? rolls : [], input).map((each) =>
          send(from!, each),
        );
      if (input.kind === 'presence.seek')
        return announcementOf(rolls, input).map((each) => send(from!, each));
      const page = input.kind === 'presence.fetch' ? pageFor(rolls, input) : undefined;
      return page === undefined ? NOTHING : [send(from!, page)];
    });
  }

  #commit(node: NodeAddress): AnyActor {
    return played(address(node, 'commit'), COMMIT, (input) => {
      if (input.kind !== 'test.go') return NOTHING;
      const effects = this.#outgoing;
      this.#outgoing = [];
      return effects;
    });
  }

  #ingress(node: NodeAddress): AnyActor {
    return played(address(node, 'ingress'), catalogue(Moved), ({ kind, txId, state }) => {
      if (kind !== 'ingress.moved' || state === 'POH_ACK') return NOTHING;
      const states = this.told.get(hex(txId)) ?? new Set();
      this.told.set(hex(txId), states.add(state));
      return NOTHING;
    });
  }

  /** What is on a delegate's disk under its ledger's keys of a kind. */
  onDisk(node: NodeAddress, kind: string): readonly Uint8Array[] {
    const found: Uint8Array[] = [];
    this.store.scan(`${address(node, 'ledger')}/${kind}/`, (rows) => {
      if (rows.ok) found.push(...rows.value.map(([, value]) => value));
    });
    this.manual.settle();
    return found;
  }

  /** One chain on all disks; nobody was told two ends. */
  #look(): void {
    const digests = new Map<number, string>();
    for (const node of this.nodes) {
      for (const row of this.onDisk(node, 'batch')) {
        const { head } = whole(Committed, row).batch;
        const digest = hex(headDigest(head));
        if ((digests.get(head.height) ?? digest) !== digest)
          this.wrong.push(`two batches at ${head.height}`);
        digests.set(head.height, digest);
      }
    }
    for (const [txId, states] of this.told) {
      if (states.size > 1) this.wrong.push(`${txId} is told ${[...states].join(' and ')}`);
    }
  }

  /** What the order did, as a delegate's disk has it, in short. */
  happenedAt(node: NodeAddress): string[] {
    return this.onDisk(node, 'done').flatMap((row) =>
      whole(Done, row).map(({ number, txId, state }) => `${number} ${hex(txId)} ${state}`),
    );
  }
}

function played<M extends Spoken>(
  at: Address,
  listens: Catalogue<M>,
  react: (input: M, at: Moment) => readonly Effect[],
): AnyActor {
  const actor: Actor<null, M, Spoken> = {
    address: at,
    listens,
    start: () => [null, NOTHING],
    receive: (_, input, when) => [
      null,
      input.kind.includes('.') ? react(input as M, when) : NOTHING,
    ],
  };
  return anyActor(actor);
}
