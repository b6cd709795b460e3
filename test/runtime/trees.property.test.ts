/**
 * Random trees of actors that do random things to each other: send, ask, watch, keep, compute, spawn,
 * stop, end and crash, while others stop and kill them from outside. Method: the real engine under a
 * manual clock; each life of each actor has a number, everything it starts carries that number, and a
 * ledger (below) is told of both ends of each thing. At the end all are killed, and nothing is left.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EMPTY } from '#lib/bytes.ts';
import { catalogue, count, message, type Infer } from '#protocols/codec.ts';
import {
  answer,
  ask,
  bury,
  compute,
  end,
  keep,
  link,
  put,
  ready,
  recall,
  send,
  sleep,
  spawn,
  stop,
  supervise,
  unwatch,
  wake,
  watch,
  type Effect,
  type Entropy,
  type Moment,
  type Signal,
} from '#protocols/effect.ts';
import { address, nodeAddress, place, type Address } from '#protocols/subjects.ts';
import { anyActor, IGNORE, type AnyActor } from '#runtime/actor.ts';
import { memoryStore } from '#runtime/memory-store.ts';
import { inlinePool } from '#runtime/pool/inline-pool.ts';
import type { Clock } from '#runtime/ports.ts';
import { System } from '#runtime/system.ts';
import { cases } from '#test/cases.ts';
import { Manual, seeded } from './manual.ts';

const n = count(Number.MAX_SAFE_INTEGER);
const Tell = message('test.tell', { n });
const Ask = message('test.ask', { n });
const Done = message('test.done', { n });
const TALK = catalogue(Tell, Ask, Done);
type Talk = Infer<typeof TALK>;

const NAMES = 7;
const MAILBOX_MAX = 5;
const WITHIN_MS_MAX = 40;
const EFFECTS_MAX = 600;
const at = (i: number): Address =>
  address(nodeAddress(place('asia.ishikawa.komatsu'), 'n1'), 'a', i);
/** The only ways to crash in this world. */
const MEANT =
  /^(Error: meant|InvariantViolation: a timer has a time|InvariantViolation: .* is mine|InvariantViolation: only an actor that has ended is buried|linked .* ended)/;

/** A child may never say that it is ready, and may wait for its own children to end. */
const UNDER_WAY: ReadonlySet<string> = new Set(['starting', 'stopping']);

/** What one life started, and what has come of it. */
interface Life {
  readonly number: number;
  readonly who: Address;
  readonly open: Set<string>;
  readonly watching: Set<Address>;
  readonly unheard: Map<Address, number>;
  /** Set from outside: its next input is the stop, or there is none. */
  mustHear: 'stop' | 'nothing' | undefined;
}

class World {
  readonly manual = new Manual();
  readonly system: System;
  readonly random: Entropy;
  readonly lives = new Map<Address, Life>();
  readonly armed = new Set<object>();
  readonly seen = new Map<string, number>();
  readonly #pairs = new Map<string, number>();
  /** What cannot be thrown where it is seen: the engine would take it for somebody's crash. */
  readonly failures: string[] = [];
  isOver = false;
  tells = 0;
  told = 0;
  dead = 0;
  #effects = 0;
  #numbers = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
    const { scheduler } = this.manual;
    this.system = new System(
      {
        clock: this.#countingClock(),
        scheduler,
        entropy: this.random,
        store: memoryStore(scheduler),
        pool: inlinePool({ echo: (input) => input }, scheduler),
        observer: {
          deadLetter: (_, { kind }) => void (this.dead += kind === 'test.tell' ? 1 : 0),
          ended: (who, _, how, detail) => this.#ended(who, how, detail),
          fault: (where, error) => {
            this.failures.push(`${where}: ${String(error)}`);
          },
        },
      },
      { encodesLocal: seed % 2 === 0 },
    );
  }

  below(bound: number): number {
    return this.random.below(bound);
  }

  actor(i: number): AnyActor {
    const traits = this.below(64);
    return anyActor<Life, Talk, Talk>({
      address: at(i),
      listens: TALK,
      mailboxMax: MAILBOX_MAX,
      overflow: () => (traits & 1 ? 'drop-oldest' : 'refuse'),
      startsLater: (traits & 6) === 6,
      lingers: (traits & 24) === 24,
      keeps: (traits & 32) === 32,
      start: () => this.#start(at(i)),
      receive: (life, input, moment) => [life, this.#receive(life, input, moment)],
    });
  }

  tell(i: number): void {
    this.tells++;
    this.system.send(at(i), Tell.of({ n: 0 }));
  }

  /** From outside: restarts what it hears the end of, sometimes within the end itself. */
  root(i: number): void {
    let incarnation = 1;
    let tries = 0;
    const hear = ({ kind }: Signal): void => {
      if (kind === 'started' || ++tries > 3) return;
      const sight = this.system.look().find((each) => each.address === at(i));
      if (this.isOver || sight?.phase !== 'waiting' || sight.parent !== undefined) return;
      if (this.below(2) === 0) this.system.bury(at(i));
      else this.system.supervise(this.actor(i), ++incarnation, hear);
    };
    this.system.supervise(this.actor(i), 1, hear);
  }

  stop(i: number, how: 'stop' | 'kill'): void {
    const sight = this.system.look().find((each) => each.address === at(i));
    const life = this.lives.get(at(i));
    if (sight?.phase === 'running' && life !== undefined && life.mustHear !== 'nothing') {
      life.mustHear = how === 'kill' ? 'nothing' : this.#hasStopped.has(life) ? undefined : 'stop';
    }
    this.system.stop(at(i), how);
  }

  readonly #hasStopped = new Set<Life>();

  #start(who: Address): readonly [Life, readonly Effect<Talk>[]] | typeof IGNORE {
    const fate = this.below(16);
    if (fate === 0) return IGNORE;
    if (fate === 1) throw new Error('meant');
    const number = ++this.#numbers;
    const [open, watching, unheard] = [new Set<string>(), new Set<Address>(), new Map()];
    const life: Life = { number, who, open, watching, unheard, mustHear: undefined };
    this.lives.set(who, life);
    return [life, this.#draw(life)];
  }

  #receive(life: Life, input: Talk | Signal, moment: Moment): readonly Effect<Talk>[] {
    expect(this.lives.get(life.who), 'only the present life is spoken to').toBe(life);
    if (life.mustHear !== undefined)
      expect(input.kind, 'after a stop from outside').toBe(life.mustHear);
    life.mustHear = undefined;
    this.#account(life, input, moment);
    if (this.below(24) === 0) throw new Error('meant');
    const effects = this.#draw(life);
    if (moment.ticket !== undefined && this.below(4) > 0) {
      effects.unshift(answer(moment.ticket, Done.of({ n: 0 })));
    }
    if (this.below(2) === 0) effects.push(ready);
    if (input.kind === 'stop' && this.below(2) === 0) effects.push(end());
    return effects;
  }

  /** Both ends of each thing meet here. */
  #account(life: Life, input: Talk | Signal, { from }: Moment): void {
    const close = (what: string): void =>
      expect(life.open.delete(what), `${what} was open in life ${life.number}`).toBe(true);
    if ('n' in input) {
      if (input.kind === 'test.tell') this.told++;
      if (from !== undefined) this.#inOrder(from, life.who, input.n);
    } else if (input.kind === 'answered' || input.kind === 'unanswered') close(`ask ${input.id}`);
    else if (input.kind === 'wake') close(`wake ${input.id}`);
    else if (input.kind === 'kept' || input.kind === 'recalled') close(`store ${input.id}`);
    else if (input.kind === 'computed') close(`compute ${input.id}`);
    else if (input.kind === 'ended') {
      expect(life.watching.delete(input.who), 'ended once, and only who is watched').toBe(true);
    } else if (input.kind === 'started' || input.kind === 'unstarted') {
      const left = (life.unheard.get(input.who) ?? 0) - 1;
      expect(left, 'one word for each spawn').toBeGreaterThanOrEqual(0);
      life.unheard.set(input.who, left);
    } else if (input.kind === 'stop') {
      expect(this.#hasStopped.has(life), 'one stop').toBe(false);
      this.#hasStopped.add(life);
    }
  }

  #inOrder(from: Address, to: Address, seq: number): void {
    const pair = `${from} ${to}`;
    expect(seq, 'in the order of the sender').toBeGreaterThan(this.seen.get(pair) ?? 0);
    this.seen.set(pair, seq);
  }

  #next(from: Address, to: Address): number {
    const pair = `${from} ${to}`;
    const seq = (this.#pairs.get(pair) ?? 0) + 1;
    this.#pairs.set(pair, seq);
    return seq;
  }

  #ended(who: Address, how: string, detail: string | undefined): void {
    if (how === 'crashed' && !MEANT.test(detail!)) this.failures.push(`${who}: ${detail}`);
    this.lives.delete(who);
  }

  #draw(life: Life): Effect<Talk>[] {
    const effects: Effect<Talk>[] = [];
    for (let left = this.below(5); left > 0 && this.#effects < EFFECTS_MAX; left--) {
      this.#effects++;
      effects.push(...this.#one(life, at(this.below(NAMES))));
    }
    // Last, so that the ledger knows what was carried out before it.
    const last = this.#effects < EFFECTS_MAX ? this.below(40) : 40;
    if (last === 0) effects.push(wake('never', Number.NaN));
    if (last === 1) effects.push(end());
    if (last === 2) effects.push(stop(life.who, 'kill'));
    if (last === 3) effects.push(stop(life.who, 'drain'));
    if (last === 4) effects.push(stop(at(this.below(NAMES)), 'stop'));
    if (last === 5) effects.push(bury(at(this.below(NAMES))));
    return effects;
  }

  #one(life: Life, who: Address): readonly Effect<Talk>[] {
    const id = `${life.number}.${this.#effects}`;
    const open = (what: string, effect: Effect<Talk>): readonly Effect<Talk>[] => {
      life.open.add(`${what} ${id}`);
      return [effect];
    };
    switch (this.below(13)) {
      case 0:
      case 1:
        this.tells++;
        return [send(who, Tell.of({ n: this.#next(life.who, who) }))];
      case 2:
      case 3: {
        const asked = Ask.of({ n: this.#next(life.who, who) });
        return open('ask', ask(id, who, asked, this.below(WITHIN_MS_MAX)));
      }
      case 4:
        return open('wake', wake(id, this.below(30)));
      case 5: {
        life.open.delete(`wake ${id}`);
        return [wake(id, 5), sleep(id)];
      }
      case 6:
        return open('store', keep(id, put('k', EMPTY)));
      case 7:
        return open('store', recall(id, 'k'));
      case 8:
        return open('compute', compute(id, 'echo', 1));
      case 9:
        life.watching.add(who);
        return [this.below(4) === 0 ? link(who) : watch(who)];
      case 10:
        life.watching.delete(who);
        return [unwatch(who)];
      default: {
        life.unheard.set(who, (life.unheard.get(who) ?? 0) + 1);
        const actor = this.actor(Number(who.split('_')[1]));
        return [this.below(2) === 0 ? spawn(actor) : supervise(actor, 1 + this.below(3))];
      }
    }
  }

  /** Every call that the clock still owes. */
  #countingClock(): Clock {
    const { clock } = this.manual;
    return {
      ...clock,
      after: (inMs, then) => {
        const call = {};
        this.armed.add(call);
        const cancel = clock.after(inMs, () => (this.armed.delete(call), then()));
        return () => (this.armed.delete(call), cancel());
      },
    };
  }

  /** What must hold whenever nobody has a turn. */
  check(): void {
    expect(this.failures).toEqual([]);
    for (const { waiting } of this.system.look()) expect(waiting).toBeLessThanOrEqual(MAILBOX_MAX);
    let wanted = this.system.asksOpen;
    for (const { open } of this.lives.values())
      for (const what of open) if (what.startsWith('wake')) wanted++;
    expect(this.system.timersOpen, 'timers that nobody waits for').toBeLessThanOrEqual(wanted);
  }

  /** Nothing comes any more by itself: whoever lives has heard of everything it waits for. */
  checkAtRest(): void {
    const sights = this.system.look();
    const there = new Set(sights.map((each) => each.address));
    for (const { address: who, phase } of sights) {
      expect(['loading', 'due'], `${who} had its turn`).not.toContain(phase);
      const life = this.lives.get(who);
      if (phase !== 'running' || life === undefined) continue;
      expect([...life.open], 'every ask, timer, keep and job came to its end').toEqual([]);
      for (const [child, left] of life.unheard) {
        const isUnderWay = sights.some(
          (each) => each.address === child && each.parent === who && UNDER_WAY.has(each.phase),
        );
        expect(left, `${who} heard of its spawns of ${child}`).toBe(isUnderWay && left > 0 ? 1 : 0);
      }
      for (const watched of life.watching) expect(there.has(watched), 'ended, and told').toBe(true);
    }
    expect(this.system.asksOpen).toBe(0);
  }

  checkNothingLeft(): void {
    this.check();
    this.isOver = true;
    for (let i = 0; i < NAMES; i++) {
      this.system.stop(at(i), 'kill');
      const sight = this.system.look().find((each) => each.address === at(i));
      if (sight?.phase === 'waiting' && sight.parent === undefined) this.system.bury(at(i));
    }
    this.manual.pass(1_000);
    const left = this.system.look().filter(({ phase }) => phase !== 'waiting');
    for (const { address: who } of this.system.look()) {
      if (left.length === 0) this.system.bury(who);
    }
    expect(this.system.look()).toEqual([]);
    this.check();
    expect(this.system.asksOpen).toBe(0);
    expect(this.armed.size, 'timers').toBe(0);
    expect(this.told + this.dead, 'every message was handled or is a dead letter').toBe(this.tells);
  }
}

const deed = fc.record({
  do: fc.constantFrom('tell', 'tell', 'tell', 'stop', 'kill', 'pass', 'root', 'settle'),
  to: fc.nat(NAMES - 1),
});

it('keeps its word to each, whatever the others do', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.array(deed, { minLength: 5, maxLength: 60 }), (seed, deeds) => {
      const world = new World(seed);
      for (let i = 0; i < 3; i++) world.root(i);
      for (const { do: what, to } of deeds) {
        if (what === 'tell') world.tell(to);
        else if (what === 'pass') world.manual.pass(to * 3);
        else if (what === 'root') world.root(to);
        else if (what === 'settle') world.manual.settle();
        else world.stop(to, what);
        world.check();
      }
      world.manual.pass(2 * WITHIN_MS_MAX);
      world.checkAtRest();
      world.checkNothingLeft();
    }),
    { numRuns: cases(500) },
  );
});
