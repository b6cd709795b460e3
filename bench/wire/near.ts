/** The near process of the wire bench: sends tells and asks, and measures what both processes take. */
import { fork, type ChildProcess } from 'node:child_process';
import { join as joinPath } from 'node:path';
import { assert } from '#lib/assert.ts';
import { ask, NOTHING, type Effect } from '#protocols/effect.ts';
import { address, type Address } from '#protocols/subjects.ts';
import { anyActor } from '#runtime/actor.ts';
import type { Observer } from '#runtime/ports.ts';
import type { Got, Order } from './far.ts';
import {
  ECHO,
  FILLING,
  Go,
  join,
  leave,
  NEAR,
  PAYLOAD_BYTES,
  RAW_ECHO,
  RAW_SINK,
  sink,
  TALK,
  Tell,
  type End,
  type Talk,
} from './talk.ts';

/** Tells that are said in one turn. */
const TURN = 100;
/** Tells that may be ahead of the far end: nobody's queue overflows. */
const AHEAD = 4_000;
const TELLER = address(NEAR, 'teller');
const ASKER = address(NEAR, 'asker');

/** Microseconds of CPU, for one message. */
export interface Cost {
  readonly near: number;
  readonly far: number;
  readonly wallMs: number;
}

export class Near {
  readonly end: End;
  readonly #far: ChildProcess;
  /** Whom the teller knows: as the raw client knows its subject. */
  readonly #sinks: readonly Address[];
  #said = 0;
  #inFlight = 0;
  #left = 0;
  #asked = 0;
  #askedAt = 0;
  #answeredAt = 0;
  #answered: () => void = () => undefined;

  private constructor(end: End, far: ChildProcess, actors: number) {
    this.end = end;
    this.#far = far;
    this.#sinks = Array.from({ length: actors }, (_, i) => sink(i));
    this.#spawnTeller();
    this.#spawnAsker();
  }

  static async open(
    url: string,
    options: { coalesces: boolean; actors?: number; observer?: Observer },
  ): Promise<Near> {
    const { coalesces, actors = 1, observer } = options;
    const file = joinPath(import.meta.dirname, 'far.ts');
    const far = fork(file, [url, coalesces ? '1' : '0', String(actors)]);
    const [end] = await Promise.all([join(url, coalesces, observer), heard(far)]);
    return new Near(end, far, actors);
  }

  async close(): Promise<void> {
    await leave(this.end);
    const gone = new Promise((resolve) => this.#far.once('exit', resolve));
    this.#far.disconnect();
    await gone;
  }

  /** Sends `count` tells by `say`, which takes how many to say in this turn, until all have come. */
  async tells(count: number, say: (count: number) => void): Promise<Cost> {
    await this.got(0, true);
    this.#said = 0;
    const before = process.cpuUsage();
    const since = performance.now();
    let got: Got | undefined;
    for (let said = 0; said < count; said += AHEAD) {
      const until = Math.min(count, said + AHEAD);
      const come = this.got(until);
      for (let left = until - said; left > 0; left -= TURN) {
        say(Math.min(TURN, left));
        await new Promise((resolve) => setImmediate(resolve));
      }
      got = await come;
    }
    const { user, system } = process.cpuUsage(before);
    assert(got?.count === count && got.sum === (count * (count + 1)) / 2, 'every tell came, once');
    assert(this.#sinks.length > 1 || got.jumps === 0, 'tells came in order');
    return {
      near: (user + system) / count,
      far: got.cpuMicros / count,
      wallMs: performance.now() - since,
    };
  }

  rawTells(count: number): Promise<Cost> {
    return this.tells(count, (turn) => {
      for (let i = 0; i < turn; i++) {
        const payload = new Uint8Array(PAYLOAD_BYTES);
        new DataView(payload.buffer).setUint32(0, ++this.#said);
        this.end.raw.publish(RAW_SINK, payload);
      }
    });
  }

  actorTells(count: number, isReliable = false): Promise<Cost> {
    return this.tells(count, (turn) => {
      this.end.system.send(TELLER, Go.of({ count: turn, isReliable: isReliable ? 1 : 0 }));
    });
  }

  /** What the far end got since it last began anew, once so many have come. */
  async got(expected: number, isNew = false): Promise<Got> {
    const said = heard(this.#far);
    this.#far.send({ expected, isNew } satisfies Order);
    return (await said) as Got;
  }

  /** Microseconds of this process's CPU for one ask, with so many under way. */
  async asks(count: number, inFlight: number): Promise<number> {
    const before = process.cpuUsage();
    [this.#left, this.#asked, this.#inFlight] = [count, 0, inFlight];
    const done = new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
    this.end.system.send(ASKER, Go.of({ count: inFlight, isReliable: 0 }));
    await done;
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  }

  async requests(count: number, inFlight: number): Promise<number> {
    const before = process.cpuUsage();
    const payload = new Uint8Array(PAYLOAD_BYTES);
    let left = count;
    const one = async (): Promise<void> => {
      while (left-- > 0) {
        const { data } = await this.end.raw.request(RAW_ECHO, payload, { timeout: 10_000 });
        assert(data.length === PAYLOAD_BYTES, 'the answer is what was asked');
      }
    };
    await Promise.all(Array.from({ length: inFlight }, one));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  }

  /**
   * Microseconds of single round trips, turn about: an actor's ask until its answer is handled, and
   * the raw client with a wildcard inbox of its own, which is as little as can be.
   */
  async roundTrips(count: number): Promise<{ readonly asks: number[]; readonly raw: number[] }> {
    const { raw } = this.end;
    let answer = Promise.withResolvers<number>();
    const inbox = raw.subscribe('bench.raw.in.*', {
      callback: () => answer.resolve(performance.now()),
    });
    await raw.flush();
    const payload = new Uint8Array(PAYLOAD_BYTES);
    const trips = { asks: [] as number[], raw: [] as number[] };
    for (let i = 0; i < count; i++) {
      answer = Promise.withResolvers();
      const since = performance.now();
      raw.publish(RAW_ECHO, payload, { reply: `bench.raw.in.${i}` });
      trips.raw.push(((await answer.promise) - since) * 1_000);
      await this.asks(1, 1);
      trips.asks.push((this.#answeredAt - this.#askedAt) * 1_000);
    }
    inbox.unsubscribe();
    return trips;
  }

  #spawnTeller(): void {
    this.end.system.spawn(
      anyActor<null, Talk, Talk>({
        address: TELLER,
        listens: TALK,
        start: () => [null, NOTHING],
        receive: (_, input) => {
          if (input.kind !== 'bench.go') return [null, NOTHING];
          const effects: Effect<Talk>[] = [];
          for (let i = 0; i < input.count; i++) {
            const n = ++this.#said;
            const to = this.#sinks[n % this.#sinks.length]!;
            const told = Tell.of({ n, filling: FILLING });
            effects.push({ do: 'send', to, message: told, reliable: input.isReliable === 1 });
          }
          return [null, effects];
        },
      }),
    );
  }

  #spawnAsker(): void {
    const next = (): Effect<Talk>[] => {
      if (this.#asked >= this.#left) return [];
      this.#askedAt = performance.now();
      const n = ++this.#asked;
      return [ask(String(n), ECHO, Tell.of({ n, filling: FILLING }), 10_000)];
    };
    this.end.system.spawn(
      anyActor<null, Talk, Talk>({
        address: ASKER,
        listens: TALK,
        start: () => [null, NOTHING],
        receive: (_, input) => {
          if (input.kind === 'bench.go')
            return [null, Array.from({ length: input.count }, next).flat()];
          assert(input.kind === 'answered', 'every ask is answered');
          this.#answeredAt = performance.now();
          if (this.#asked >= this.#left && --this.#inFlight === 0) this.#answered();
          return [null, next()];
        },
      }),
    );
  }
}

const heard = (far: ChildProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const died = (code: number | null): void => reject(new Error(`the far end died (${code})`));
    far.once('exit', died);
    far.once('message', (said) => {
      far.off('exit', died);
      resolve(said);
    });
  });
