/**
 * R1 to R5 of a delegate and all holders of the small city in one system, over piece stores on simulated disks. What
 * is not theirs is played: presences with one frozen list, ledgers that tell what they were given, an audit that
 * notes what it hears, a reader. Pieces come to their holders as they do in a city: sealed, ordered, signed for.
 */
import { sign } from '#algorithms/signature.ts';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { hex } from '#lib/bytes.ts';
import { approve } from '#actors/approve.ts';
import { gather } from '#actors/gather.ts';
import { holder } from '#actors/holder.ts';
import { jobs } from '#actors/jobs.ts';
import { locate } from '#actors/locate.ts';
import { receive } from '#actors/receive.ts';
import { restore } from '#actors/restore.ts';
import { catalogue, union } from '#protocols/codec.ts';
import { NOTHING, reply, send, type Effect, type Moment, type Spoken } from '#protocols/effect.ts';
import { SOUND } from '#protocols/fate.ts';
import { GavePieces } from '#protocols/holder.messages.ts';
import { AskTx, OfferAct, Told, Want } from '#protocols/ledger.messages.ts';
import { rowsOf } from '#protocols/manifest.ts';
import type { ShownPiece } from '#protocols/piece.ts';
import {
  FetchList,
  FollowLists,
  ListFrozen,
  ListPage,
  SeekList,
} from '#protocols/presence.messages.ts';
import { announcementsFor, pageFor } from '#protocols/presence/serve.ts';
import {
  Doubt,
  Read,
  READER_HEARS,
  READER_SAYS,
  readSignJob,
  type ReaderHears,
} from '#protocols/receiving.messages.ts';
import type { Self } from '#protocols/self.ts';
import { certDigest } from '#protocols/holding.ts';
import { Held, HoldAcks, HoldPieces, HoldRefused, Offer } from '#protocols/sending.messages.ts';
import { address, type Address, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import { OnDemandPieces } from '#runtime/pieces/on-demand.ts';
import { openPieces } from '#runtime/pieces/open.ts';
import { inlinePool } from '#runtime/pool/inline-pool.ts';
import { System } from '#runtime/system.ts';
import { SimulatedDisk } from '#simulations/disk.ts';
import { SMALL } from '#test/contract/piece-values.ts';
import { WALL } from '../protocols/moments.ts';
import {
  ANCHORS,
  CITY,
  DELEGATES,
  keyOf,
  LIGHTS,
  NETWORK,
  pieceFor,
  selfOf,
  STRANGER,
  type Sealed,
} from '../protocols/holding/kept-city.ts';
import { Manual, seeded } from '../runtime/manual.ts';
import { frozenList, played, roleOf } from './keeping-yard.ts';

export const READER = address(STRANGER, 'reader');
const [HERE, THERE] = DELEGATES;
const LAYERS = { receive, locate, gather, restore, approve };
export type Layer = keyof typeof LAYERS;

/** What a holder makes of what it would have given; nothing: it is silent. */
export type Lie = (piece: ShownPiece) => ShownPiece | undefined;

const PRESENCE = union(
  catalogue(FollowLists, FetchList, SeekList),
  catalogue(ListFrozen, ListPage),
);
const READER_WORDS = union(
  union(READER_HEARS, READER_SAYS),
  catalogue(Told, HoldPieces, HoldAcks, HoldRefused),
);
const LEDGER = union(catalogue(AskTx, Want, Offer, OfferAct), catalogue(Told, Held));

export class ReadingYard {
  readonly manual = new Manual();
  readonly system: System;
  readonly wrong: string[] = [];
  readonly doubts: Doubt[] = [];
  readonly heard: ReaderHears[] = [];
  /** By delegate and transaction: what its ledger tells. */
  readonly told = new Map<string, Told>();
  /** What the own ledger was offered. */
  readonly offered: Offer[] = [];
  readonly acts: OfferAct[] = [];
  /** When it takes what it is offered. */
  holds: () => void = () => undefined;
  /** Whose ledger does not answer. */
  silent: NodeAddress | undefined;
  readonly #lies = new Map<NodeAddress, Lie>();
  readonly #stores = new Map<NodeAddress, OnDemandPieces>();
  readonly #lives = new Map<Address, number>();
  readonly #roll = frozenList();
  readonly #plant: Self['plant'];

  constructor(plant?: Self['plant']) {
    this.#plant = plant;
    const { clock, scheduler } = this.manual;
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
          malformed: (from, why) => this.wrong.push(`${from} said what is malformed: ${why}`),
        },
      },
      { encodesLocal: true, checksInvariants: true },
    );
    for (const node of [...LIGHTS, ...ANCHORS]) this.revive(node);
    for (const node of DELEGATES) {
      this.#start(this.#presence(node));
      this.#start(this.#ledger(node));
    }
    this.#start(this.#audit());
    this.#start(this.#reader());
    for (const layer of Object.keys(LAYERS) as Layer[]) this.restart(layer);
    this.pass(5_000);
  }

  pass(ms: number): void {
    this.manual.pass(ms);
  }

  /** Pieces to their holders, as S4 brings them; what the ledger of this delegate knows from then on. */
  keep(made: Sealed, told: Partial<Told> = {}): void {
    const { manifest, ordered, cover } = made;
    for (let row = 0; row < rowsOf(manifest); row++) {
      const to = address(manifest.placement.holders[row]!, 'holder');
      this.say(to, HoldPieces.of({ batch: ordered.batch, pieces: [pieceFor(made, row)] }));
    }
    this.pass(2_000);
    this.tell(HERE, made, { cover, manifest, known: 'ordered', state: 'COMMITTED', ...told });
  }

  tell(node: NodeAddress, { manifest: { txId } }: Sealed, told: Partial<Told>): void {
    const known = { ...nothing(txId), ...told };
    this.told.set(`${node} ${hex(txId)}`, known);
  }

  /** A holder's process is gone; its disk stays. */
  kill(node: NodeAddress): void {
    this.system.stop(address(node, 'holder'), 'kill');
    this.manual.settle();
  }

  revive(node: NodeAddress): void {
    this.#start(this.#lying(node, holder(this.#self(node), roleOf(node))));
  }

  lie(node: NodeAddress, lie: Lie): void {
    this.#lies.set(node, lie);
  }

  restart(layer: Layer): void {
    this.system.stop(address(HERE, layer), 'kill');
    this.manual.settle();
    this.#start(LAYERS[layer](this.#self(HERE)));
  }

  /** As the reader's client does; the words of the answer stand in `heard`. */
  read(
    { manifest: { txId } }: Sealed,
    withinMs = 10_000,
    more: Partial<Omit<Read, 'kind'>> = {},
    by: NodeAddress = STRANGER,
  ): number {
    const number = this.heard.length + this.#numbers++;
    const request = {
      version: 1,
      txId,
      place: CITY,
      node: STRANGER,
      at: stampBytes({ wallMs: WALL, count: 0 }),
      reader: undefined,
    };
    const { signing } = selfOf(by).secrets;
    const signature = sign(readSignJob(NETWORK, request, signing));
    const key = keyOf(by)!;
    const read = { number, request, key, signature, withinMs, brought: undefined, ...more };
    this.say(address(HERE, 'receive'), Read.of(read));
    return number;
  }
  #numbers = 1;

  /** The reader says something. */
  say(to: Address, message: Spoken): void {
    this.#outgoing.push(send(to, message));
    this.system.send(READER, Told.of(nothing(new Uint8Array(32))));
    this.manual.settle();
  }
  #outgoing: Effect[] = [];

  last(number: number): ReaderHears | undefined {
    return this.heard.findLast((each) => each.number === number);
  }

  #self(node: NodeAddress): Self {
    return selfOf(node, { plant: this.#plant });
  }

  #start(actor: AnyActor): void {
    const life = (this.#lives.get(actor.address) ?? 0) + 1;
    this.#lives.set(actor.address, life);
    this.system.supervise(actor, life, () => undefined);
    this.manual.settle();
  }

  #piecesOf(node: NodeAddress): OnDemandPieces {
    const known = this.#stores.get(node);
    if (known !== undefined) return known;
    const { clock, scheduler } = this.manual;
    const disk = new SimulatedDisk(clock, seeded(this.#stores.size + 1));
    const ports = { disk: disk.attach(), clock, scheduler, entropy: seeded(9) };
    const store = new OnDemandPieces((then) => openPieces(ports, SMALL, then), scheduler);
    this.#stores.set(node, store);
    return store;
  }

  /** Honest in all but what it gives. */
  #lying(node: NodeAddress, actor: AnyActor): AnyActor {
    const inner = actor as unknown as Actor<unknown, Spoken, Spoken>;
    const spoil = (effect: Effect): readonly Effect[] => {
      const lie = this.#lies.get(node);
      const isAnswer = effect.do === 'answer' && effect.message.kind === 'holder.gave';
      if (lie === undefined || !isAnswer) return [effect];
      const gave = effect.message as GavePieces;
      const pieces = gave.pieces.map(lie);
      if (pieces.includes(undefined)) return [];
      const message = GavePieces.of({ ...gave, pieces: pieces as ShownPiece[] });
      return [{ ...effect, message }];
    };
    const receive = (state: unknown, input: Spoken, at: Moment) => {
      const [next, effects] = inner.receive(state, input as never, at);
      return [next, effects.flatMap(spoil)] as const;
    };
    return anyActor({ ...inner, receive } as Actor<unknown, Spoken, Spoken>);
  }

  #presence(node: NodeAddress): AnyActor {
    const rolls = [this.#roll];
    return played(address(node, 'presence'), PRESENCE, (input, { from }) => {
      if (input.kind === 'presence.follow')
        return announcementsFor(rolls, input).map((each) => send(from!, each));
      const page = input.kind === 'presence.fetch' ? pageFor(rolls, input) : undefined;
      return page === undefined ? NOTHING : [send(from!, page)];
    });
  }

  #ledger(node: NodeAddress): AnyActor {
    return played(address(node, 'ledger'), LEDGER, (input, at) => {
      if (input.kind === 'ledger.offer' && node === HERE) {
        this.offered.push(input);
        this.holds();
        const certs = input.certified.map(({ cert }) => certDigest(cert));
        return reply(at, Held.of({ certs }));
      }
      if (input.kind === 'ledger.act' && node === HERE) this.acts.push(input);
      if (input.kind !== 'ledger.ask' || this.silent === node) return NOTHING;
      const { txId } = input;
      return reply(at, this.told.get(`${node} ${hex(txId)}`) ?? nothing(txId));
    });
  }

  #audit(): AnyActor {
    return played(address(HERE, 'audit'), catalogue(Doubt), (input) => {
      if (input.kind === 'audit.doubt') this.doubts.push(input);
      return NOTHING;
    });
  }

  #reader(): AnyActor {
    return played(READER, READER_WORDS, (input) => {
      if (input.kind === 'ledger.told') return this.#outgoing.splice(0);
      if (input.kind.startsWith('receive.')) this.heard.push(input as ReaderHears);
      return NOTHING;
    });
  }
}

const nothing = (txId: Uint8Array): Told =>
  Told.of({
    txId,
    known: 'unknown',
    state: 'FRESH',
    cause: undefined,
    cover: undefined,
    manifest: undefined,
    cert: undefined,
    proof: undefined,
    quorum: undefined,
    expiresAt: undefined,
    fate: SOUND,
  });

export { HERE, THERE };
