/**
 * Carrying out: what each effect of a step does. In the order returned, after the step; all `keep`s of
 * a step are one commit; what follows an `end` is not carried out.
 */
import { assert, unreachable } from '#lib/assert.ts';
import { crashed, type Effect, type Signal, type StopHow, type Write } from '#protocols/effect.ts';
import type { Address } from '#protocols/subjects.ts';
import type { AnyActor } from './actor.ts';
import type { Cell } from './cell.ts';
import type { Delivery } from './delivery.ts';
import type { Engine } from './engine.ts';
import { isSame, keyPrefix, lifeOf, type Lives } from './lives.ts';
import { PieceEffects } from './piece-effects.ts';
import type { Post } from './post.ts';
import type { Watching } from './watching.ts';

type The<Do extends Effect['do']> = Extract<Effect, { do: Do }>;

export class CarryOut {
  readonly #engine: Engine;
  readonly #post: Post;
  readonly #watching: Watching;
  readonly #lives: Lives;
  readonly #pieces: PieceEffects;

  constructor(engine: Engine, post: Post, watching: Watching, lives: Lives) {
    this.#engine = engine;
    this.#post = post;
    this.#watching = watching;
    this.#lives = lives;
    this.#pieces = new PieceEffects(engine, post, lives);
  }

  /** The frequent ones first; the keeps of a step are gathered and committed together. */
  all(cell: Cell, effects: readonly Effect[], { traceparent }: Delivery): void {
    let keeps: The<'keep'>[] | undefined;
    for (const effect of effects) {
      if (effect.do === 'send') this.#post.send(cell, effect, traceparent);
      else if (effect.do === 'answer') this.#post.answer(cell, effect.ticket, effect.message);
      else if (effect.do === 'ask') this.#post.ask(cell, effect, traceparent);
      else if (effect.do === 'keep') (keeps ??= []).push(effect);
      else if (effect.do === 'end') {
        if (keeps !== undefined) this.#keep(cell, keeps);
        return this.#lives.end(cell, effect.reason);
      } else this.#one(cell, effect);
    }
    if (keeps !== undefined) this.#keep(cell, keeps);
  }

  #one(cell: Cell, effect: Exclude<Effect, The<'send' | 'ask' | 'answer' | 'keep' | 'end'>>): void {
    switch (effect.do) {
      case 'wake':
        return this.#wake(cell, effect.id, effect.inMs);
      case 'sleep':
        return this.#sleep(cell, effect.id);
      case 'note':
        return this.#post.note(cell, effect.topic, effect.fact);
      case 'figure':
        return this.#engine.observer.figure?.(cell.address, effect);
      case 'recall':
        return this.#recall(cell, effect);
      case 'stow':
      case 'fetch':
      case 'discard':
      case 'list':
      case 'measure':
      case 'nominate':
      case 'lapse':
        return this.#pieces.carryOut(cell, effect);
      case 'compute':
        return this.#compute(cell, effect);
      case 'turn':
        return this.#turn(cell, effect);
      case 'spawn':
        return this.#spawn(cell, effect);
      case 'stop':
        return this.#stop(cell, effect.who, effect.how);
      case 'bury':
        return this.#bury(cell, effect.who);
      case 'watch':
        return this.#watching.watch(cell, effect.who, effect.isLink);
      case 'unwatch':
        return this.#watching.unwatch(cell, effect.who);
      case 'ready':
        return this.#lives.started(cell);
      default:
        return unreachable(effect);
    }
  }

  #wake(cell: Cell, id: string, inMs: number): void {
    this.#sleep(cell, id);
    const signal: Signal = { kind: 'wake', id };
    const timer = this.#engine.timers.after(inMs, () => this.#post.signal(cell, signal));
    (cell.own().timers ??= new Map()).set(id, { timer, signal });
  }

  #sleep(cell: Cell, id: string): void {
    const timers = cell.belongings?.timers;
    timers?.get(id)?.timer.cancel();
    timers?.delete(id);
  }

  #keep(cell: Cell, keeps: readonly The<'keep'>[]): void {
    const { store } = this.#engine;
    assert(store !== undefined, 'an actor that keeps has a store');
    const life = lifeOf(cell);
    const prefix = keyPrefix(cell.address);
    const writes: Write[] = [];
    for (const { writes: own } of keeps) {
      for (const { key, value } of own) writes.push({ key: prefix + key, value });
    }
    store.commit(writes, (outcome) => {
      if (!isSame(cell, life)) return;
      if (!outcome.ok) return this.#lives.end(cell, crashed(`store: ${outcome.error}`));
      for (const { id } of keeps) this.#post.signal(cell, { kind: 'kept', id });
    });
  }

  #recall(cell: Cell, { id, key }: The<'recall'>): void {
    const { store } = this.#engine;
    assert(store !== undefined, 'an actor that recalls has a store');
    const life = lifeOf(cell);
    store.read(keyPrefix(cell.address) + key, (found) => {
      if (!isSame(cell, life)) return;
      if (!found.ok) return this.#lives.end(cell, crashed(`store: ${found.error}`));
      this.#post.signal(cell, { kind: 'recalled', id, value: found.value });
    });
  }

  #compute(cell: Cell, { id, job, input }: The<'compute'>): void {
    const { pool } = this.#engine;
    assert(pool !== undefined, 'an actor that computes has a pool');
    const jobs = (cell.own().jobs ??= new Set());
    const cancel = pool.run(job, input, (outcome) => {
      jobs.delete(cancel);
      const signal: Signal = outcome.ok
        ? { kind: 'computed', id, output: outcome.output }
        : { kind: 'uncomputed', id, why: outcome.why };
      this.#post.signal(cell, signal);
    });
    jobs.add(cancel);
  }

  #turn(cell: Cell, { id }: The<'turn'>): void {
    const { pool } = this.#engine;
    assert(pool !== undefined, 'an actor that computes has a pool');
    const jobs = (cell.own().jobs ??= new Set());
    const cancel = pool.turn(() => {
      jobs.delete(cancel);
      this.#post.signal(cell, { kind: 'turn', id });
    });
    jobs.add(cancel);
  }

  #spawn(parent: Cell, { actor, supervised, incarnation }: The<'spawn'>): void {
    this.#lives.spawn(actor as AnyActor, { parent, supervised, incarnation });
  }

  #stop(cell: Cell, who: Address, how: StopHow): void {
    const child = this.#mine(cell, who);
    if (child !== undefined) this.#lives.stop(child, how);
  }

  #bury(cell: Cell, who: Address): void {
    const child = this.#mine(cell, who);
    if (child !== undefined) this.#lives.bury(child);
  }

  /**
   * An actor stops and buries only itself and what it spawned. Whoever is not there any more is
   * stopped already: the word of it is on its way to whoever asks.
   */
  #mine(cell: Cell, who: Address): Cell | undefined {
    const child = this.#engine.cells.get(who);
    assert(child === undefined || child === cell || child.parent === cell, `${who} is mine`);
    return child;
  }
}
