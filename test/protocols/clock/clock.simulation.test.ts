/**
 * Clocks of a city in one loop: machines whose oscillators drift and whose time of day is off, jumps and stands still;
 * a network that delays and loses; and less than a third of the stake that says another time to everybody who asks.
 *
 * Watched after every step: the time of an honest delegate never goes back, lies between what honest machines show, and
 * is no further from the others' than they say themselves.
 */
import { describe, expect, it } from 'vitest';
import { ToldTime, type ClockHears, type ClockSays } from '#protocols/clock.messages.ts';
import { begin, step, uncertaintyOf, UNSURE_US, type Clock } from '#protocols/clock/clock.ts';
import { timeOf } from '#protocols/clock/time.ts';
import type { Effect, Moment, Signal, Ticket } from '#protocols/effect.ts';
import { genesisCommittee } from '#protocols/committee.ts';
import { millis } from '#protocols/ids.ts';
import { NO_PROBE } from '#lib/probe.ts';
import type { Self } from '#protocols/self.ts';
import { address, type Address, type NodeAddress } from '#protocols/subjects.ts';
import { committeeOf } from '../dag/drawn.ts';
import { WALL } from '../moments.ts';
import { seeded } from '#test/runtime/manual.ts';

const DRIFT_PPM = 100;
/** What drift, whole milliseconds and slewing may add between two looks. */
const SLACK_MS = 20;

interface Machine {
  readonly node: NodeAddress;
  readonly lies: boolean;
  readonly driftPpm: number;
  readonly born: number;
  offMs: number;
  /** One that jumps is one that lies: it is not watched for where it is, only for going back. */
  isAstray: boolean;
  delayMs: number;
  clock: Clock;
  shown: number;
}

class Clocks {
  readonly machines: Machine[] = [];
  readonly below: (bound: number) => number;
  readonly reached = new Set<string>();
  now = 0;
  #due: { at: number; order: number; run: () => void }[] = [];
  #order = 0;
  lossPercent = 0;

  constructor(seed: number, count: number, faulty: number) {
    this.below = seeded(seed * 101 + 3).below;
    const committee = committeeOf(...Array.from({ length: count }, () => 1n));
    const probe = { ...NO_PROBE, sometimes: (what: string) => void this.reached.add(what) };
    for (const [i, { node }] of committee.members.entries()) {
      const self = { genesis: { delegates: committee.members }, node, probe } as unknown as Self;
      const [clock, effects] = begin(self, genesisCommittee(self.genesis));
      const machine: Machine = {
        node,
        lies: i < faulty,
        driftPpm: this.below(2 * DRIFT_PPM + 1) - DRIFT_PPM,
        born: this.below(1_000),
        offMs: this.below(120) - 60,
        isAstray: false,
        delayMs: 1 + this.below(40),
        clock,
        shown: 0,
      };
      this.machines.push(machine);
      this.#carryOut(machine, effects);
    }
  }

  get honest(): Machine[] {
    return this.machines.filter(({ lies, isAstray }) => !lies && !isAstray);
  }

  passed({ driftPpm }: Machine): number {
    return this.now + (this.now * driftPpm) / 1_000_000;
  }
  monotonic(machine: Machine): number {
    return Math.floor(machine.born + this.passed(machine));
  }
  wall(machine: Machine): number {
    return Math.floor(WALL + machine.offMs + this.passed(machine));
  }
  time(machine: Machine): number {
    const { led } = machine.clock;
    const at = { now: millis(this.monotonic(machine)), wall: millis(this.wall(machine)) };
    return timeOf(
      led === undefined ? undefined : { kind: 'clock.led', ...led, stepsAside: false },
      at,
    );
  }

  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      this.#due.sort((a, b) => a.at - b.at || a.order - b.order);
      if (this.#due.length === 0 || this.#due[0]!.at > until) break;
      const { at, run } = this.#due.shift()!;
      this.now = at;
      run();
    }
    this.now = until;
    this.look();
  }

  look(): void {
    const walls = this.honest.map((each) => this.wall(each));
    for (const machine of this.machines) {
      if (machine.lies || machine.clock.led === undefined) continue;
      const time = this.time(machine);
      expect(time, `${machine.node} goes on`).toBeGreaterThanOrEqual(machine.shown);
      machine.shown = time;
      if (machine.isAstray) continue;
      expect(time).toBeGreaterThanOrEqual(Math.min(...walls) - SLACK_MS);
      expect(time).toBeLessThanOrEqual(Math.max(...walls) + SLACK_MS);
    }
  }

  #after(ms: number, run: () => void): void {
    this.#due.push({ at: this.now + ms, order: this.#order++, run });
  }

  #carryOut(machine: Machine, effects: readonly Effect<ClockSays>[]): void {
    for (const effect of effects) {
      if (effect.do === 'wake')
        this.#after(effect.inMs, () => this.#tell(machine, { kind: 'wake', id: effect.id }));
      if (effect.do === 'ask') this.#ask(machine, effect.id, effect.message, effect.withinMs);
      if (effect.do === 'answer')
        this.#answers.get(effect.ticket.number)?.(this.#bent(machine, effect.message as ToldTime));
    }
  }

  readonly #answers = new Map<number, (said: ToldTime) => void>();

  /** A liar says whatever it likes to whoever asks, each time. */
  #bent({ lies }: Machine, said: ToldTime): ToldTime {
    if (!lies) return said;
    const byMs = [-4_000, -300, -80, 80, 300, 4_000, 8_000_000_000_000_000 - WALL][this.below(7)]!;
    return ToldTime.of({ wallMs: said.wallMs + byMs, uncertaintyUs: 0 });
  }

  #ask(machine: Machine, id: string, message: ClockSays, withinMs: number): void {
    const peer = this.machines.find(({ node }) => node === id)!;
    const number = this.#order++;
    const from = address(machine.node, 'clock');
    const ticket = { asker: from, number } as Ticket;
    let isOver = false;
    const end = (signal: Signal): void => {
      if (isOver) return;
      isOver = true;
      this.#answers.delete(number);
      this.#tell(machine, signal);
    };
    this.#after(withinMs, () => end({ kind: 'unanswered', id, why: 'deadline' }));
    if (this.below(100) < this.lossPercent) return;
    const wayMs = (): number => Math.max(machine.delayMs, peer.delayMs) + this.below(30);
    this.#answers.set(number, (said) =>
      this.#after(wayMs(), () => end({ kind: 'answered', id, message: said })),
    );
    this.#after(wayMs(), () => this.#tell(peer, message as ClockHears, from, ticket));
  }

  #tell(machine: Machine, input: ClockHears | Signal, from?: Address, ticket?: Ticket): void {
    const at = {
      now: millis(this.monotonic(machine)),
      wall: millis(this.wall(machine)),
      entropy: seeded(this.#order),
      from,
      ticket,
    } as Moment;
    const [, effects] = step(machine.clock, input, at);
    this.#carryOut(machine, effects);
  }
}

describe('the clocks of a city', () => {
  it('go on together between honest ones, though others drift, jump, stand still and lie', () => {
    for (let seed = 1; seed <= 8; seed++) {
      const faulty = 1 + (seed % 2);
      const clocks = new Clocks(seed, 3 * faulty + 1, faulty);
      clocks.lossPercent = [0, 20][seed % 2]!;
      for (let i = 0; i < 60; i++) {
        clocks.pass(1_000);
        const liar = clocks.machines[0]!;
        // Of those that may fail one does it in another way: it means well, and its machine does not.
        if (i === 20) Object.assign(liar, { lies: false, isAstray: true, shown: 0 });
        if (i % 7 === 6 && liar.isAstray) liar.offMs += clocks.below(20_000) - 10_000;
      }
      const times = clocks.honest.map((each) => clocks.time(each));
      const apartMs = Math.max(...times) - Math.min(...times);
      for (const each of clocks.honest) {
        const ms = uncertaintyOf(each.clock, clocks.monotonic(each) * 1_000)! / 1_000;
        expect(ms).toBeLessThan(250);
        expect(apartMs).toBeLessThanOrEqual(2 * ms + SLACK_MS);
        expect(each.clock.stepsAside).toBe(false);
      }
    }
  });

  it('have no time as long as more than a third is silent', () => {
    const clocks = new Clocks(3, 4, 0);
    clocks.lossPercent = 100;
    clocks.pass(10_000);
    expect(clocks.machines.map(({ clock }) => clock.led)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('has whoever hears the others late step aside, and nobody where all are late', () => {
    const clocks = new Clocks(5, 4, 0);
    clocks.machines[0]!.delayMs = 600;
    clocks.pass(30_000);
    expect(clocks.machines.map(({ clock }) => clock.stepsAside)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(clocks.reached).toContain('clock: a delegate stepped aside');
    clocks.machines[0]!.delayMs = 5;
    clocks.pass(60_000);
    expect(clocks.machines[0]!.clock.stepsAside).toBe(false);
    for (const each of clocks.machines) each.delayMs = 600;
    clocks.pass(120_000);
    const unsure = clocks.machines.map((each) =>
      uncertaintyOf(each.clock, clocks.monotonic(each) * 1_000)!,
    );
    expect(Math.min(...unsure)).toBeGreaterThan(250_000);
    expect(clocks.machines.some(({ clock }) => clock.stepsAside)).toBe(false);
  });

  it('follow at once where most machines are set forward, and stand still where they are set back', () => {
    const clocks = new Clocks(7, 4, 0);
    clocks.pass(10_000);
    for (const each of clocks.machines) each.offMs += 3_000;
    clocks.pass(60_000);
    for (const each of clocks.machines) each.offMs -= 5_000;
    // Nothing goes back, as ever: it stands until it is as late as they show.
    for (const each of clocks.machines) each.isAstray = true;
    for (let ms = 0; ms < 60_000; ms += 200) clocks.pass(200);
    for (const each of clocks.machines) {
      const apartMs = clocks.time(each) - clocks.wall(each);
      expect(Math.abs(apartMs)).toBeLessThan(UNSURE_US / 1_000 + SLACK_MS);
    }
  });
});
