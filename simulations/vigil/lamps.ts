/**
 * Lamps burn for a while and go out, and a lighter lights them again: names that end and begin anew, at
 * once or after a while. A lamp has nobody to restart it, so each end is one that watchers are told.
 */
import { end, NOTHING, spawn, wake, type Effect } from '#protocols/effect.ts';
import type { Infer } from '#protocols/codec.ts';
import { nameOf, type Address, type NodeAddress } from '#protocols/subjects.ts';
import { anyActor, type AnyActor } from '#runtime/actor.ts';
import { LAMP_HEARS, lampOf, lighterOf } from './words.ts';

type Heard = Infer<typeof LAMP_HEARS>;

export interface Lamps {
  readonly node: NodeAddress;
  readonly count: number;
  readonly burnsMsMax: number;
  /** 0: it is lit again within the step that hears of its end. */
  readonly darkMsMax: number;
}

interface Lighting {
  readonly rests: boolean;
}

function lamp(who: Address, { burnsMsMax }: Lamps): AnyActor {
  return anyActor<null, Heard, never>({
    address: who,
    listens: LAMP_HEARS,
    start: ({ entropy }) => [null, [wake('out', 1 + entropy.below(burnsMsMax))]],
    receive: (_, input) => [null, input.kind === 'wake' ? [end()] : NOTHING],
  });
}

export function lighter(lamps: Lamps): AnyActor {
  const { node, count, darkMsMax } = lamps;
  const light = (who: Address): Effect<never> => spawn(lamp(who, lamps));
  const all = Array.from({ length: count }, (_, i) => lampOf(node, i));
  return anyActor<Lighting, Heard, never>({
    address: lighterOf(node),
    listens: LAMP_HEARS,
    start: () => [{ rests: false }, all.map(light)],
    receive: (state, input, { entropy }) => {
      if (input.kind === 'vigil.rest') return [{ rests: true }, NOTHING];
      if (state.rests) return [state, NOTHING];
      if (input.kind === 'wake')
        return [state, [light(all.find((who) => nameOf(who) === input.id)!)]];
      if (input.kind !== 'child-ended') return [state, NOTHING];
      const darkMs = entropy.below(darkMsMax + 1);
      return [state, [darkMs === 0 ? light(input.who) : wake(nameOf(input.who), darkMs)]];
    },
  });
}
