/**
 * A twin: two copies of an honest actor of a delegate, its city or its part in a level, with one key, one node and one ledger. Each hears only some of the
 * other delegates, and speaks to those alone; so together they say two things in one round without anybody having
 * written an attacker (Bano and others, "Twins: BFT systems made robust", 2020).
 *
 *   peers of side a <--> copy a --.
 *   peers of side b <--> copy b --'--> one ledger: what it says both hear
 *
 * What the copies keep, wake and ask for has the side before its name, or after what it begins with where an actor is given
 * back no more than that (`keeps: 'live/'`).
 */
import type { Effect, Moment, Signal, Spoken, Step } from '#protocols/effect.ts';
import { nodeOf, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

const SIDES = ['a', 'b'] as const;
type Side = (typeof SIDES)[number];
type Sides = Record<Side, unknown>;
type Copy = Actor<unknown, Spoken, Spoken>;

export interface Manners {
  /** Who hears what nobody of the network says. */
  readonly outside: () => readonly Side[];
  /** Both speak to everybody, and hear each its own side. */
  readonly isLoud: boolean;
}

/** `sideOf`: whom each of the others talks with, now. */
export function twin(
  copyOf: () => AnyActor,
  sideOf: (peer: NodeAddress) => Side,
  { outside, isLoud }: Manners = { outside: () => SIDES, isLoud: false },
): AnyActor {
  const copies = { a: copyOf() as unknown as Copy, b: copyOf() as unknown as Copy };
  const own = nodeOf(copies.a.address);
  const { keeps } = copies.a;
  const start = typeof keeps === 'string' ? keeps : '';
  const marked = (side: Side, effects: readonly Effect[]): Effect[] =>
    effects.flatMap((effect) => {
      const isSaid = effect.do === 'send' || effect.do === 'ask';
      if (isSaid && !isLoud && !isFor(side, nodeOf(effect.to))) return [];
      return [markedOne(side, effect, start)];
    });
  const isFor = (side: Side, peer: NodeAddress): boolean => peer === own || sideOf(peer) === side;
  const actor: Copy = {
    ...copies.a,
    start: (at, kept) => {
      const state: Partial<Sides> = {};
      const effects = SIDES.flatMap((side) => {
        const theirs = [...kept].filter(([key]) => key.startsWith(start + side));
        const under = new Map(
          theirs.map(([key, value]) => [start + key.slice(start.length + 1), value]),
        );
        const [begun, wants] = copies[side].start(at, under) as Step<unknown>;
        state[side] = begun;
        return marked(side, wants);
      });
      return [state, effects];
    },
    receive: (state, input, at) => {
      const effects = heardBy(input, at).flatMap((side) => {
        const theirs = hasId(input) ? { ...input, id: input.id.slice(1) } : input;
        const [next, wants] = copies[side].receive((state as Sides)[side], theirs as never, at);
        (state as Sides)[side] = next;
        return marked(side, wants);
      });
      return [state, effects];
    },
    invariants: () => undefined,
  };
  const heardBy = (input: Spoken | Signal, { from }: Moment): readonly Side[] => {
    if (hasId(input)) return [input.id[0] as Side];
    if (from === undefined) return outside();
    return SIDES.filter((side) => isFor(side, nodeOf(from)));
  };
  return anyActor(actor);
}

const hasId = (input: Spoken | Signal): input is Signal & { readonly id: string } =>
  !input.kind.includes('.') && 'id' in input;

function markedOne(side: Side, effect: Effect, start: string): Effect {
  const marked = (key: string): string =>
    key.startsWith(start) ? start + side + key.slice(start.length) : side + key;
  if (effect.do === 'keep') {
    const writes = effect.writes.map(({ key, value }) => ({ key: marked(key), value }));
    return { ...effect, id: side + effect.id, writes };
  }
  if (effect.do === 'recall') return { ...effect, id: side + effect.id, key: marked(effect.key) };
  return 'id' in effect ? { ...effect, id: side + effect.id } : effect;
}
