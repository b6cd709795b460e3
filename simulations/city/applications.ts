/**
 * The applications of a run: they compose transactions, hand them to clients (actors/client.ts), and hear
 * what becomes of them. One that hears `unknown` sends the same bytes again; one whose client dies sends
 * again what is open as soon as there is a client. So each call ends with a word: its state, or why not.
 */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { assert } from '#lib/assert.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import { client } from '#actors/client.ts';
import { sign } from '#algorithms/signature.ts';
import { ReadTx, Send } from '#protocols/client.messages.ts';
import type { ReadWord } from '#protocols/client/reads.ts';
import type { Told } from '#protocols/client/client.ts';
import { compose, composeEntropy, read } from '#protocols/compose.ts';
import type { Genesis } from '#protocols/genesis.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { readSignJob } from '#protocols/receiving.messages.ts';
import type { IngressReason } from '#protocols/sending.messages.ts';
import { address, type Address, type NodeAddress } from '#protocols/subjects.ts';
import { txIdOf, type Tx } from '#protocols/transaction.ts';
import { nameText } from '#algorithms/identity.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import type { Machine } from '../machine.ts';
import type { Random } from '../random.ts';
import { ownerOf } from '../timeline.ts';
import type { Checker, World } from '../world.ts';
import { leadsOn } from '../checkers/city-states.ts';
import type { CityDrawn, Wanted, Want } from './draw.ts';
import { CITY, secretsFrom, type Child } from './town.ts';

const KEEP_MS = 180 * 86_400_000;
const SHORT_MS = 3_000;
const FUTURE_MS = 600_000;
const SENDERS = 3;
const OTHER_NETWORK = utf8('another');
/** How long a client follows a transaction before it says that its outcome is not known. */
const WITHIN_MS = [2_000, 8_000, 30_000] as const;
const AGAIN_MS = 1;

type State = Extract<Told, { what: 'progress' }>['word']['state'];
/** What nobody may be told who made it as one should. */
const BLAMES: ReadonlySet<IngressReason> = new Set(['malformed', 'bad-signature']);
const HONEST: ReadonlySet<Want> = new Set(['fair', 'conflict', 'again', 'short']);
const OVER: ReadonlySet<State> = new Set(['COMMITTED', 'REJECTED', 'EXPIRED']);

export interface Sent {
  readonly want: Want;
  readonly tx: Tx;
  /** What its readers are to read. */
  readonly text: Uint8Array;
  /** Its name as text: what notes say; and in hex: what keys of ledgers say. */
  readonly name: string;
  readonly id: string;
  readonly sender: number;
  readonly seq: number;
  /** Whether another one has the same number. */
  hasRival: boolean;
}

/** What is to be composed: under a number of the sender's, or the next. */
export interface Making {
  readonly want: Want;
  readonly sender: number;
  readonly seq?: number | undefined;
  readonly bytes: number;
  /** By whose clock. */
  readonly by: NodeAddress;
}

/** One client's sending of one transaction. */
export interface Call {
  readonly sent: Sent;
  readonly client: NodeAddress;
  /** What it heard, in order. */
  readonly states: State[];
  /** How far it was, as the client of this life said. */
  standing: State;
  end: State | IngressReason | undefined;
  /** Why it is no further, as it was told last. */
  reason: IngressReason | undefined;
  unknowns: number;
}

export class Applications {
  readonly calls: Call[] = [];
  readonly sent = new Map<string, Sent>();
  /** Honest ones; after them comes the rogue. */
  readonly senders = SENDERS;
  readonly rogue = SENDERS;
  /** Hears every end that a client is told. */
  onEnd: (sent: Sent, end: State, by: NodeAddress) => void = () => undefined;
  onKept: (sent: Sent) => void = () => undefined;
  /** Hears what becomes of each read. */
  onRead: (by: NodeAddress, word: ReadWord) => void = () => undefined;
  readonly #world: World;
  readonly #drawn: CityDrawn;
  readonly #random: Random;
  readonly #senders: readonly NodeSecrets[];
  readonly #seqs: number[] = Array.from({ length: SENDERS + 1 }, () => 0);
  #clients: readonly NodeAddress[] = [];
  #machineOf: ReadonlyMap<NodeAddress, Machine> = new Map();
  #genesis: Genesis | undefined;
  #last: Sent | undefined;

  constructor(world: World, drawn: CityDrawn) {
    this.#world = world;
    this.#drawn = drawn;
    this.#random = world.random.fork('applications');
    this.#senders = this.#seqs.map((_, i) => secretsFrom(this.#random.fork(`sender ${i}`)));
  }

  /** What runs on a client's machine. */
  children(node: NodeAddress): readonly Child[] {
    const hear = (told: Told): void => this.#hear(node, told);
    return [{ id: 'client', start: () => client(node, { city: CITY }, hear) }];
  }

  /** From now on, what is wanted is sent when it is. */
  begin(
    genesis: Genesis,
    clients: readonly NodeAddress[],
    machineOf: ReadonlyMap<NodeAddress, Machine>,
  ): void {
    this.#genesis = genesis;
    this.#clients = clients;
    this.#machineOf = machineOf;
    for (const wanted of this.#drawn.wanted) {
      this.#world.later(wanted.atMs, () => this.want(wanted));
    }
  }

  want(wanted: Omit<Wanted, 'atMs'>): void {
    const isAgain = wanted.want === 'again' && this.#last !== undefined;
    const sent = isAgain ? this.#last! : this.#compose(wanted);
    if (wanted.want === 'fair') this.#last = sent;
    const which = (wanted.client + (isAgain || sent.hasRival ? 1 : 0)) % this.#clients.length;
    const by = this.#clients[which]!;
    if (this.calls.some((call) => call.sent === sent && call.client === by)) return;
    const call: Call = {
      sent,
      client: by,
      states: [],
      standing: 'FRESH',
      end: undefined,
      reason: undefined,
      unknowns: 0,
    };
    this.calls.push(call);
    this.#send(call);
  }

  /** What its sender, who is its reader, makes of a transaction that was brought back. */
  textIn(tx: Tx, sender: number): Uint8Array | undefined {
    const { suite, seed } = this.#senders[sender]!.sealing;
    const { network } = this.#genesis!;
    const opened = read({ network, tx, suite, seed });
    return opened.ok ? opened.value : undefined;
  }

  /** Its sender, who is its reader, asks for it back. False while the client is down. */
  askFor({ tx, sender }: Sent, by: NodeAddress, number: number, withinMs: number): boolean {
    const machine = this.#machineOf.get(by)!;
    if (machine.state === 'down') return false;
    const { signing } = this.#senders[sender]!;
    const txId = txIdOf(tx.cover.header);
    const at = stampBytes({ wallMs: this.#wallMs(by), count: 0 });
    const request = { version: 1, txId, place: CITY, node: by, at, reader: undefined };
    const signature = sign(readSignJob(this.#genesis!.network, request, signing));
    const { key } = tx.cover;
    const read = { number, request, key, signature, withinMs, brought: undefined };
    machine.system.send(clientOf(by), ReadTx.of({ read }));
    return true;
  }

  /** Those that wait for a word. */
  get open(): readonly Call[] {
    return this.calls.filter(({ end }) => end === undefined);
  }

  /** A client that lives again is told again. */
  get checker(): Checker {
    return {
      spawned: (who) => {
        const mine = this.open.filter((call) => clientOf(call.client) === who);
        for (const call of mine) call.standing = 'FRESH';
        for (const call of mine) this.#world.later(AGAIN_MS, () => this.#send(call));
      },
    };
  }

  #send({ sent, client: by, end }: Call): void {
    const machine = this.#machineOf.get(by)!;
    if (end !== undefined || machine.state === 'down') return;
    const withinMs = this.#random.pick(WITHIN_MS);
    machine.system.send(clientOf(by), Send.of({ tx: sent.tx, until: 'COMMITTED', withinMs }));
  }

  #hear(by: NodeAddress, told: Told): void {
    if (told.what === 'city' || told.what === 'found' || told.what === 'object') return;
    if (told.what === 'act' || told.what === 'rooted') return;
    if (told.what === 'read') return this.onRead(by, told.word);
    const name = nameText(told.txId);
    const call = this.calls.find((each) => each.client === by && each.sent.name === name);
    assert(call !== undefined, 'nobody hears of what it did not send');
    const { probe } = this.#world;
    switch (told.what) {
      case 'accepted':
        return;
      case 'progress': {
        const { state, reason } = told.word;
        this.#leadsOn(call, state);
        call.states.push(state);
        call.reason = reason;
        probe.sometimes(
          `city: a client was told ${state}${reason === undefined ? '' : ` ${reason}`}`,
        );
        if (OVER.has(state)) {
          call.end = reason ?? state;
          this.onEnd(call.sent, state, by);
        } else if (state === 'POH_ACK') this.onKept(call.sent);
        return;
      }
      case 'refused':
        probe.sometimes(`city: a client was refused: ${told.reason}`);
        call.end = told.reason;
        this.#world.claim(
          !HONEST.has(call.sent.want) || !BLAMES.has(told.reason),
          () => `${name}, which is ${call.sent.want}, was refused: ${told.reason}`,
        );
        return;
      default:
        probe.sometimes('city: an outcome was not known');
        call.unknowns++;
        call.standing = 'FRESH';
        return this.#world.later(AGAIN_MS, () => this.#send(call));
    }
  }

  /** Health comes and goes; the order of what a client is told never goes back. */
  #leadsOn(call: Call, state: State): void {
    if (state === 'REPAIR_REQ' || state === 'LOST') return;
    const { sent, standing } = call;
    this.#world.claim(
      leadsOn(standing, state),
      () => `a client was told ${state} of ${sent.name} after ${standing}`,
    );
    call.standing = state;
  }

  #compose({ want, sender, bytes, client: by }: Omit<Wanted, 'atMs'>): Sent {
    const rival = want === 'conflict' ? this.#last : undefined;
    const from = rival?.sender ?? sender;
    const client = this.#clients[by % this.#clients.length]!;
    const sent = this.make({ want, sender: from, seq: rival?.seq, bytes, by: client });
    if (rival !== undefined) sent.hasRival = rival.hasRival = true;
    return sent;
  }

  /** Composes one that is known from now on, and sends it nowhere. */
  make({ want, sender, seq = ++this.#seqs[sender]!, bytes, by }: Making): Sent {
    const random = this.#random.fork(`tx ${this.sent.size}`);
    const { signing, sealing } = this.#senders[sender]!;
    const readers = [{ suite: sealing.suite, key: sealingKeyOf(sealing.suite, sealing.seed) }];
    const wallMs = this.#wallMs(by);
    const text = random.bytes(bytes);
    const composed = compose({
      network: want === 'other-network' ? OTHER_NETWORK : this.#genesis!.network,
      draft: {
        receiver: undefined,
        from: CITY,
        to: CITY,
        seq,
        createdAt: stampBytes({ wallMs: wallMs + (want === 'future' ? FUTURE_MS : 0), count: 0 }),
        expiresAt: wallMs + lifetimeMs(want),
        completes: 'on-commit',
        op: new Uint8Array(0),
        objects: [],
      },
      text,
      readers,
      signing,
      entropy: random.bytes(composeEntropy(readers)),
    });
    assert(composed.ok, 'a draft composes');
    const tx = spoiled(composed.value, want);
    const txId = txIdOf(tx.cover.header);
    const [name, id] = [nameText(txId), hex(txId)];
    const sent = { want, tx, text, name, id, sender, seq, hasRival: false };
    this.sent.set(name, sent);
    return sent;
  }

  /** By the clock of the client's machine. */
  #wallMs(by: NodeAddress): number {
    const { hardware } = this.#machineOf.get(by)!;
    return Math.floor(hardware.clock(ownerOf('application')).wall());
  }
}

const clientOf = (node: NodeAddress): Address => address(node, 'client');

function lifetimeMs(want: Want): number {
  if (want === 'short') return SHORT_MS;
  return want === 'expired' ? -1 : KEEP_MS;
}

function spoiled(tx: Tx, want: Want): Tx {
  if (want === 'forged') {
    const signature = tx.cover.signature.slice();
    signature[0] = signature[0]! ^ 1;
    return { ...tx, cover: { ...tx.cover, signature } };
  }
  if (want !== 'other-body') return tx;
  const body = tx.body.slice();
  body[body.length - 1] = body[body.length - 1]! ^ 1;
  return { ...tx, body };
}
