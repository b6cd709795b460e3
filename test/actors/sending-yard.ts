/**
 * S1, S2 and S3 of a delegate in one system, with a store and a pool. Around them are played: a presence that
 * has the frozen lists that a test gives it, and an ingress, an S4 and an S5 that note what they hear.
 *
 * `weather` decides what becomes of each message between them; `dies` whether an actor ends at an
 * input, to be started again with nothing but its store.
 */
import { sign } from '#algorithms/signature.ts';
import { attest } from '#actors/attest.ts';
import { select } from '#actors/select.ts';
import { shard } from '#actors/shard.ts';
import { NO_PROBE, type Probe } from '#lib/probe.ts';
import { catalogue, message, type Infer } from '#protocols/codec.ts';
import { NOTHING, send, type Effect, type Moment, type Spoken } from '#protocols/effect.ts';
import { endorseJob, type Freeze } from '#protocols/eligibility.ts';
import type { Resolved } from '#protocols/policy.ts';
import { FetchList, FollowLists, ListFrozen, ListPage } from '#protocols/presence.messages.ts';
import { PRESENCE_JOBS } from '#protocols/presence/jobs.ts';
import { listedOf, rollOf, type Roll } from '#protocols/presence/roll.ts';
import { announcementsFor, pageFor } from '#protocols/presence/serve.ts';
import { Ranked, RankNodes, RankRefused } from '#protocols/select.messages.ts';
import { SENDING_JOBS } from '#protocols/sending/jobs.ts';
import {
  Moved,
  OpenCommit,
  SealSpare,
  SpareSealed,
  TakeAttest,
  TakeDistribute,
  TakeSelect,
  TakeShard,
} from '#protocols/sending.messages.ts';
import { address, type Address } from '#protocols/subjects.ts';
import type { Tx } from '#protocols/transaction.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import { memoryStore } from '#runtime/memory-store.ts';
import { inlinePool } from '#runtime/pool/inline-pool.ts';
import { System } from '#runtime/system.ts';
import { Manual, seeded } from '../runtime/manual.ts';
import {
  cityOf,
  holders,
  listOf,
  NETWORK,
  selfOf,
  termsOf,
  type Listed,
} from '../protocols/sample.ts';

export type Fate = 'arrives' | 'lost' | 'twice';
export type Sending = 'select' | 'shard' | 'attest';
export const LAYERS: readonly Sending[] = ['select', 'shard', 'attest'];

export class SendingYard {
  readonly manual = new Manual();
  readonly city = cityOf(1);
  readonly delegate = this.city.delegates[0]!;
  readonly system: System;
  readonly heard: Spoken[] = [];
  readonly crashed: string[] = [];
  readonly terms: Resolved;
  rolls: readonly Roll[];
  weather: (to: string, message: Spoken) => Fate = () => 'arrives';
  dies: (who: Sending) => boolean = () => false;
  readonly #lives = new Map<Address, number>();
  readonly #probe: Probe;
  readonly #toSay: Effect<Spoken>[] = [];

  constructor(
    members: readonly Listed[] = holders(),
    terms: Resolved = termsOf(),
    probe: Probe = NO_PROBE,
  ) {
    const { clock, scheduler } = this.manual;
    this.terms = terms;
    this.#probe = probe;
    this.rolls = [this.frozen(members)];
    const jobs = { ...SENDING_JOBS, ...PRESENCE_JOBS };
    this.system = new System(
      {
        clock,
        scheduler,
        entropy: seeded(3),
        pool: inlinePool(jobs, scheduler),
        store: memoryStore(scheduler),
        observer: {
          ended: (who, _, how, why) => {
            if (how === 'crashed' && why?.includes('by the test') !== true)
              this.crashed.push(`${who}: ${why}`);
          },
        },
      },
      { encodesLocal: true, checksInvariants: true },
    );
    for (const actor of this.#around()) this.system.spawn(actor);
    for (const layer of LAYERS) this.#start(layer);
    // Until S1 has its copy of the list.
    this.manual.pass(5_000);
  }

  at(role: string): Address {
    return address(this.delegate.node, role);
  }

  /** A list of these, with the signature of the delegate. */
  frozen(members: readonly Listed[], freeze: Partial<Freeze> = {}): Roll {
    const { head, digest } = listOf(members, freeze);
    const key = this.delegate.secrets.signing;
    const signature = sign(endorseJob(NETWORK, digest, key));
    const standing = members.toSorted((a, b) => (a.as.node < b.as.node ? -1 : 1));
    const listed = standing.map(({ who, as }) =>
      listedOf({ eligible: as, sealing: who.sealing, signing: who.signing })!,
    );
    return rollOf({ head, endorsements: [{ delegate: 0, signature }] }, listed)!;
  }

  /** As the ingress drives many at once. */
  driveAll(all: readonly Tx[]): void {
    const ingress = this.at('ingress');
    const takes = all.map((tx) => TakeSelect.of({ tx, ingress, attempt: 0 }));
    this.#toSay.push(...takes.map((each) => send(this.at('select'), each)));
    this.system.send(ingress, Go.of({}));
    this.manual.settle();
  }

  /** As the ingress drives it. */
  drive(tx: Tx, attempt = 0): void {
    const ingress = this.at('ingress');
    this.say(this.at('select'), TakeSelect.of({ tx, ingress, attempt }), 'ingress');
  }

  /** Says something in the name of an actor that is played. */
  say(to: Address, message: Spoken, as: 'ingress' | 'distribute' | 'stranger'): void {
    this.#toSay.push(send(to, message));
    this.system.send(this.at(as), Go.of({}));
    this.manual.settle();
  }

  restart(layer: Sending): void {
    this.system.stop(this.at(layer), 'kill');
    this.manual.settle();
    this.#start(layer);
  }

  /** What the layers behind have heard, of a kind. */
  of<M extends { readonly kind: string }>(kind: M['kind']): M[] {
    return this.heard.filter((each) => each.kind === kind) as unknown as M[];
  }

  #start(layer: Sending): void {
    const who = this.at(layer);
    const life = (this.#lives.get(who) ?? 0) + 1;
    this.#lives.set(who, life);
    this.system.supervise(this.#watched(layer), life, (signal) => {
      if (signal.kind === 'child-ended' && signal.reason.how === 'crashed') this.#start(layer);
    });
    this.manual.settle();
  }

  #make(layer: Sending): AnyActor {
    const self = selfOf(this.city.genesis, this.delegate, { probe: this.#probe });
    if (layer === 'select') return select(self, { terms: () => this.terms });
    return layer === 'shard' ? shard(self) : attest(self);
  }

  #watched(layer: Sending): AnyActor {
    const inner = this.#make(layer) as unknown as Actor<unknown, Spoken, Spoken>;
    const receive = (state: unknown, input: Spoken, at: Moment): readonly [unknown, Effect[]] => {
      if (this.dies(layer)) throw new Error('by the test');
      const isMessage = input.kind.includes('.') && !input.kind.startsWith('presence.');
      const fate = isMessage ? this.weather(layer, input) : 'arrives';
      if (fate === 'lost') return [state, []];
      const [next, effects] = inner.receive(state, input, at);
      if (fate === 'arrives') return [next, [...effects]];
      const [last, more] = inner.receive(next, input, at);
      return [last, [...effects, ...more]];
    };
    return anyActor({ ...inner, receive } as Actor<unknown, Spoken, Spoken>);
  }

  #around(): AnyActor[] {
    const notes = (role: string): AnyActor =>
      this.#played(role, (input) => {
        if (this.weather(role, input) !== 'lost') this.heard.push(input);
        return NOTHING;
      });
    const presence = this.#played('presence', (input, { from }) => {
      if (input.kind === 'presence.follow')
        return announcementsFor(this.rolls, input).map((each) => send(from!, each));
      const page = input.kind === 'presence.fetch' ? pageFor(this.rolls, input) : undefined;
      return page === undefined ? NOTHING : [send(from!, page)];
    });
    return [presence, ...['ingress', 'distribute', 'commit', 'stranger'].map(notes)];
  }

  /** An actor that also says what the test wants it to. */
  #played(role: string, react: (input: Said, at: Moment) => readonly Effect<Spoken>[]): AnyActor {
    return anyActor<null, Said, Spoken>({
      address: this.at(role),
      listens: EVERYTHING,
      start: () => [null, NOTHING],
      receive: (_, input, at) => {
        if (input.kind === 'test.go') return [null, this.#toSay.splice(0)];
        return [null, input.kind.includes('.') ? react(input as Said, at) : NOTHING];
      },
    });
  }
}

const Go = message('test.go', {});
const EVERYTHING = catalogue(
  Go,
  Moved,
  OpenCommit,
  TakeDistribute,
  SpareSealed,
  TakeSelect,
  TakeShard,
  TakeAttest,
  SealSpare,
  RankNodes,
  Ranked,
  RankRefused,
  FollowLists,
  FetchList,
  ListFrozen,
  ListPage,
);
type Said = Infer<typeof EVERYTHING>;
