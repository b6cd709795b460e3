/**
 * A world: machines, the network between them, and time. Everything in it follows from the seed.
 *
 * The world looks for the bugs that need no scenario to be bugs: a broken invariant in an actor, an
 * exception that nobody catches, malformed bytes among honest nodes. Checkers look for the others;
 * they see what actors do from outside, and the disks. The first broken claim ends the run.
 */
import { InvariantViolation } from '#lib/assert.ts';
import { text } from '#lib/bytes.ts';
import type { Probe } from '#lib/probe.ts';
import type { Json } from '#protocols/effect.ts';
import type { Envelope } from '#protocols/envelope.ts';
import type { Measured } from '#protocols/figures.ts';
import { nodeOf, type Address, type NodeAddress } from '#protocols/subjects.ts';
import type { Carrier } from '#runtime/carrier.ts';
import type { Observer } from '#runtime/ports.ts';
import { describe } from './describe.ts';
import { Disturbance } from './disturbance.ts';
import { fingerprint } from './fingerprint.ts';
import { Network } from './network/network.ts';
import { Parcel } from './network/parcel.ts';
import type { Plant } from './plants.ts';
import { Machine, type Life, type MachineOptions } from './machine.ts';
import { Random } from './random.ts';
import { Timeline, type Due } from './timeline.ts';
import { Trace, type TraceOptions } from './trace.ts';

const MS = 1_000;

/** A claim that did not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Watches from outside. Every method is optional, and none may touch what it sees. */
export interface Checker {
  readonly sent?: (envelope: Envelope, life: Life, isReliable: boolean) => void;
  readonly received?: (envelope: Envelope, life: Life) => void;
  /** A process takes a node for gone. */
  readonly gone?: (peer: NodeAddress, life: Life) => void;
  readonly noted?: (subject: string, fact: Json) => void;
  /** An actor said a number. */
  readonly figured?: (who: Address, measured: Measured) => void;
  /** An actor is about to handle something. */
  readonly handled?: (who: Address, kind: string) => void;
  /** Something else than before is about to happen: whatever was being handled is done. */
  readonly happens?: () => void;
  readonly spawned?: (who: Address, incarnation: number, life: Life) => void;
  readonly ended?: (
    who: Address,
    incarnation: number,
    how: string,
    detail: string | undefined,
    life: Life,
  ) => void;
  /** Looks at everything, every now and then. */
  readonly look?: () => void;
}

export interface WorldOptions extends TraceOptions {
  readonly seed: number;
  readonly plant?: Plant | undefined;
}

export class World {
  readonly random: Random;
  readonly plant: Plant | undefined;
  readonly timeline: Timeline;
  readonly network: Network;
  readonly trace: Trace;
  readonly disturbance: Disturbance;
  /** For measuring what actors cost: nothing looks at their states but themselves. */
  readonly isBare: boolean;
  readonly machines: Machine[] = [];
  readonly checkers: Checker[] = [];
  /** Nodes of whom anything may come: what they say may be malformed, and what they make of answers. */
  readonly hostile = new Set<NodeAddress>();
  /** Inputs that actors have handled: messages, timers, completed keeps and their like. */
  events = 0;
  #violation: Violation | undefined;

  constructor({ seed, plant, ...tracing }: WorldOptions) {
    this.random = Random.of(seed);
    this.plant = plant;
    this.isBare = tracing.isBare === true;
    this.trace = new Trace(tracing, describe, () => this.#states());
    this.timeline = new Timeline((due) => this.#happens(due));
    this.network = new Network(this.timeline, this.random.fork('network'));
    this.disturbance = new Disturbance(this.random.fork('disturbance'));
  }

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.timeline.now / MS;
  }

  get probe(): Probe {
    return this.disturbance.probe;
  }

  /** A machine, not yet switched on. */
  machine(options: MachineOptions): Machine {
    const machine = new Machine(this, options);
    this.machines.push(machine);
    return machine;
  }

  // --- time ------------------------------------------------------------------------------------------

  /** Lets `ms` pass. */
  pass(ms: number): void {
    const until = this.timeline.now + Math.round(ms * MS);
    for (;;) {
      const { next } = this.timeline;
      if (next === undefined || next > until) break;
      this.timeline.step();
      if (this.#violation !== undefined) throw this.#violation;
    }
    this.timeline.now = until;
  }

  /** Lets time pass, in steps of `everyMs`, until something is so; false when it takes too long. */
  passUntil(isSo: () => boolean, withinMs: number, everyMs: number): boolean {
    for (let passed = 0; !isSo(); passed += everyMs) {
      if (passed >= withinMs) return false;
      this.pass(everyMs);
      this.look();
    }
    return true;
  }

  /** Does something at a moment to come, as the world itself. */
  later(inMs: number, run: () => void): void {
    this.timeline.after(Math.round(inMs * MS), 'world', run);
  }

  // --- claims ----------------------------------------------------------------------------------------

  /** The run is over with this claim, at the latest after what is happening now. */
  violate(claim: string): void {
    this.#violation ??= new Violation(claim);
  }

  claim(isSo: boolean, claim: () => string): void {
    if (!isSo) this.violate(claim());
  }

  /** Every checker looks. */
  look(): void {
    for (const { look } of this.checkers) look?.();
    if (this.#violation !== undefined) throw this.#violation;
  }

  /** A line of the transcript. */
  tell(node: string, what: string, about = ''): void {
    this.trace.add(this.timeline.now, node, what, '', about);
  }

  // --- what machines are given ----------------------------------------------------------------------

  observerOf(machine: Machine): Observer {
    const { trace, timeline, checkers } = this;
    return {
      spawned: (who, incarnation) => {
        trace.add(timeline.now, who, 'started', '', String(incarnation));
        for (const { spawned } of checkers) spawned?.(who, incarnation, machine.life!);
      },
      ended: (who, incarnation, how, detail = '') => {
        trace.add(timeline.now, who, 'ended', '', `${incarnation} ${how} ${detail}`);
        this.claim(!isOurBug(detail), () => `${who}: ${detail}`);
        for (const { ended } of checkers) ended?.(who, incarnation, how, detail, machine.life!);
      },
      handled: (who, kind) => {
        this.events++;
        trace.add(timeline.now, who, kind, '');
        for (const { handled } of checkers) handled?.(who, kind);
      },
      deadLetter: (to, { kind }, why) => {
        trace.add(timeline.now, to, 'dead-letter', '', `${kind} ${why}`);
        this.probe.sometimes(`dead-letter: ${why}`);
      },
      malformed: (from, why) => {
        if (this.hostile.has(nodeOf(from as Address)))
          this.probe.sometimes('rogue: was not understood');
        else this.violate(`${machine.name} cannot read what ${from} says: ${why}`);
      },
      link: (peer, what, count) => {
        trace.add(timeline.now, machine.name, what, peer, String(count));
        this.probe.sometimes(`link: ${what}`);
      },
      figure: (who, measured) => {
        for (const { figured } of checkers) figured?.(who, measured);
      },
      wire: (state, detail) => this.tell(machine.name, `wire ${state}`, detail),
      dropped: (subject, why) => this.tell(machine.name, 'dropped', `${subject} ${why}`),
      fault: (where, error) => this.violate(`${machine.name}, ${where}: ${String(error)}`),
    };
  }

  /** A carrier that the checkers look into. */
  tapped(machine: Machine, carrier: Carrier): Carrier {
    const { checkers } = this;
    return {
      serve: (node, at, role) => carrier.serve(node, at, role),
      track: (from, peer) => carrier.track(from, peer),
      host: (node, receiver) =>
        carrier.host(node, {
          receive: (envelope) => {
            for (const { received } of checkers) received?.(envelope, machine.life!);
            receiver.receive(envelope);
          },
          gone: (peer) => {
            for (const { gone } of checkers) gone?.(peer, machine.life!);
            receiver.gone(peer);
          },
        }),
      send: (envelope, isReliable) => {
        // What a rogue says is watched where it has an effect.
        if (!this.hostile.has(nodeOf(envelope.from)))
          for (const { sent } of checkers) sent?.(envelope, machine.life!, isReliable ?? false);
        carrier.send(envelope, isReliable);
      },
      note: (subject, bytes) => {
        const { fact } = JSON.parse(text(bytes)) as { readonly fact: Json };
        for (const { noted } of checkers) noted?.(subject, fact);
        carrier.note(subject, bytes);
      },
    };
  }

  // --- inside ----------------------------------------------------------------------------------------

  #happens({ at, kind, owner, from, about }: Due): void {
    for (const { happens } of this.checkers) happens?.();
    const node = owner?.name ?? 'world';
    if (about instanceof Parcel) {
      this.trace.add(at, node, kind, from, about, about.hash);
    } else this.trace.add(at, node, kind, from, about);
  }

  #states(): number {
    let hash = 0;
    for (const { life } of this.machines) {
      if (life === undefined) continue;
      for (const { address, phase, incarnation, waiting } of life.system.look()) {
        const state = life.system.stateOf(address);
        hash = fingerprint([hash, address, phase, incarnation, waiting, state]);
      }
    }
    return hash;
  }
}

/** What only a mistake in our own code can bring about. */
const isOurBug = (detail: string): boolean =>
  detail.startsWith(new InvariantViolation('').name) ||
  /^(?:Type|Range|Reference|Syntax)Error\b/.test(detail);
