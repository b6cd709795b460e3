/**
 * The effects that reach the pieces of a node: `stow`, `fetch`, `discard`, `list`, `measure`, `nominate`, `lapse`.
 *
 * Each goes to the store at once, in the order returned, and its answer comes back as a signal to the
 * incarnation that asked; a later one hears nothing of it, and lists what there is. What the store
 * refuses is an outcome. That the disk failed is not: it ends the actor, as for `keep`.
 */
import { assert, unreachable } from '#lib/assert.ts';
import { crashed, type Effect, type Signal } from '#protocols/effect.ts';
import { nodeOf } from '#protocols/subjects.ts';
import type { Cell } from './cell.ts';
import type { Engine } from './engine.ts';
import { isSame, lifeOf, type Lives } from './lives.ts';
import type { PieceDropped, PieceGot, PiecePut, PieceStore } from './ports.ts';
import type { Post } from './post.ts';

export type PieceEffect = Extract<
  Effect,
  { do: 'stow' | 'fetch' | 'discard' | 'list' | 'measure' | 'nominate' | 'lapse' }
>;

/** What an actor hears, or why it does not live to hear it. */
type Heard = Signal | { readonly kind: undefined; readonly error: string };

export class PieceEffects {
  readonly #engine: Engine;
  readonly #post: Post;
  readonly #lives: Lives;

  constructor(engine: Engine, post: Post, lives: Lives) {
    this.#engine = engine;
    this.#post = post;
    this.#lives = lives;
  }

  carryOut(cell: Cell, effect: PieceEffect): void {
    const { pieces } = this.#engine;
    assert(pieces !== undefined, 'an actor that uses pieces has a piece store');
    const life = lifeOf(cell);
    ask(pieces(nodeOf(cell.address)), effect, (heard) => {
      if (!isSame(cell, life)) return;
      if (heard.kind !== undefined) return this.#post.signal(cell, heard);
      this.#lives.end(cell, crashed(`pieces: ${heard.error}`));
    });
  }
}

function ask(store: PieceStore, effect: PieceEffect, tell: (heard: Heard) => void): void {
  if (effect.do === 'lapse') return store.lapse(effect.before);
  const { id } = effect;
  switch (effect.do) {
    case 'stow': {
      const { key, value, expiresAt } = effect;
      return store.put({ key, value, expiresAt }, (outcome) => tell(stowed(id, outcome)));
    }
    case 'fetch': {
      const heard = (got: PieceGot): void => tell(fetched(id, got));
      return effect.isIdle ? store.peek(effect.key, heard) : store.get(effect.key, heard);
    }
    case 'discard':
      return store.drop(effect.key, (outcome) => tell(discarded(id, outcome)));
    case 'list':
      return store.list(effect.after, (found) =>
        tell(found.ok ? { kind: 'listed', id, ...found.value } : failed(found.error)),
      );
    case 'measure':
      return store.tally((found) =>
        tell(found.ok ? { kind: 'measured', id, tally: found.value } : failed(found.error)),
      );
    case 'nominate':
      return store.nominate((found) =>
        tell(found.ok ? { kind: 'nominated', id, pieces: found.value } : failed(found.error)),
      );
    default:
      return unreachable(effect);
  }
}

function stowed(id: string, outcome: PiecePut): Heard {
  if (outcome.ok) return { kind: 'stowed', id, outcome: 'stored' };
  if (outcome.why === 'failed') return failed(outcome.error);
  return { kind: 'stowed', id, outcome: outcome.why };
}

function discarded(id: string, outcome: PieceDropped): Heard {
  if (outcome.ok) return { kind: 'discarded', id, outcome: 'gone' };
  if (outcome.why === 'failed') return failed(outcome.error);
  return { kind: 'discarded', id, outcome: outcome.why };
}

const fetched = (id: string, got: PieceGot): Heard =>
  got.found === 'failed' ? failed(got.error) : { kind: 'fetched', id, ...got };

const failed = (error: string): Heard => ({ kind: undefined, error });
