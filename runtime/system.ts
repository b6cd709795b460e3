/**
 * A system of actors: the engine of one process. It finds the actor for each message, gives each its
 * turns, and carries out what their steps return. All of the world is behind its ports, so the same
 * engine runs in production and in simulation.
 *
 *   carrier -> post -> cell's queue -> loop -> turns -> step -> effects -> carry-out
 *     (other            (cell.ts)             (actor.ts)                   |  |  |
 *      nodes)  <-------------------------- post <--------------------------'  |  '-> store, pool,
 *                                                                            |       timers
 *                              lives (spawn, end, restart), watching <-------'
 *
 * This file puts the parts together and is the door for what is not an actor: roots, tests, tools.
 */
import { unreachable } from '#lib/assert.ts';
import type { Reason, Signal, Spoken, StopHow } from '#protocols/effect.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { address, nodeOf, type Address, type NodeAddress } from '#protocols/subjects.ts';
import type { AnyActor } from './actor.ts';
import { Anyone } from './anyone.ts';
import type { Outcome } from './asks.ts';
import { CarryOut } from './carry-out.ts';
import type { Cell, Phase } from './cell.ts';
import { Engine, type Options, type Ports } from './engine.ts';
import { harmless } from './harmless.ts';
import { Lives } from './lives.ts';
import { Post } from './post.ts';
import type { Tally } from './tally.ts';
import { Turns } from './turns.ts';
import { Watching } from './watching.ts';

/** What can be seen of an actor from outside. */
export interface Sight {
  readonly address: Address;
  readonly parent: Address | undefined;
  readonly phase: Phase;
  readonly incarnation: number;
  readonly waiting: number;
  readonly restarts: number;
  readonly lastReason: Reason | undefined;
}

export class System {
  readonly #engine: Engine;
  readonly #anyone: Anyone;
  readonly #post: Post;
  readonly #watching: Watching;
  readonly #lives: Lives;
  readonly #turns: Turns;
  #lastHost = '' as NodeAddress;

  constructor(ports: Ports, options: Options = {}) {
    const engine = new Engine(ports, options, (cell, max) => this.#turns.batch(cell, max));
    this.#engine = engine;
    this.#anyone = new Anyone(engine.carrier);
    this.#post = new Post(engine, (any) => this.#anyone.next(any));
    this.#watching = new Watching(engine, this.#post);
    this.#lives = new Lives(engine, this.#post, this.#watching, {
      arrived: (cell, node) => this.#arrived(cell, node),
      left: (cell) => this.#anyone.leave(cell),
      carryOut: (cell, effects, cause) => carryOut.all(cell, effects, cause),
    });
    const carryOut = new CarryOut(engine, this.#post, this.#watching, this.#lives);
    this.#turns = new Turns(engine, this.#post, this.#lives, carryOut);
  }

  /**
   * These nodes live here, whoever of them has started by now: what is said to one that has not is a
   * dead letter at once, instead of going out and coming back as if a stranger had said it.
   */
  host(...nodes: readonly NodeAddress[]): void {
    for (const node of nodes) this.#host(node);
  }

  /** Starts an actor from outside any actor. `hear` is told what a parent would be told. */
  spawn(actor: AnyActor, hear?: (signal: Signal) => void): void {
    this.#lives.spawn(actor, { hear });
  }

  /** Starts, or starts again, an actor whose end the caller judges: by this again, or by `bury`. */
  supervise(actor: AnyActor, incarnation: number, hear: (signal: Signal) => void): void {
    this.#lives.spawn(actor, { supervised: true, incarnation, hear });
  }

  bury(who: Address): void {
    const cell = this.#engine.cells.get(who);
    if (cell !== undefined) this.#lives.bury(cell);
  }

  /** False when there is no such actor. */
  stop(who: Address, how: StopHow = 'stop'): boolean {
    const cell = this.#engine.cells.get(who);
    if (cell !== undefined) this.#lives.stop(cell, how);
    return cell !== undefined;
  }

  /** Sends from outside any actor to an actor of this system. */
  send(to: Address, message: Spoken): void {
    const cell = this.#engine.cells.get(to);
    if (cell === undefined) this.#post.deadLetter(to, message, 'no-such-actor');
    else this.#post.deliver(cell, message);
  }

  /** Asks an actor of this system from outside any actor; exactly one outcome is heard. */
  ask(to: Address, message: Spoken, withinMs: number, hear: (outcome: Outcome) => void): void {
    const { asks, cells } = this.#engine;
    const harmlessly = harmless(this.#engine.observer, 'outside', hear);
    const number = asks.open('', withinMs, undefined, harmlessly);
    const cell = cells.get(to);
    if (cell === undefined) return void asks.refuse(number, 'dead');
    // The answer goes by its number; the name only says in which process the asker is.
    const asker = address(nodeOf(to), 'outside');
    this.#post.deliver(cell, message, undefined, this.#post.claim(asker, number, withinMs));
  }

  look(): Sight[] {
    return Array.from(this.#engine.cells.values(), (cell) => ({
      address: cell.address,
      parent: cell.parent?.address,
      phase: cell.phase,
      incarnation: cell.incarnation,
      waiting: cell.queue.counted,
      restarts: cell.belongings?.restarts ?? 0,
      lastReason: cell.belongings?.lastReason,
    }));
  }

  /** The state of an actor, for checkers and tests: look, do not touch. */
  stateOf(who: Address): unknown {
    return this.#engine.cells.get(who)?.state;
  }

  /** What was counted, by role. */
  get tallies(): Iterable<readonly [role: string, tally: Readonly<Tally>]> {
    return this.#engine.tallies.entries();
  }

  /** Asks that wait for their answer. */
  get asksOpen(): number {
    return this.#engine.asks.size;
  }

  /** Timers that wait: those that actors set, and one for each open ask. */
  get timersOpen(): number {
    return this.#engine.timers.waiting;
  }

  /** Lets go of everything at once, without last words. */
  close(): void {
    const { loop, timers, cells, hosts } = this.#engine;
    loop.close();
    timers.close();
    this.#watching.close();
    for (const cell of cells.values()) for (const cancel of cell.belongings?.jobs ?? []) cancel();
    this.#anyone.close();
    for (const leave of hosts.values()) leave();
  }

  #arrived(cell: Cell, node: NodeAddress): void {
    // Most arrive where somebody arrived just before.
    if (node !== this.#lastHost) this.#host(node);
    if (cell.actor.anyone === true) this.#anyone.join(node, cell);
  }

  #host(node: NodeAddress): void {
    const { hosts, carrier } = this.#engine;
    this.#lastHost = node;
    if (hosts.has(node)) return;
    const deliver = (envelope: Envelope): void => this.#receive(envelope);
    const receive = (envelope: Envelope): void => this.#engine.loop.arrive(deliver, envelope);
    hosts.set(node, carrier.host(node, { receive, gone: (peer) => this.#watching.gone(peer) }));
  }

  #receive(envelope: Envelope): void {
    const { to, from } = envelope;
    switch (envelope.form) {
      case 'tell':
      case 'ask':
        return this.#post.receiveMessage(envelope);
      case 'answer':
        return this.#post.receiveAnswer(envelope);
      case 'refusal':
        return this.#post.receiveRefusal(envelope);
      case 'watch':
        return this.#watching.receiveWatch({ watched: to, watcher: from, number: envelope.number });
      case 'unwatch':
        return this.#watching.receiveUnwatch({
          watched: to,
          watcher: from,
          number: envelope.number,
        });
      case 'ended':
        return this.#watching.receiveEnded(to, from, envelope.number);
      default:
        return unreachable(envelope);
    }
  }
}
