/**
 * S4, S5 and all holders of the small city in one system, over piece stores on simulated disks. What is not
 * theirs is played: a presence that has one frozen list, an S3 that seals for spares, ledgers that check
 * what they are offered as anybody would, an ingress that notes what it hears.
 *
 * Oracles look at disks and signatures, never at what a machine says of itself: every ack that reaches S4
 * is of a piece that a power cut would leave; every certificate stands without any help of its maker.
 */
import { sign, verifyMany } from '#algorithms/signature.ts';
import { hex } from '#lib/bytes.ts';
import { commit } from '#actors/commit.ts';
import { distribute } from '#actors/distribute.ts';
import { holder } from '#actors/holder.ts';
import { batchesOf, certFault, verifyJobs } from '#protocols/certificate.ts';
import { catalogue, union, type Catalogue } from '#protocols/codec.ts';
import { NOTHING, send, type Effect, type Moment, type Spoken } from '#protocols/effect.ts';
import {
  eligibleDigest,
  eligibleHead,
  endorseJob,
  type Eligible,
  type HolderRole,
} from '#protocols/eligibility.ts';
import { FIRST_EPOCH } from '#protocols/genesis.ts';
import { batchDigest, certDigest, type Batch } from '#protocols/holding.ts';
import { pieceKey, readHeld } from '#protocols/hold/held-piece.ts';
import { HOLD_JOBS } from '#protocols/hold/jobs.ts';
import {
  FetchList,
  FollowLists,
  HeartRoom,
  ListFrozen,
  ListPage,
} from '#protocols/presence.messages.ts';
import { PRESENCE_JOBS } from '#protocols/presence/jobs.ts';
import { listedOf, rollOf, type Roll } from '#protocols/presence/roll.ts';
import { announcementsFor, pageFor } from '#protocols/presence/serve.ts';
import type { Self } from '#protocols/self.ts';
import { SENDING_JOBS } from '#protocols/sending/jobs.ts';
import {
  CommitAcks,
  Declined,
  Held,
  Moved,
  Offer,
  OpenCommit,
  SealSpare,
  SpareSealed,
  TakeDistribute,
  HoldAcks,
  type SealSpare as WantsSpare,
} from '#protocols/sending.messages.ts';
import { address, nodeOf, type Address, type NodeAddress } from '#protocols/subjects.ts';
import { fingerprintOf, readerFingerprintOf } from '#protocols/transaction.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import { OnDemandPieces } from '#runtime/pieces/on-demand.ts';
import { openPieces } from '#runtime/pieces/open.ts';
import { inlinePool } from '#runtime/pool/inline-pool.ts';
import { System } from '#runtime/system.ts';
import { CALM_DISK, SimulatedDisk, type DiskFaults } from '#simulations/disk.ts';
import { durablePieces } from '#simulations/durable-pieces.ts';
import { SMALL } from '#test/contract/piece-values.ts';
import { WALL } from '../protocols/moments.ts';
import {
  ackOf,
  ANCHORS,
  capsuleFor,
  capsulesOf,
  CITY,
  DELEGATES,
  keyOf,
  LIGHTS,
  NETWORK,
  sealingOf,
  selfOf,
  type Sealed,
} from '../protocols/holding/kept-city.ts';
import { Manual, seeded } from '../runtime/manual.ts';

/** What happens to a message on its way to an actor. */
export type Fate = 'arrives' | 'lost' | 'twice' | 'late';
export type Weather = (to: Address, message: Spoken) => Fate;

interface Late {
  readonly input: Spoken;
  readonly at: Moment;
}

export class Yard {
  readonly manual = new Manual();
  readonly disks = new Map<NodeAddress, SimulatedDisk>();
  readonly system: System;
  readonly facts: { readonly topic: string; readonly fact: unknown }[] = [];
  readonly moved: Moved[] = [];
  /** What an oracle has found. Empty is good. */
  readonly wrong: string[] = [];
  /** By ledger: transactions that it holds. */
  readonly held = new Map<NodeAddress, Set<string>>();
  readonly #pieces = new Map<NodeAddress, OnDemandPieces>();
  readonly #sealed = new Map<string, Sealed>();
  readonly #lives = new Map<Address, number>();
  readonly #forged = new Set<string>();
  weather: Weather = () => 'arrives';
  readonly #plant: Self['plant'];

  constructor(plant?: Self['plant'], spoil: (actor: AnyActor) => AnyActor = (actor) => actor) {
    this.#plant = plant;
    const { clock, scheduler } = this.manual;
    const jobs = { ...HOLD_JOBS, ...SENDING_JOBS, ...PRESENCE_JOBS };
    this.system = new System(
      {
        clock,
        scheduler,
        entropy: seeded(5),
        pool: inlinePool(jobs, scheduler),
        pieces: (node) => this.#piecesOf(node),
        observer: {
          ended: (who, _, how, why) => {
            if (how === 'crashed') this.wrong.push(`${who} crashed: ${why}`);
          },
        },
      },
      { encodesLocal: true, checksInvariants: true },
    );
    for (const node of LIGHTS) this.start(spoil(this.#holder(node, 'light')));
    for (const node of ANCHORS) this.start(spoil(this.#holder(node, 'anchor')));
    for (const node of DELEGATES) this.#delegate(node);
    this.start(this.#watched(distribute(this.#self(DELEGATES[0]))));
    this.start(this.#watched(commit(this.#self(DELEGATES[0]))));
    // Until S4 has its copy of the list.
    this.pass(5_000);
  }

  #self(node: NodeAddress): Self {
    return selfOf(node, { plant: this.#plant });
  }

  pass(ms: number): void {
    this.manual.pass(ms);
  }

  /** As S3 does when a transaction is sealed, or the ingress drives it here again. */
  send(made: Sealed): void {
    const { cover, manifest, ordered } = made;
    this.#sealed.set(hex(manifest.txId), made);
    const ingress = address(DELEGATES[0], 'ingress');
    const [s4, s5] = ['distribute', 'commit'].map((role) => address(DELEGATES[0], role));
    this.system.send(s5!, OpenCommit.of({ cover, ingress, manifest }));
    const capsules = capsulesOf(made);
    this.system.send(s4!, TakeDistribute.of({ manifest, ordered, capsules }));
    this.manual.settle();
  }

  /** An ack that nobody honest gives: it is of no piece, so the oracle of acks does not look at it. */
  forge(
    made: Sealed,
    row: number,
    holder: NodeAddress,
    more: Parameters<typeof ackOf>[3] = {},
  ): void {
    const { ack, batch } = ackOf(made, row, holder, more);
    const { leaf, path } = ack;
    this.#forged.add(hex(ack.batch));
    const acks = [{ txId: made.manifest.txId, row, leaf, path }];
    this.system.send(address(DELEGATES[0], 'distribute'), HoldAcks.of({ batch, acks }));
    this.manual.settle();
  }

  /** Somebody on a node says something. */
  say(from: NodeAddress, to: Address, message: Spoken): void {
    const mouth = played(address(from, 'mouth'), MOUTH, () => NOTHING);
    const actor = { ...mouth, start: () => [null, [send(to, message)]] };
    this.start(anyActor(actor as unknown as Actor<null, Moved, Spoken>));
  }

  /** Starts an actor, or starts it again after it was killed. */
  start(actor: AnyActor): void {
    const life = (this.#lives.get(actor.address) ?? 0) + 1;
    this.#lives.set(actor.address, life);
    this.system.supervise(actor, life, () => undefined);
    this.manual.settle();
  }

  /** Kills a holder or a layer, and starts it again, with nothing but its disk. */
  restart(who: Address): void {
    this.system.stop(who, 'kill');
    this.manual.settle();
    this.start(this.#again(who));
  }

  #again(who: Address): AnyActor {
    const node = nodeOf(who);
    if (who.endsWith('.distribute')) return this.#watched(distribute(this.#self(node)));
    if (who.endsWith('.commit')) return this.#watched(commit(this.#self(node)));
    return this.#holder(node, roleOf(node));
  }

  /** Pieces of a transaction that a power cut would leave, by holder and row. */
  durable({ manifest }: Sealed): readonly { readonly node: NodeAddress; readonly row: number }[] {
    return [...this.disks].flatMap(([node, disk]) =>
      [...durablePieces(disk)].flatMap(([key, value]) => {
        const { row } = readHeld(value)!;
        return key === pieceKey(roleOf(node), manifest.txId, row) ? [{ node, row }] : [];
      }),
    );
  }

  slow(node: NodeAddress, faults: Partial<DiskFaults>): void {
    this.#piecesOf(node);
    this.disks.get(node)!.faults = { ...CALM_DISK, ...faults };
  }

  #piecesOf(node: NodeAddress): OnDemandPieces {
    const known = this.#pieces.get(node);
    if (known !== undefined) return known;
    const { clock, scheduler } = this.manual;
    const disk = new SimulatedDisk(clock, seeded(this.disks.size + 1));
    const ports = { disk: disk.attach(), clock, scheduler, entropy: seeded(9) };
    const store = new OnDemandPieces((then) => openPieces(ports, SMALL, then), scheduler);
    this.disks.set(node, disk);
    this.#pieces.set(node, store);
    return store;
  }

  #holder(node: NodeAddress, role: HolderRole): AnyActor {
    return this.#watched(holder(this.#self(node), role));
  }

  /** An actor under the weather, whose facts are noted and whose acks are looked at. */
  #watched(actor: AnyActor): AnyActor {
    const inner = actor as unknown as Actor<unknown, Spoken, Spoken>;
    let late: Late[] = [];
    const step = (state: unknown, input: Spoken, at: Moment): readonly [unknown, Effect[]] => {
      const [next, effects] = inner.receive(state, input, at);
      for (const effect of effects) if (effect.do === 'note') this.facts.push(effect);
      return [next, [...effects]];
    };
    const receive = (state: unknown, input: Spoken, at: Moment): readonly [unknown, Effect[]] => {
      if (!input.kind.includes('.') || input.kind.startsWith('presence.'))
        return step(state, input, at);
      if (input.kind === 'hold.acks') this.#lookAt(input as HoldAcks);
      const fate = this.weather(inner.address, input);
      if (fate === 'lost') return [state, []];
      if (fate === 'late') return (late.push({ input, at: plain(at) }), [state, []]);
      let did = step(state, input, at);
      const held = late;
      late = [];
      const more = fate === 'twice' ? [{ input, at: plain(at) }, ...held] : held;
      for (const each of more) {
        const [next, effects] = step(did[0], each.input, each.at);
        did = [next, [...did[1], ...effects]];
      }
      return did;
    };
    return anyActor({ ...inner, receive } as Actor<unknown, Spoken, Spoken>);
  }

  /** Every ack is of a piece that is durable with its holder. */
  #lookAt({ batch, acks }: HoldAcks): void {
    if (this.#forged.has(hex(batchDigest(batch)))) return;
    for (const { txId, row } of acks) {
      const made = this.#sealed.get(hex(txId));
      const node = batch.head.signer;
      const isThere =
        made && this.durable(made).some((each) => each.node === node && each.row === row);
      if (isThere !== true)
        this.wrong.push(`${node} acknowledged row ${row} before it was durable`);
    }
  }

  #delegate(node: NodeAddress): void {
    this.start(this.#ledger(node));
    if (node !== DELEGATES[0]) return;
    this.start(this.#presence(node));
    this.start(this.#attest(node));
    this.start(this.#ingress(node));
  }

  #presence(node: NodeAddress): AnyActor {
    const rolls = [frozenList()];
    return played(address(node, 'presence'), PRESENCE, (input, { from }) => {
      if (input.kind === 'presence.follow')
        return announcementsFor(rolls, input).map((message) => send(from!, message));
      const page = input.kind === 'presence.fetch' ? pageFor(rolls, input) : undefined;
      return page === undefined ? NOTHING : [send(from!, page)];
    });
  }

  #attest(node: NodeAddress): AnyActor {
    return played(address(node, 'attest'), ATTEST, (input, { from }) => {
      if (input.kind !== 'attest.spare') return NOTHING;
      const { txId, row, spare } = input as WantsSpare;
      const made = this.#sealed.get(hex(txId));
      if (made === undefined) return NOTHING;
      const capsule = capsuleFor(made, row, made.manifest.placement.spares[spare]!);
      return [send(from!, SpareSealed.of({ txId, row, spare, capsule }))];
    });
  }

  #ingress(node: NodeAddress): AnyActor {
    return played(address(node, 'ingress'), catalogue(Moved), (input) => {
      if (input.kind === 'ingress.moved') this.moved.push(input);
      return NOTHING;
    });
  }

  /** Checks as anybody would, with what it was sent by now; remembers batches. */
  #ledger(node: NodeAddress): AnyActor {
    const batches = new Map<string, Batch>();
    const batchOf = (digest: Uint8Array): Batch | undefined => batches.get(hex(digest));
    const holds = new Set<string>();
    this.held.set(node, holds);
    return played(address(node, 'ledger'), LEDGER, (input, { from }) => {
      if (input.kind !== 'ledger.offer') return NOTHING;
      const { certified, batches: sent } = input;
      if (this.weather(address(node, 'ledger'), input) === 'lost') return NOTHING;
      for (const batch of sent) batches.set(hex(batchDigest(batch)), batch);
      return certified.map((claim) => {
        const fault = certFault(claim, batchOf, FIRST_EPOCH);
        const cert = certDigest(claim.cert);
        if (fault === 'unknown-batch')
          return send(from!, Declined.of({ cert, reason: 'malformed' }));
        const jobs = verifyJobs(NETWORK, batchesOf(claim.cert, batchOf), keyOf)!;
        if (fault !== undefined || verifyMany(jobs).includes(false)) {
          this.wrong.push(`a certificate does not stand: ${fault ?? 'bad signature'}`);
          return send(from!, Declined.of({ cert, reason: 'too-few-acks' }));
        }
        holds.add(hex(claim.cert.txId));
        return send(from!, Held.of({ certs: [cert] }));
      });
    });
  }
}

/** The engine's moments change under one who keeps them. */
const plain = ({ now, wall, entropy, from, ticket }: Moment): Moment => ({
  now,
  wall,
  entropy,
  from,
  ticket,
});

const PRESENCE = union(catalogue(FollowLists, FetchList), catalogue(ListFrozen, ListPage));
const ATTEST = catalogue(SealSpare, SpareSealed);
const MOUTH = catalogue(CommitAcks);
const LEDGER = catalogue(Offer, Held, Declined, HeartRoom);

export const roleOf = (node: NodeAddress): HolderRole =>
  LIGHTS.includes(node) ? 'light' : 'anchor';

export function played<M extends Spoken>(
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

/** All holders of the city, signed by both delegates. */
export function frozenList(): Roll {
  const nodes = [...LIGHTS, ...ANCHORS].toSorted();
  const members = nodes.map((node, i) => {
    const [signing, sealing] = [keyOf(node)!, sealingOf(node)!];
    const eligible: Eligible = {
      node,
      role: roleOf(node),
      operator: new Uint8Array(32).fill(i),
      device: new Uint8Array(32).fill(i),
      weight: 500_000,
      fingerprint: readerFingerprintOf(sealing),
      signer: fingerprintOf(signing),
    };
    return listedOf({ eligible, sealing, signing })!;
  });
  const head = eligibleHead(
    { place: CITY, number: 1, at: WALL, by: DELEGATES[0], follows: undefined, lights: [] },
    members.map(({ eligible }) => eligible),
  );
  const endorsements = DELEGATES.map((node, delegate) => ({
    delegate,
    signature: sign(endorseJob(NETWORK, eligibleDigest(head), selfOf(node).secrets.signing)),
  }));
  return rollOf({ head, endorsements }, members)!;
}
