/** The clock of a delegate that says another time to whoever asks, each time; and is sure of it. */
import { clock } from '#actors/clock.ts';
import { ToldTime } from '#protocols/clock.messages.ts';
import type { Effect, Spoken } from '#protocols/effect.ts';
import type { Self } from '#protocols/self.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import type { Random } from '../random.ts';

const LIE_MS_MAX = 20_000;

export function lyingClock(self: Self, random: Random): AnyActor {
  const honest = clock(self) as unknown as Actor<unknown, Spoken, Spoken>;
  const bent = (effect: Effect): Effect => {
    if (effect.do !== 'answer') return effect;
    const { wallMs } = effect.message as ToldTime;
    const byMs = random.below(2 * LIE_MS_MAX) - LIE_MS_MAX;
    const message = ToldTime.of({ wallMs: Math.max(0, wallMs + byMs), uncertaintyUs: 0 });
    return { ...effect, message };
  };
  return anyActor({
    ...honest,
    receive: (state, input, at) => {
      const [next, effects] = honest.receive(state, input, at);
      return [next, effects.map(bent)];
    },
  } satisfies Actor<unknown, Spoken, Spoken>);
}
