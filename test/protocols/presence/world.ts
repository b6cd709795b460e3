/**
 * A world for machines of presence: presences and hearts as they are, a network that is late, loses,
 * repeats and is cut, disks that keep what was kept, jobs that are done at once. All of it from a seed.
 */
import { hex } from '#lib/bytes.ts';
import type { Probe } from '#lib/probe.ts';
import type { Contracts } from '#protocols/credential.ts';
import { toBytes } from '#protocols/codec.ts';
import type { Effect, Entropy, Json, Moment, Plain, Signal, Spoken } from '#protocols/effect.ts';
import { EligibleHead } from '#protocols/eligibility.ts';
import type { Genesis } from '#protocols/genesis.ts';
import * as heart from '#protocols/heart.ts';
import { millis } from '#protocols/ids.ts';
import {
  HEART_HEARS,
  PRESENCE_HEARS,
  type HeartHears,
  type PresenceHears,
} from '#protocols/presence.messages.ts';
import { PRESENCE_JOBS } from '#protocols/presence/jobs.ts';
import * as presence from '#protocols/presence/presence.ts';
import type { Presence } from '#protocols/presence/state.ts';
import { DEFAULT_LIMITS, type Limits } from '#protocols/presence/table.ts';
import { DEFAULT_WEIGHING } from '#protocols/presence/weigh.ts';
import { address, type Address } from '#protocols/subjects.ts';
import { seeded } from '#test/runtime/manual.ts';
import { WALL } from '../moments.ts';
import { delegateSelf } from './city.ts';

type Machine = (input: Spoken | Signal, at: Moment) => readonly Effect[];

interface Actor {
  readonly start: (at: Moment, kept: ReadonlyMap<string, Uint8Array>) => readonly Effect[];
  readonly step: Machine;
  readonly hears: (message: Spoken) => string | undefined;
  readonly kept: Map<string, Uint8Array>;
  readonly state: () => unknown;
  life: number;
  lives: boolean;
  readonly timers: Map<string, number>;
}

interface Due {
  readonly at: number;
  readonly run: () => void;
}

/** How bad the network is, in thousandths. */
export interface Weather {
  readonly lost: number;
  readonly twice: number;
  readonly lateMsMax: number;
}
export const FAIR: Weather = { lost: 0, twice: 0, lateMsMax: 5 };
export const FOUL: Weather = { lost: 150, twice: 100, lateMsMax: 400 };

/** Signatures are made and verified once for all worlds: they are what takes time. */
const done = new Map<string, Plain>();
const textOf = (input: Plain): string =>
  input instanceof Uint8Array
    ? Buffer.from(input).toString('latin1')
    : typeof input === 'object' && input !== null
      ? Object.values(input).map(textOf).join('/')
      : String(input);

function jobDone(job: string, input: Plain): Plain {
  if (job !== 'presence.verify' && job !== 'presence.sign') return PRESENCE_JOBS[job]!(input);
  const key = `${job} ${textOf(input)}`;
  if (!done.has(key)) done.set(key, PRESENCE_JOBS[job]!(input));
  return done.get(key);
}

export class World {
  now = 0;
  weather = FAIR;
  /** Whether one hears another. */
  reaches: (from: Address, to: Address) => boolean = () => true;
  readonly notes: [string, Json][] = [];
  readonly said: { readonly from: Address; readonly to: Address; readonly message: Spoken }[] = [];
  /** Every frozen list that any presence ever had, by number. */
  readonly frozen = new Map<number, string>();
  readonly genesis: Genesis;
  readonly #entropy: Entropy;
  readonly #actors = new Map<Address, Actor>();
  readonly #due: Due[] = [];
  #order = 0;

  constructor(genesis: Genesis, seed: number) {
    this.genesis = genesis;
    this.#entropy = seeded(seed);
  }

  presence(
    delegate: number,
    more: { contracts?: Contracts; limits?: Limits; probe?: Probe } = {},
  ): void {
    const options = {
      self: delegateSelf(this.genesis, delegate, more.probe),
      contracts: more.contracts ?? new Map(),
      limits: more.limits ?? DEFAULT_LIMITS,
      weighing: DEFAULT_WEIGHING,
    };
    let state: Presence;
    let judged: Presence['newest'];
    const judge = (): void => {
      presence.invariants(state);
      if (judged === state.newest) return;
      judged = state.newest;
      for (const { list } of state.replica.rolls) this.#seen(list.head, list.digest);
    };
    this.#add(address(options.self.node, 'presence'), {
      start: (at, kept) => {
        const [begun, effects] = presence.begin(options, at, kept);
        state = begun;
        return effects;
      },
      step: (input, at) => {
        const [, effects] = presence.step(state, input as PresenceHears, at);
        judge();
        return effects;
      },
      hears: PRESENCE_HEARS.check,
      state: () => state,
    });
  }

  heart(options: heart.HeartOptions): void {
    let state: heart.Heart;
    this.#add(address(options.self.node, 'heart'), {
      start: (at) => {
        const [begun, effects] = heart.begin(options, at);
        state = begun;
        return effects;
      },
      step: (input, at) => {
        const [, effects] = heart.step(state, input as HeartHears, at);
        heart.invariants(state);
        return effects;
      },
      hears: HEART_HEARS.check,
      state: () => state,
    });
  }

  #add(who: Address, made: Pick<Actor, 'start' | 'step' | 'hears' | 'state'>): void {
    const actor = { ...made, kept: new Map(), life: 0, lives: false, timers: new Map() };
    this.#actors.set(who, actor);
    this.start(who);
  }

  start(who: Address): void {
    const actor = this.#actors.get(who)!;
    if (actor.lives) return;
    [actor.lives, actor.life] = [true, actor.life + 1];
    this.#carryOut(who, actor.start(this.#moment(), new Map(actor.kept)));
  }

  /** What was not kept is gone. */
  kill(who: Address): void {
    const actor = this.#actors.get(who)!;
    actor.lives = false;
    actor.timers.clear();
  }

  stop(who: Address): void {
    if (!this.isAlive(who)) return;
    this.signal(who, { kind: 'stop' });
    this.kill(who);
  }

  isAlive = (who: Address): boolean => this.#actors.get(who)!.lives;
  stateOf = (who: Address): unknown => this.#actors.get(who)!.state();
  presenceState = (delegate: number): Presence =>
    this.stateOf(address(this.genesis.delegates[delegate]!.node, 'presence')) as Presence;

  signal(who: Address, input: Signal): void {
    this.#step(who, input, this.#moment());
  }

  /** Says something in somebody's name. */
  say(from: Address, to: Address, message: Spoken): void {
    this.#step(to, message, this.#moment(from));
  }

  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const next = this.#due.at(-1);
      if (next === undefined || next.at > until) break;
      this.#due.pop();
      this.now = next.at;
      next.run();
    }
    this.now = until;
  }

  /** In the order of their times, the next one last. */
  #later(inMs: number, run: () => void): void {
    const at = this.now + inMs;
    let place = this.#due.length;
    while (place > 0 && this.#due[place - 1]!.at <= at) place--;
    this.#due.splice(place, 0, { at, run });
  }

  #moment(from?: Address): Moment {
    const { now } = this;
    return {
      now: millis(now),
      wall: millis(WALL + now),
      entropy: this.#entropy,
      from,
      ticket: undefined,
    };
  }

  #step(who: Address, input: Spoken | Signal, at: Moment): void {
    const actor = this.#actors.get(who);
    if (actor === undefined || !actor.lives) return;
    if (input.kind.includes('.') && actor.hears(input) !== undefined) return;
    this.#carryOut(who, actor.step(input, at));
  }

  #carryOut(who: Address, effects: readonly Effect[]): void {
    const actor = this.#actors.get(who)!;
    const { life } = actor;
    const own = (inMs: number, run: () => void): void =>
      this.#later(inMs, () => {
        if (actor.lives && actor.life === life) run();
      });
    for (const effect of effects) {
      if (effect.do === 'send') this.#send(who, effect.to, effect.message);
      else if (effect.do === 'note') this.notes.push([effect.topic, effect.fact]);
      else if (effect.do === 'wake') {
        const token = this.#order++;
        actor.timers.set(effect.id, token);
        own(effect.inMs, () => {
          if (actor.timers.get(effect.id) === token)
            this.#step(who, { kind: 'wake', id: effect.id }, this.#moment());
        });
      } else if (effect.do === 'keep')
        own(this.#entropy.below(5), () => {
          for (const { key, value } of effect.writes)
            if (value === undefined) actor.kept.delete(key);
            else actor.kept.set(key, value);
          this.#step(who, { kind: 'kept', id: effect.id }, this.#moment());
        });
      else if (effect.do === 'compute')
        own(1, () => {
          const output = jobDone(effect.job, effect.input);
          this.#step(who, { kind: 'computed', id: effect.id, output }, this.#moment());
        });
    }
  }

  #send(from: Address, to: Address, message: Spoken): void {
    this.said.push({ from, to, message });
    const { lost, twice, lateMsMax } = this.weather;
    const chance = (permille: number): boolean => this.#entropy.below(1_000) < permille;
    for (let copies = chance(twice) ? 2 : 1; copies > 0; copies--) {
      if (chance(lost)) continue;
      this.#later(1 + this.#entropy.below(lateMsMax), () => {
        if (this.reaches(from, to)) this.#step(to, message, this.#moment(from));
      });
    }
  }

  #seen(head: EligibleHead, digest: Uint8Array): void {
    const known = this.frozen.get(head.number);
    const text = `${hex(digest)} ${hex(toBytes(EligibleHead, head))}`;
    if (known !== undefined && known !== text)
      throw new Error(`two frozen lists have the number ${head.number}`);
    this.frozen.set(head.number, text);
  }
}
