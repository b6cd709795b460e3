/**
 * Watches that cross ends on the way, between two nodes over links on a wire that delays, loses and
 * repeats, while the watched come and go and nodes die and come back.
 *
 * Method: watchers on node a watch, change their mind and watch again; names on node b end and begin
 * anew. A ledger has when each watch was asked for and since when each name is there, and knows two
 * things: nobody hears the end of a name that was there all the time since the watch, and nobody waits at
 * rest for a name that is not there, or ended since its watch had arrived.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogue, count, message, type Infer } from '#protocols/codec.ts';
import { NOTHING, unwatch, watch, type Signal } from '#protocols/effect.ts';
import { address, nodeAddress, place, type Address } from '#protocols/subjects.ts';
import { anyActor } from '#runtime/actor.ts';
import { Links } from '#runtime/links/links.ts';
import { System } from '#runtime/system.ts';
import { cases } from '#test/cases.ts';
import { FaultyNet, NO_FAULTS, type Faults, type FaultyWire } from './faulty-net.ts';
import { Manual, seeded } from './manual.ts';

const Watch = message('test.watch', { whom: count(9) });
const Unwatch = message('test.unwatch', { whom: count(9) });
const TALK = catalogue(Watch, Unwatch);
type Talk = Infer<typeof TALK>;

const komatsu = place('asia.ishikawa.komatsu');
const [A, B] = [nodeAddress(komatsu, 'a'), nodeAddress(komatsu, 'b')];
const NAMES = 2;
/** Longer than anything takes: lost frames are mended, silent nodes are gone. */
const REST_MS = 20_000;

interface Process {
  readonly system: System;
  readonly wire: FaultyWire;
}

/** A watch that was asked for and has not been told. */
interface Open {
  readonly since: number;
  /** The last rest since then: it had arrived by that. */
  settledAt: number;
}

class World {
  readonly manual = new Manual();
  readonly net: FaultyNet;
  readonly wrong: string[] = [];
  /** Whoever is silent for long is taken for gone, and so are its names, while they are there. */
  mayBeSilent = false;
  ends = 0;
  #moment = 0;
  #lives = 0;
  #a: Process;
  #b: Process;
  readonly #open = new Map<string, Open>();
  /** Since when each name is there; absent: it is not. */
  readonly #there = new Map<Address, number>();

  constructor(seed: number, faults: Faults) {
    this.net = new FaultyNet(this.manual, seeded(seed));
    this.net.faults = faults;
    this.#a = this.#start();
    this.#b = this.#start();
    this.#b.system.host(B);
    for (let i = 0; i < NAMES; i++) this.#spawnWatcher(i);
  }

  say(i: number, kind: 'watch' | 'unwatch', whom: number): void {
    this.#a.system.send(watcher(i), (kind === 'watch' ? Watch : Unwatch).of({ whom }));
    this.manual.settle();
  }

  begin(i: number): void {
    if (this.#there.has(watched(i))) return;
    this.#b.system.spawn(
      anyActor<null, Talk, Talk>({
        address: watched(i),
        listens: TALK,
        start: () => [null, NOTHING],
        receive: () => [null, NOTHING],
      }),
    );
    this.manual.settle();
    this.#there.set(watched(i), ++this.#moment);
  }

  end(i: number): void {
    this.#b.system.stop(watched(i), 'kill');
    this.manual.settle();
    this.#there.delete(watched(i));
    this.#moment++;
  }

  /** A process dies and starts anew: with the watchers, or without any name. */
  die(which: 'a' | 'b'): void {
    const dead = which === 'a' ? this.#a : this.#b;
    dead.wire.die();
    dead.system.close();
    this.#moment++;
    if (which === 'a') {
      this.#open.clear();
      this.#a = this.#start();
      for (let i = 0; i < NAMES; i++) this.#spawnWatcher(i);
    } else {
      this.#there.clear();
      this.#b = this.#start();
      this.#b.system.host(B);
    }
  }

  /** Who cannot hear, or nobody can, for longer than anybody is waited for. */
  beUnheard(how: 'silence' | 'deaf a' | 'deaf b', meanwhile: () => void): void {
    const { faults, deaf } = this.net;
    if (how === 'silence') this.net.faults = { ...NO_FAULTS, loss: 100 };
    else deaf.add(how === 'deaf a' ? this.#a.wire : this.#b.wire);
    this.manual.pass(6_000);
    meanwhile();
    this.net.faults = faults;
    deaf.clear();
  }

  /** All is well for long enough: then everybody knows. */
  rest(): void {
    const { faults } = this.net;
    this.net.faults = NO_FAULTS;
    this.manual.pass(REST_MS);
    this.net.faults = faults;
    for (const [pair, open] of this.#open) {
      const since = this.#there.get(pair.split(' ')[1] as Address);
      if (since === undefined) this.wrong.push(`${pair} waits for nobody`);
      else if (since > open.settledAt) this.wrong.push(`${pair} missed an end`);
      open.settledAt = this.#moment;
    }
  }

  #start(): Process {
    const { clock, scheduler } = this.manual;
    const wire = this.net.join();
    const life = ++this.#lives * 2 ** 20;
    const carrier = new Links({ wire, clock, turnEnd: scheduler }, { life });
    const system = new System({ clock, scheduler, carrier, entropy: seeded(life) });
    return { system, wire };
  }

  #spawnWatcher(i: number): void {
    const who = watcher(i);
    this.#a.system.spawn(
      anyActor<null, Talk, Talk>({
        address: who,
        listens: TALK,
        start: () => [null, NOTHING],
        receive: (_, input) => {
          if (!('whom' in input)) return this.#hear(who, input);
          const whom = watched(input.whom);
          const pair = `${who} ${whom}`;
          if (input.kind === 'test.unwatch') {
            this.#open.delete(pair);
            return [null, [unwatch(whom)]];
          }
          if (!this.#open.has(pair))
            this.#open.set(pair, { since: ++this.#moment, settledAt: Infinity });
          return [null, [watch(whom)]];
        },
      }),
    );
    this.manual.settle();
  }

  #hear(who: Address, input: Signal): [null, []] {
    if (input.kind !== 'ended') return [null, []];
    this.ends++;
    const pair = `${who} ${input.who}`;
    const open = this.#open.get(pair);
    const since = this.#there.get(input.who);
    if (open === undefined) this.wrong.push(`${pair}: nobody asked`);
    else if (since !== undefined && since < open.since && !this.mayBeSilent)
      this.wrong.push(`${pair}: it was there all the time`);
    this.#open.delete(pair);
    return [null, []];
  }
}

const watcher = (i: number): Address => address(A, 'w', i);
const watched = (i: number): Address => address(B, 'y', i);

const deed = fc.record({
  do: fc.constantFrom('watch', 'watch', 'unwatch', 'again', 'begin', 'end', 'anew', 'pass'),
  who: fc.nat(NAMES - 1),
  whom: fc.nat(NAMES - 1),
});
const deeds = fc.array(deed, { minLength: 10, maxLength: 60 });

function play(world: World, all: readonly { do: string; who: number; whom: number }[]): void {
  for (const { do: what, who, whom } of all) {
    if (what === 'unwatch' || what === 'again') world.say(who, 'unwatch', whom);
    if (what === 'watch' || what === 'again') world.say(who, 'watch', whom);
    if (what === 'end' || what === 'anew') world.end(whom);
    if (what === 'begin' || what === 'anew') world.begin(whom);
    if (what === 'pass') world.manual.pass(1 + who * 15);
  }
}

describe('a watch on another node', () => {
  it.each([
    ['late', { loss: 0, repeat: 0, delayMsMax: 30 }],
    ['late, lost and twice', { loss: 20, repeat: 20, delayMsMax: 30 }],
  ] as const)('is told its own end, and told it once, where much comes %s', (_, faults) => {
    let ends = 0;
    fc.assert(
      fc.property(
        fc.nat(2 ** 31),
        fc.array(deeds, { minLength: 1, maxLength: 3 }),
        (seed, parts) => {
          const world = new World(seed, faults);
          for (const part of parts) {
            play(world, part);
            world.rest();
          }
          expect(world.wrong).toEqual([]);
          ends += world.ends;
        },
      ),
      { numRuns: cases(100) },
    );
    expect(ends).toBeGreaterThan(cases(100));
  });

  it('is told of its end whichever process dies, and whoever cannot hear the other', () => {
    const part = fc.tuple(deeds, fc.constantFrom('a', 'b', 'silence', 'deaf a', 'deaf b'));
    fc.assert(
      fc.property(
        fc.nat(2 ** 31),
        fc.array(part, { minLength: 1, maxLength: 3 }),
        (seed, parts) => {
          const world = new World(seed, { loss: 0, repeat: 0, delayMsMax: 30 });
          world.mayBeSilent = true;
          for (const [done, event] of parts) {
            play(world, done);
            if (event === 'a' || event === 'b') world.die(event);
            else world.beUnheard(event, () => play(world, done.slice(0, 9)));
            world.rest();
          }
          expect(world.wrong).toEqual([]);
        },
      ),
      { numRuns: cases(100) },
    );
  });
});
