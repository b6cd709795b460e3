/**
 * The SDK: a city in ten lines.
 *
 *   const city = await connect({ nats: 'nats://127.0.0.1:16222', city: 'asia.ishikawa.komatsu' });
 *   const sent = city.submit('Hello', { keys });
 *   for await (const { state, acks, needed } of sent) console.log(state, `${acks}/${needed}`);
 *   const { height } = await sent.until('COMMITTED');
 *   for await (const note of city.watch('tx.>')) console.log(note.topic, note.fact);
 *   const { text } = await city.get(sent.txId, { keys }).done;
 *   const { stands } = await city.pay(2_500_000_000n, receiver, { keys, to: 'europe.catalonia.barcelona' });
 *   await city.call('register@1', utf8('haruka'), { keys });
 *
 * What runs here is a node like any other, with one actor (actors/client.ts): the same links, the same
 * machine that simulations run. Text is encrypted on this device, for the readers that are named; nobody
 * else learns it. Whatever is not done is a `CityError` with a word (protocols/errors.ts).
 *
 * An iteration that is left, and an `AbortSignal`, end the watching, not the transaction: what a city has
 * accepted goes its way.
 */
import { EMPTY, hex, utf8 } from '#lib/bytes.ts';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { readName } from '#algorithms/identity.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { Abandon, Find, FollowRoot, Look, Send } from '#protocols/client.messages.ts';
import type { Told } from '#protocols/client/client.ts';
import type { RootWord } from '#protocols/client/roots.ts';
import { compose, composeEntropy } from '#protocols/compose.ts';
import type { EligibleList } from '#protocols/eligibility.ts';
import { CityError, type ErrorWord } from '#protocols/errors.ts';
import { PRESENCE_JOBS } from '#protocols/presence/jobs.ts';
import type { Told as LedgerTold, ToldObject } from '#protocols/ledger.messages.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { accountName, cellName, wageName } from '#protocols/objects/object.ts';
import { opBytes, type Op } from '#protocols/objects/op.ts';
import type { Written } from '#protocols/mirror.messages.ts';
import type { Wanted } from '#protocols/mirror/mirror.ts';
import type { Bundle } from '#protocols/proof/bundle.ts';
import type { Outcome, WhyNot, Wish } from '#protocols/proof/want.ts';
import type { RootTold } from '#protocols/rooting.messages.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { isPlace, nodeAddress, nodeOf, type Address, type Place } from '#protocols/subjects.ts';
import type { SealingKey } from '#protocols/terms.ts';
import { txIdOf, type Tx } from '#protocols/transaction.ts';
import { client } from '#actors/client.ts';
import { mirror } from '#actors/mirror.ts';
import { roll } from '#actors/roll.ts';
import { wanting } from '#actors/wanting.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { Links } from '#runtime/links/links.ts';
import { lifeFrom } from '#runtime/links/life.ts';
import { inlinePool } from '#runtime/pool/inline-pool.ts';
import { NatsWire } from '#runtime/nats-wire.ts';
import { System } from '#runtime/system.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { Reads, type Getting, type Pieces } from './reads.ts';
import type { Read, Reading } from './reading.ts';
import { call, type Called, type Calling } from './call.ts';
import { pay, type Paid, type Paying } from './payment.ts';
import { isRoot, Submission, type Goal } from './submission.ts';
import { watchNotes, type Note } from './notes.ts';
import { Waits } from './waits.ts';

export interface Connecting {
  /** `nats://host:port`, several with commas. */
  readonly nats: string;
  /** `continent.municipality.city`. */
  readonly city: string;
  /** The city that is meant; without it, the one that answers is believed. */
  readonly genesis?: Genesis;
  /** How long a city may take to answer. */
  readonly withinMs?: number;
  readonly signal?: AbortSignal;
}

export interface Submitting {
  readonly keys: Pick<NodeSecrets, 'signing' | 'sealing'>;
  /** Who may read it, besides its sender. */
  readonly readers?: readonly SealingKey[];
  /** The receiver's fingerprint; with one, the transaction is complete when it is claimed. */
  readonly receiver?: Uint8Array;
  /** How far to follow it; COMMITTED if not said. */
  readonly until?: Goal;
  readonly withinMs?: number;
  /** What it asks of the city, besides keeping it; and where its receiver is, if elsewhere. */
  readonly op?: Op;
  readonly to?: Place;
  /** What a call declares: keys in the contract's own space. */
  readonly objects?: readonly Uint8Array[];
  /** How long the city is to keep it. */
  readonly keepMs?: number;
  readonly signal?: AbortSignal;
}

const CONNECT_MS = 10_000;
const SUBMIT_MS = 30_000;
const KEEP_MS = 180 * 86_400_000;
const PROOF_MS = 30_000;
/** Numbers of one sender follow its clock, so that two processes of one person do not meet. */
const SEQS_A_MS = 1_000;

export async function connect(connecting: Connecting): Promise<CityClient> {
  const { nats, city, genesis, withinMs = CONNECT_MS, signal } = connecting;
  if (!isPlace(city))
    throw new CityError('WRONG_CITY', `'${city}' is not continent.municipality.city`);
  // Signing and sealing happen here: with what this device has that is fast.
  await offerCityBackends(process.env['CITY_CHAIN_BACKENDS']);
  const wire = await NatsWire.open({ url: nats });
  if (!wire.ok) throw new CityError('NOT_CONNECTED', wire.error);
  const connected = new CityClient(wire.value, city);
  try {
    await connected.found(genesis, withinMs, signal);
    return connected;
  } catch (error) {
    await connected.close();
    throw error;
  }
}

/** What a ledger answered: state, manifest, certificate, and the proof of its place in the order. */
export type Known = LedgerTold;

/** What a ledger answered of an object. */
export type Looked = ToldObject;

/** A mirror at work: who writes for it tells it what became of a batch. */
export interface Mirroring {
  readonly tell: (message: Written) => void;
  readonly end: () => void;
}

const UNPROVED: Readonly<Record<NonNullable<WhyNot>, ErrorWord>> = {
  unknown: 'NOT_FOUND',
  waits: 'NOT_PROVED_YET',
  idle: 'NOTHING_TO_PROVE',
  busy: 'NOT_CONNECTED',
  'too-long': 'TOO_OLD',
};

interface Followed {
  readonly submission: Submission;
  readonly until: Goal;
  readonly endsAt: number;
}

export class CityClient {
  readonly city: Place;
  readonly #wire: NatsWire;
  readonly #links: Links;
  readonly #system: System;
  readonly #client: Address;
  readonly #entropy = systemEntropy();
  readonly #followed = new Map<string, Followed>();
  readonly #finding = new Map<string, PromiseWithResolvers<Known | undefined>>();
  readonly #looking = new Map<string, PromiseWithResolvers<Looked | undefined>>();
  readonly #reads: Reads;
  readonly #waits = new Waits();
  readonly #founded = Promise.withResolvers<Genesis>();
  readonly #roots = new Map<number, (word: RootWord) => void>();
  #genesis: Genesis | undefined;
  #seq = 0;
  #wanted = 0;
  #asked = 0;

  /** Use `connect`. */
  constructor(wire: NatsWire, city: Place) {
    this.city = city;
    this.#wire = wire;
    const clock = wallClock;
    const entropy = this.#entropy;
    const node = nodeAddress(city, `app-${hex(entropy.bytes(8))}`);
    const life = lifeFrom(clock.wall(), entropy);
    this.#links = new Links({ wire, clock, turnEnd: eventLoop }, { life });
    const carrier = this.#links;
    const pool = inlinePool(PRESENCE_JOBS);
    this.#system = new System({ clock, scheduler: eventLoop, entropy, carrier, pool });
    this.#system.host(node);
    const actor = client(node, { city }, (told) => this.#hear(told));
    this.#client = actor.address;
    this.#system.spawn(actor);
    this.#reads = new Reads({
      node,
      genesis: () => this.genesis,
      wallMs: () => this.#waits.wallMs,
      say: (message) => this.#system.send(this.#client, message),
      noteAbout: (id, signal) => this.#noteAbout(id, signal),
    });
  }

  async #noteAbout(id: string, signal: AbortSignal): Promise<void> {
    for await (const _note of this.watch(`tx.${id}.>`, { signal })) return;
  }

  /** The city's genesis, once it has answered. */
  get genesis(): Genesis {
    if (this.#genesis === undefined) throw new CityError('NOT_CONNECTED');
    return this.#genesis;
  }

  /** Encrypts, signs and sends a text. What it comes to is told by the submission. */
  submit(text: string | Uint8Array, options: Submitting): Submission {
    return this.send(this.compose(text, options), options);
  }

  /** A transaction, not sent yet: whoever has its bytes can send it again, and it stays one. */
  compose(text: string | Uint8Array, options: Omit<Submitting, 'signal' | 'until'>): Tx {
    const { keys, readers = [], receiver, op, to = this.city, keepMs = KEEP_MS } = options;
    const { objects = [] } = options;
    const { suite, seed } = keys.sealing;
    const all = [{ suite, key: sealingKeyOf(suite, seed) }, ...readers];
    const { wallMs } = this.#waits;
    this.#seq = Math.max(this.#seq + 1, Math.floor(wallMs) * SEQS_A_MS);
    const made = compose({
      network: this.genesis.network,
      draft: {
        receiver,
        from: this.city,
        to,
        seq: this.#seq,
        createdAt: stampBytes({ wallMs: Math.floor(wallMs), count: 0 }),
        expiresAt: Math.floor(wallMs) + keepMs,
        // What is asked of the city needs nobody's claim.
        completes: receiver === undefined || op !== undefined ? 'on-commit' : 'on-claim',
        op: op === undefined ? EMPTY : opBytes(op),
        objects,
      },
      text: typeof text === 'string' ? utf8(text) : text,
      readers: all,
      signing: keys.signing,
      entropy: this.#entropy.bytes(composeEntropy(all)),
    });
    if (made.ok) return made.value;
    throw new CityError(made.error === 'too-large' ? 'TOO_LARGE' : 'MALFORMED', made.error);
  }

  /** Sends what was composed; again, if need be. */
  send(
    tx: Tx,
    { until = 'COMMITTED', withinMs = SUBMIT_MS, signal }: Partial<Submitting> = {},
  ): Submission {
    const txId = txIdOf(tx.cover.header);
    const key = hex(txId);
    const abandon = (): void => {
      this.#followed.delete(key);
      this.#system.send(this.#client, Abandon.of({ txId }));
    };
    const submission = new Submission(txId, abandon);
    if (signal?.aborted === true) {
      submission.fail(new CityError('ABORTED'));
      return submission;
    }
    signal?.addEventListener('abort', () => {
      abandon();
      submission.fail(new CityError('ABORTED'));
    });
    this.#followed.set(key, { submission, until, endsAt: this.#waits.wallMs + withinMs });
    const inCity = isRoot(until) ? 'COMMITTED' : until;
    this.#system.send(this.#client, Send.of({ tx, until: inCity, withinMs }));
    return submission;
  }

  /** How far above the city its batch of this height has come, and in which batch and blocks it stands there. */
  rooted(height: number): Promise<RootTold | undefined> {
    const { promise, resolve } = Promise.withResolvers<RootTold | undefined>();
    this.#followRoot({ height, until: undefined, withinMs: 0 }, ({ told, isLast }) => {
      if (isLast) resolve(told);
    });
    return this.#waits.until(promise);
  }

  #followRoot(
    follow: Pick<FollowRoot, 'height' | 'until' | 'withinMs'>,
    hear: (word: RootWord) => void,
  ): void {
    const number = ++this.#asked;
    this.#roots.set(number, hear);
    this.#system.send(this.#client, FollowRoot.of({ number, ...follow }));
  }

  /** What the city knows of a transaction, by its id as text; throws `NOT_FOUND` where nobody knows it. */
  async find(id: string): Promise<Known> {
    const txId = readName(id);
    if (txId === undefined) throw new CityError('NOT_FOUND', `'${id}' is no id of a transaction`);
    const key = hex(txId);
    const looking = this.#finding.get(key) ?? Promise.withResolvers<Known | undefined>();
    this.#finding.set(key, looking);
    this.#system.send(this.#client, Find.of({ txId }));
    const known = await this.#waits.until(looking.promise);
    if (known === undefined) throw new CityError('NOT_CONNECTED', 'no ledger answers');
    if (known.known === 'unknown') throw new CityError('NOT_FOUND');
    return known;
  }

  /**
   * Pays so many thousand-millionths of a Harmony to somebody, by the fingerprint of his key; in another city where
   * `to` says so. Resolves when it is done; `NOT_DONE` with the reason where the city refused it.
   */
  pay(amount: bigint, receiver: Uint8Array, paying: Paying): Promise<Paid> {
    return pay(this, this.#waits, amount, receiver, paying);
  }

  /**
   * Calls a contract that the city runs (protocols/objects/contracts.ts). Resolves when it is done; `NOT_DONE` with the reason
   * where the city, or the contract, refused it.
   */
  call(contract: string, input: Uint8Array, calling: Calling): Promise<Called> {
    return call(this, contract, input, calling);
  }

  /** What a contract has in one of its cells, as the last batch of a ledger left it; `undefined`: nothing. */
  async cell(contract: string, key: Uint8Array): Promise<Uint8Array | undefined> {
    const { object } = await this.object(cellName(contract, key));
    return object?.value.is === 'cell' ? object.value.bytes : undefined;
  }

  /** What an account has, by the fingerprint of its key: as the last batch of a ledger left it. */
  async balance(fingerprint: Uint8Array): Promise<bigint> {
    const { object } = await this.object(accountName(fingerprint));
    return object?.value.is === 'account' ? object.value.balance : 0n;
  }

  /**
   * What rewards have been paid into an account from the beginning, by the fingerprint of its key: as the last batch of a ledger
   * left it. It is in the balance, and spent with `pay`.
   */
  async rewards(fingerprint: Uint8Array): Promise<bigint> {
    const { object } = await this.object(wageName(fingerprint));
    return object?.value.is === 'wage' ? object.value.amount : 0n;
  }

  /** An object by its name (protocols/objects/object.ts), the height of a ledger, and a proof of the height before. */
  async object(name: Uint8Array): Promise<Looked> {
    const key = hex(name);
    const looking = this.#looking.get(key) ?? Promise.withResolvers<Looked | undefined>();
    this.#looking.set(key, looking);
    this.#system.send(this.#client, Look.of({ name }));
    const looked = await this.#waits.until(looking.promise);
    if (looked === undefined) throw new CityError('NOT_CONNECTED', 'no ledger answers');
    return looked;
  }

  /** Brings a text back, opened with a reader's keys; waits, and asks for a repair, where it must. */
  get(id: string, getting: Getting): Reading {
    return this.#reads.get(id, getting);
  }

  /** Who holds which row of a transaction now, each asked and its piece checked. */
  pieces(id: string): Promise<Pieces> {
    return this.#reads.pieces(id);
  }

  /** Asks the city to make a transaction whole: its sender or receiver may. */
  repair(id: string, { keys }: Pick<Getting, 'keys'>): Promise<void> {
    return this.#reads.repair(id, keys);
  }

  /** Keeps it until then, in milliseconds since 1970: its sender may, and it is never shorter than it was. */
  extend(id: string, expiresAt: number, { keys }: Pick<Getting, 'keys'>): Promise<void> {
    return this.#reads.extend(id, expiresAt, keys);
  }

  /** Has it forgotten: its sender may. What holders have of it goes as soon as they hear of it. */
  erase(id: string, { keys }: Pick<Getting, 'keys'>): Promise<void> {
    return this.#reads.erase(id, keys);
  }

  /** Its receiver reads it, and says so: a transaction that waits for that is complete. */
  claim(id: string, getting: Getting): Promise<Read> {
    return this.#reads.claim(id, getting);
  }

  /**
   * What proves what the city did with it (verify.ts): as far up as it is wanted, or as far as it is rooted when the time
   * is over. Nobody has verified it here.
   */
  async proof(
    id: string,
    {
      upTo = 'globe',
      withinMs = PROOF_MS,
    }: { readonly upTo?: Wish['upTo']; readonly withinMs?: number } = {},
  ): Promise<Bundle> {
    const name = readName(id);
    if (name === undefined) throw new CityError('NOT_FOUND', `'${id}' is no id of a transaction`);
    const found = Promise.withResolvers<Outcome>();
    const wish = { genesis: this.genesis, id: name, upTo, withinMs };
    const actor = wanting(nodeOf(this.#client), ++this.#wanted, wish, found.resolve);
    this.#system.spawn(actor);
    const outcome = await this.#waits
      .until(found.promise)
      .finally(() => this.#system.stop(actor.address, 'kill'));
    if ('bundle' in outcome) return outcome.bundle;
    throw new CityError(UNPROVED[outcome.why ?? 'busy']);
  }

  /** Who may hold pieces: the newest node list that more than two thirds of the stake have signed. */
  async nodes({
    withinMs = CONNECT_MS,
  }: { readonly withinMs?: number } = {}): Promise<EligibleList> {
    const found = Promise.withResolvers<EligibleList>();
    const reader = roll(nodeOf(this.#client), this.genesis, found.resolve);
    const late = 'no delegate has a node list';
    this.#system.spawn(reader);
    return this.#waits
      .until(found.promise, { withinMs, late })
      .finally(() => this.#system.stop(reader.address, 'kill'));
  }

  /** What the order does, for a mirror (protocols/mirror/): it begins at a cursor, and tells what it wants written. */
  mirror(cursor: number, want: (wanted: Wanted) => void): Mirroring {
    const actor = mirror(nodeOf(this.#client), this.genesis, cursor, want);
    this.#system.spawn(actor);
    return {
      tell: (message) => this.#system.send(actor.address, message),
      end: () => this.#system.stop(actor.address, 'kill'),
    };
  }

  /** Public facts of the city, as they come: `tx.>`, `batch.*`, `presence.>`. */
  watch(filter = '>', { signal }: { readonly signal?: AbortSignal } = {}): AsyncIterable<Note> {
    return watchNotes(this.#wire, this.city, filter, signal);
  }

  async close(): Promise<void> {
    this.#reads.close();
    this.#waits.close();
    for (const { submission } of this.#followed.values()) submission.fail(new CityError('CLOSED'));
    this.#followed.clear();
    this.#system.close();
    this.#links.close();
    await this.#wire.close();
  }

  /** For `connect`: waits until a city has answered, and that it is the one that is meant. */
  async found(
    meant: Genesis | undefined,
    withinMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const late = `no delegate of ${this.city} answers`;
    const genesis = await this.#waits.until(this.#founded.promise, { withinMs, late, signal });
    if (meant !== undefined && hex(meant.network) !== hex(genesis.network))
      throw new CityError('WRONG_NETWORK');
    this.#genesis = meant ?? genesis;
  }

  #hear(told: Told): void {
    if (told.what === 'city') return this.#founded.resolve(told.genesis);
    if (told.what === 'read') return this.#reads.hear(told.word);
    if (told.what === 'act') return this.#reads.hearAct(told.word);
    if (told.what === 'object') {
      const name = hex(told.name);
      this.#looking.get(name)?.resolve(told.answer);
      this.#looking.delete(name);
      return;
    }
    if (told.what === 'rooted') return this.#hearRoot(told.word);
    const key = hex(told.txId);
    if (told.what === 'found') {
      this.#finding.get(key)?.resolve(told.answer);
      this.#finding.delete(key);
      return;
    }
    const followed = this.#followed.get(key);
    if (followed === undefined) return;
    if (followed.submission.hear(told, followed.until)) this.#followed.delete(key);
    else if (told.what === 'progress' && told.word.state === 'COMMITTED')
      this.#followUp(key, followed, told.word.height);
  }

  #hearRoot(word: RootWord): void {
    const hear = this.#roots.get(word.number);
    if (word.isLast) this.#roots.delete(word.number);
    hear?.(word);
  }

  /** It is committed, and somebody wants to see it rooted. */
  #followUp(
    key: string,
    { submission, until, endsAt }: Followed,
    height: number | undefined,
  ): void {
    if (!isRoot(until) || height === undefined) return;
    const withinMs = Math.max(0, endsAt - this.#waits.wallMs);
    this.#followRoot({ height, until, withinMs }, (word) => {
      if (!this.#followed.has(key)) return;
      if (submission.hearRoot(word, until)) this.#followed.delete(key);
    });
  }
}
