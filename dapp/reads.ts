/**
 * What an application asks a city back: texts, who holds what, a repair, a claim.
 *
 *   get      not here --> asks for a repair, once --> waits --> the text, opened with the reader's key on this device
 *               stream   one question, which the city keeps until it can answer it
 *               note     a short question, again when the city says something about the transaction
 *               poll     a short question, again after a while
 *
 * All three end with the text, or with a typed error when the time is over. Keys stay here: what the city is shown is a
 * signed question, and what it gives is ciphertext.
 */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { nameText, readName } from '#algorithms/identity.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { sign, verifyingKeyOf } from '#algorithms/signature.ts';
import { hex } from '#lib/bytes.ts';
import { actSignJob, actId, type Act, type SignedAct } from '#protocols/act.ts';
import { LeaveTx, ReadTx, SayAct, SurveyTx } from '#protocols/client.messages.ts';
import type { ActWord } from '#protocols/client/acts.ts';
import type { ReadWord } from '#protocols/client/reads.ts';
import { read } from '#protocols/compose.ts';
import type { Spoken } from '#protocols/effect.ts';
import { CityError, wordOf } from '#protocols/errors.ts';
import type { Genesis } from '#protocols/genesis.ts';
import {
  READ_MS_MAX,
  readSignJob,
  type Given,
  type Surveyed,
} from '#protocols/receiving.messages.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { readerFingerprintOf } from '#protocols/transaction.ts';
import { failureOf, Reading, type Read } from './reading.ts';

type Keys = Pick<NodeSecrets, 'signing' | 'sealing'>;

export interface Getting {
  readonly keys: Keys;
  readonly withinMs?: number;
  readonly signal?: AbortSignal;
  /** How to wait for what is not to be had at once; `stream` if not said. */
  readonly by?: 'stream' | 'note' | 'poll';
  /** Whether to ask for a repair when it has to wait; it does if not said. */
  readonly repair?: boolean;
}

/** Who holds what of a transaction, as each of them showed. */
export type Pieces = Pick<Surveyed, 'state' | 'need' | 'lights' | 'rows'>;

/** What this needs of the client that it is a part of. */
export interface Mouth {
  readonly node: NodeAddress;
  readonly genesis: () => Genesis;
  readonly wallMs: () => number;
  readonly say: (message: Spoken) => void;
  /** The next public word about a transaction, or the signal's end. */
  readonly noteAbout: (txId: string, signal: AbortSignal) => Promise<void>;
}

const GET_MS = 30_000;
const SURVEY_MS = 3_000;
const ACT_MS = 10_000;
/** A question of a reader who asks again by himself, and how long he waits in between. */
const SHORT_MS = 2_500;
const POLL_MS = 1_000;
const NOTE_MS = 5_000;

export class Reads {
  readonly #mouth: Mouth;
  readonly #hearing = new Map<number, (word: ReadWord) => void>();
  readonly #acting = new Map<string, (word: ActWord) => void>();
  /** Ends what waits between two questions. */
  readonly #closing = new AbortController();
  #number = 0;

  constructor(mouth: Mouth) {
    this.#mouth = mouth;
  }

  get(id: string, getting: Getting): Reading {
    const { withinMs = GET_MS, signal } = getting;
    const ended = new AbortController();
    const reading = new Reading(id, () => ended.abort());
    const txId = readName(id);
    if (txId === undefined) {
      reading.fail(new CityError('NOT_FOUND', `'${id}' is no id of a transaction`));
      return reading;
    }
    const stop = AbortSignal.any([ended.signal, this.#closing.signal, ...(signal ? [signal] : [])]);
    void this.#follow(reading, txId, getting, Math.min(withinMs, READ_MS_MAX), stop);
    return reading;
  }

  async pieces(id: string): Promise<Pieces> {
    const txId = idOf(id);
    const word = await this.#ask(
      (number) => SurveyTx.of({ survey: { number, txId, withinMs: SURVEY_MS } }),
      this.#closing.signal,
    );
    if (word.kind === 'receive.surveyed') return word;
    throw word.kind === 'receive.given' ? new CityError('MALFORMED') : failureOf(word);
  }

  /** Asks the city to make it whole; resolves when a ledger holds that wish. */
  repair(id: string, keys: Keys): Promise<void> {
    return this.#act(idOf(id), { says: 'repair-req' }, keys);
  }

  /** Its sender keeps it for longer; resolves when a ledger holds that wish. */
  extend(id: string, expiresAt: number, keys: Keys): Promise<void> {
    return this.#act(idOf(id), { says: 'extend', expiresAt }, keys);
  }

  /** Its sender has it forgotten: what holders have of it goes. */
  erase(id: string, keys: Keys): Promise<void> {
    return this.#act(idOf(id), { says: 'erase' }, keys);
  }

  /** What its receiver does: reads it, and says that it has it. */
  async claim(id: string, getting: Getting): Promise<Read> {
    const read = await this.get(id, getting).done;
    await this.#act(idOf(id), { says: 'claim' }, getting.keys);
    return read;
  }

  hear(word: ReadWord): void {
    this.#hearing.get(word.number)?.(word);
  }

  hearAct(word: ActWord): void {
    this.#acting.get(hex(word.id))?.(word);
    this.#acting.delete(hex(word.id));
  }

  close(): void {
    this.#closing.abort();
    for (const act of this.#acting.values()) act({ id: new Uint8Array(0), is: 'unknown' });
  }

  async #follow(
    reading: Reading,
    txId: Uint8Array,
    getting: Getting,
    withinMs: number,
    stop: AbortSignal,
  ): Promise<void> {
    const { keys, by = 'stream', repair = true } = getting;
    const endsAt = this.#mouth.wallMs() + withinMs;
    let hasAsked = !repair;
    const waits = (): void => {
      if (hasAsked) return;
      hasAsked = true;
      // Not everybody who reads may ask for it; and it is read all the same.
      this.#act(txId, { says: 'repair-req' }, keys).catch(() => undefined);
    };
    try {
      for (;;) {
        const left = Math.max(1, endsAt - this.#mouth.wallMs());
        const within = by === 'stream' ? left : Math.min(left, SHORT_MS);
        const word = await this.#read(reading, txId, keys, within, waits, stop);
        if (word.kind === 'receive.given') return reading.give(this.#open(word, keys), word);
        const error = failureOf(word);
        const isOver = this.#mouth.wallMs() + POLL_MS >= endsAt;
        if (by === 'stream' || error.word !== 'UNAVAILABLE' || isOver) return reading.fail(error);
        waits();
        await this.#pause(reading.txId, by, stop);
      }
    } catch (error) {
      reading.fail(error instanceof CityError ? error : new CityError('CLOSED', String(error)));
    }
  }

  async #read(
    reading: Reading,
    txId: Uint8Array,
    keys: Keys,
    withinMs: number,
    waits: () => void,
    stop: AbortSignal,
  ): Promise<Exclude<ReadWord, { kind: 'receive.progress' }>> {
    const { genesis, node, wallMs } = this.#mouth;
    const { suite, seed } = keys.sealing;
    const request = {
      version: 1,
      txId,
      place: genesis().place,
      node,
      at: stampBytes({ wallMs: Math.floor(wallMs()), count: 0 }),
      reader: readerFingerprintOf({ suite, key: sealingKeyOf(suite, seed) }),
    };
    const signature = sign(readSignJob(genesis().network, request, keys.signing));
    const key = verifyingOf(keys);
    const brought = undefined;
    const asking = (number: number): ReadTx =>
      ReadTx.of({
        read: { number, request, key, signature, withinMs: Math.round(withinMs), brought },
      });
    return this.#ask(asking, stop, (step) => {
      if (step.phase === 'waiting') waits();
      const { phase, have, need, asked, state } = step;
      reading.step({ phase, have, need, asked, state });
    });
  }

  #open({ cover, body }: Given, { sealing: { suite, seed } }: Keys): Uint8Array {
    const { network } = this.#mouth.genesis();
    const opened = read({ network, tx: { cover, body }, suite, seed });
    if (opened.ok) return opened.value;
    throw new CityError(opened.error === 'not-a-reader' ? 'NOT_A_READER' : 'BAD_MANIFEST');
  }

  #ask(
    asking: (number: number) => Spoken,
    stop: AbortSignal,
    onStep: (step: Extract<ReadWord, { kind: 'receive.progress' }>) => void = () => undefined,
  ): Promise<Exclude<ReadWord, { kind: 'receive.progress' }>> {
    const number = ++this.#number;
    const last = Promise.withResolvers<Exclude<ReadWord, { kind: 'receive.progress' }>>();
    const leave = (): void => {
      this.#mouth.say(LeaveTx.of({ number }));
      last.reject(new CityError(this.#closing.signal.aborted ? 'CLOSED' : 'ABORTED'));
    };
    this.#hearing.set(number, (word) =>
      word.kind === 'receive.progress' ? onStep(word) : last.resolve(word),
    );
    if (stop.aborted) leave();
    else {
      stop.addEventListener('abort', leave, { once: true });
      this.#mouth.say(asking(number));
    }
    return last.promise.finally(() => {
      this.#hearing.delete(number);
      stop.removeEventListener('abort', leave);
    });
  }

  /** Until it may be worth another try. */
  async #pause(txId: string, by: 'note' | 'poll', stop: AbortSignal): Promise<void> {
    const enough = AbortSignal.any([stop, AbortSignal.timeout(by === 'note' ? NOTE_MS : POLL_MS)]);
    if (by === 'note') return this.#mouth.noteAbout(txId, enough);
    await new Promise<void>((resolve) => {
      enough.addEventListener('abort', () => resolve(), { once: true });
      if (enough.aborted) resolve();
    });
  }

  async #act(about: Uint8Array, what: Act['what'], keys: Keys): Promise<void> {
    const { genesis, wallMs, say } = this.#mouth;
    const { network, place } = genesis();
    const at = stampBytes({ wallMs: Math.floor(wallMs()), count: 0 });
    const act: Act = { version: 1, place, about, at, what };
    const signature = sign(actSignJob(network, act, keys.signing));
    const signed: SignedAct = { act, key: verifyingOf(keys), signature };
    const word = await new Promise<ActWord>((resolve) => {
      this.#acting.set(hex(actId(signed)), resolve);
      say(SayAct.of({ act: signed, withinMs: ACT_MS }));
    });
    if (word.is === 'unknown') throw new CityError('OUTCOME_UNKNOWN', `of ${nameText(about)}`);
    if (word.is !== 'held') throw new CityError(wordOf(word.is));
  }
}

const verifyingOf = ({ signing: { suite, seed } }: Keys) => ({
  suite,
  key: verifyingKeyOf(suite, seed),
});

function idOf(id: string): Uint8Array {
  const txId = readName(id);
  if (txId === undefined) throw new CityError('NOT_FOUND', `'${id}' is no id of a transaction`);
  return txId;
}
