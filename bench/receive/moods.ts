/** Holders that are dead or lie while a read lasts, drawn anew for each: nobody can learn who is. */
import type { Effect, Spoken } from '#protocols/effect.ts';
import { GavePieces } from '#protocols/holder.messages.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import type { Random } from '#simulations/random.ts';

type Mood = 'dead' | 'lying';

export class MoodSwings {
  readonly #moods = new Map<NodeAddress, Mood>();

  /** So many of a thousand of these are dead, so many lie. */
  draw(random: Random, nodes: readonly NodeAddress[], dead: number, lying: number): void {
    this.#moods.clear();
    const who = random.shuffled(nodes);
    const count = (permille: number): number => Math.round((nodes.length * permille) / 1_000);
    for (const node of who.slice(0, count(dead))) this.#moods.set(node, 'dead');
    for (const node of who.slice(count(dead), count(dead + lying))) this.#moods.set(node, 'lying');
  }

  readonly of = (honest: AnyActor, node: NodeAddress): AnyActor => {
    const inner = honest as unknown as Actor<unknown, Spoken, Spoken>;
    return anyActor<unknown, Spoken, Spoken>({
      ...inner,
      receive: (state, input, at) => {
        const [next, effects] = inner.receive(state, input, at);
        return [next, effects.flatMap((effect) => this.#spoilt(node, effect))];
      },
    });
  };

  #spoilt(node: NodeAddress, effect: Effect<Spoken>): readonly Effect<Spoken>[] {
    const mood = this.#moods.get(node);
    if (mood === undefined || effect.do !== 'answer') return [effect];
    if (mood === 'dead' || effect.message.kind !== GavePieces.kind) return [];
    const gave = effect.message as GavePieces;
    const pieces = gave.pieces.map((shown) => ({ ...shown, piece: shown.piece.map((b) => b ^ 1) }));
    return [{ ...effect, message: GavePieces.of({ ...gave, pieces }) }];
  }
}
