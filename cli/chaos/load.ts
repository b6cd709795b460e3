/**
 * The load under which a city is damaged: senders and readers that never stop, and a subscriber. Each payload is kept
 * here, and every word that anybody was told.
 */
import { nameText } from '#algorithms/identity.ts';
import type { CityClient } from '#dapp/client.ts';
import type { Progress } from '#dapp/submission.ts';
import { same } from '#lib/bytes.ts';
import { CityError } from '#protocols/errors.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import type { Place } from '#protocols/subjects.ts';
import { txIdOf, type Tx } from '#protocols/transaction.ts';
import type { Call, Heard } from '#simulations/chaos/record.ts';
import type { Sent } from '#simulations/judge/sent.ts';
import type { Random } from '#simulations/random.ts';
import { Failed } from '../unfit.ts';

/** The shortest and the longest that there can be, and what people write. */
const LENGTHS = [1, 280, 1_000, 64, 4_096, 140, 16_384, 512];
const SEND_WITHIN_MS = 30_000;
const READ_WITHIN_MS = 10_000;
const READ_TIMES = 3;
/** A city that is healing may take its time. */
const PRELOAD_TRIES = 4;
/** Between two calls of one lane. */
const PAUSE_MS_MAX = 200;
/** Why a payload is not asked for any more: nobody has said that it is kept. */
const KEPT = 'COMMITTED';

/** Every so many-th that is sent pays somebody in another city. */
const TRANSFERS_IN = 3;
/** Every second one has so little time that it comes back if its way is cut; the others wait for longer than any run. */
const SOON_MS = 8_000;
const LATE_MS = 3_600_000;
const AMOUNT = 1_000n;

/** Payments to another city: by whom, to whom. */
export interface Transfers {
  readonly keys: NodeSecrets;
  readonly to: Place;
  readonly receiver: Uint8Array;
}

export interface Loading {
  readonly city: CityClient;
  readonly keys: NodeSecrets;
  readonly transfers?: Transfers | undefined;
  readonly random: Random;
  readonly now: () => number;
  /** Each step of each transaction, as its sender hears it. */
  readonly stepped: (tx: Tx, step: Progress) => void;
  readonly committed: (txId: string) => void;
}

interface Payload extends Sent {
  readonly text: Uint8Array;
  /** Whoever reads it. */
  readonly keys: NodeSecrets;
  readonly told: string[];
}

export class Load {
  readonly calls: Call[] = [];
  readonly heard: Heard[] = [];
  readonly notedCommits = new Set<string>();
  missedNotes = 0;
  /** Transfers, as text. */
  readonly transferred: string[] = [];
  readonly #on: Loading;
  readonly #payloads = new Map<string, Payload>();
  readonly #kept: string[] = [];
  #sent = 0;

  constructor(on: Loading) {
    this.#on = on;
  }

  /** What was sent, for the judge. */
  get sent(): readonly Sent[] {
    return [...this.#payloads.values()];
  }

  /** So many that are kept, before anything is damaged: there are old ones to read then. */
  async preload(count: number, said: (share: number) => void): Promise<void> {
    const lane = async (): Promise<void> => {
      while (this.#kept.length < count && this.#sent < count * PRELOAD_TRIES) {
        await this.#send();
        said(this.#kept.length / count);
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    if (this.#kept.length >= count) return;
    const { length: kept } = this.#kept;
    throw new Failed(
      `of ${this.#sent} transactions the city keeps ${kept}, before anything was damaged: is it well? see city-chain top, city-chain nodes`,
    );
  }

  /** Until it is told to stop; the result is there when the last call has ended. */
  async run(senders: number, readers: number, stop: AbortSignal): Promise<void> {
    const lane = async (one: () => Promise<void>): Promise<void> => {
      while (!stop.aborted) {
        await one();
        await this.#pause(stop);
      }
    };
    await Promise.all([
      ...Array.from({ length: senders }, () => lane(() => this.#send())),
      ...Array.from({ length: readers }, () => lane(() => this.#readOne())),
    ]);
  }

  async subscribe(stop: AbortSignal): Promise<void> {
    for await (const { topic, fact } of this.#on.city.watch('>', { signal: stop })) {
      this.heard.push({ atMs: this.#on.now(), topic });
      const [what, txId = '', state] = topic.split('.');
      if (what === 'tx' && state === KEPT) this.notedCommits.add(txId);
      if (what === 'lost') this.missedNotes += (fact as { readonly count: number }).count;
    }
  }

  /** Everything that is kept, until each has come back once, or has not three times. */
  async readAll(said: (share: number) => void): Promise<void> {
    let left = [...this.#kept];
    for (let times = 0; times < READ_TIMES && left.length > 0; times++) {
      const again: string[] = [];
      const all = left.length;
      const lane = async (): Promise<void> => {
        for (let txId = left.shift(); txId !== undefined; txId = left.shift()) {
          if ((await this.#read(txId)) !== 'same') again.push(txId);
          said(1 - left.length / all);
        }
      };
      await Promise.all([lane(), lane(), lane(), lane()]);
      left = again;
    }
  }

  async #pause(stop: AbortSignal): Promise<void> {
    const ms = this.#on.random.below(PAUSE_MS_MAX);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      stop.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });
  }

  async #send(): Promise<void> {
    const i = this.#sent++;
    const text = Buffer.from(`${i} `.padEnd(LENGTHS[i % LENGTHS.length]!, '.'));
    const { tx, keys } = this.#compose(i, text);
    const txId = nameText(txIdOf(tx.cover.header));
    const payload: Payload = { txId, body: tx.body, text, keys, told: [] };
    this.#payloads.set(txId, payload);
    const word = await this.#timed('send', txId, () => this.#follow(tx));
    payload.told.push(word);
    if (word !== KEPT) return;
    this.#kept.push(txId);
    this.#on.committed(txId);
  }

  #compose(i: number, text: Uint8Array): { readonly tx: Tx; readonly keys: NodeSecrets } {
    const { city, keys, transfers } = this.#on;
    if (transfers === undefined || i % TRANSFERS_IN > 0)
      return { tx: city.compose(text, { keys }), keys };
    const until = Date.now() + (i % 2 === 0 ? SOON_MS : LATE_MS);
    const op = { op: 'transfer', amount: AMOUNT, until } as const;
    const tx = city.compose(text, { ...transfers, op });
    this.transferred.push(nameText(txIdOf(tx.cover.header)));
    return { tx, keys: transfers.keys };
  }

  async #follow(tx: Tx): Promise<string> {
    const sent = this.#on.city.send(tx, { withinMs: SEND_WITHIN_MS });
    let last = 'accepted';
    for await (const step of sent) {
      last = step.state;
      this.#on.stepped(tx, step);
    }
    return last;
  }

  async #readOne(): Promise<void> {
    if (this.#kept.length > 0)
      await this.#read(this.#kept[this.#on.random.below(this.#kept.length)]!);
  }

  async #read(txId: string): Promise<string> {
    const { city } = this.#on;
    const { text, keys } = this.#payloads.get(txId)!;
    return this.#timed('read', txId, async () => {
      const reading = city.get(txId, { keys, withinMs: READ_WITHIN_MS });
      return same((await reading.done).bytes, text) ? 'same' : 'other';
    });
  }

  async #timed(kind: Call['kind'], txId: string, work: () => Promise<string>): Promise<string> {
    const startMs = this.#on.now();
    const call: Call = { kind, txId, startMs, endMs: undefined, word: undefined };
    this.calls.push(call);
    try {
      call.word = await work();
    } catch (error) {
      // Anything but a typed error is a fault of ours, and ends the run.
      if (!(error instanceof CityError)) throw error;
      call.word = error.word;
    }
    call.endMs = this.#on.now();
    return call.word;
  }
}
