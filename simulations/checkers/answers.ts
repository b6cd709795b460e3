/**
 * An answer is for the life that asked. Asks are counted anew in each life of a process, and what its
 * peers answered to the one before may still be under way: whatever arrives with a number must be the
 * answer to an ask of this life.
 *
 * Followed from outside: which life sent an ask, in which life of the other it was taken up, and which
 * answer left for it. Whoever asks anyone of a role is followed too.
 */
import type { Envelope } from '#protocols/envelope.ts';
import type { Life } from '../machine.ts';
import type { Checker, World } from '../world.ts';
import type { Prints } from './print.ts';

export function answersChecker(world: World, prints: Prints): Checker {
  const printOf = (envelope: Envelope): number => prints.numbered(envelope);
  /** Whose ask it was, by what it said; then by where it was taken up; then by what was answered. */
  const asked = new Map<number, string>();
  const taken = new Map<string, string>();
  const answered = new Map<number, string>();
  return {
    sent: (envelope, life) => {
      if (envelope.form === 'ask') asked.set(printOf(envelope), nameOf(life));
      if (envelope.form !== 'answer') return;
      const asker = taken.get(placeOf(life, envelope.to, envelope.number));
      if (asker !== undefined) answered.set(printOf(envelope), asker);
    },
    received: (envelope, life) => {
      if (envelope.form === 'ask') {
        const asker = asked.get(printOf(envelope));
        if (asker !== undefined) taken.set(placeOf(life, envelope.from, envelope.number), asker);
      }
      if (envelope.form !== 'answer' || envelope.number === 0) return;
      const asker = answered.get(printOf(envelope)) ?? nameOf(life);
      world.claim(
        asker === nameOf(life),
        () => `${envelope.kind} by ${envelope.from} is for the life that asked, ${asker}`,
      );
    },
  };
}

const nameOf = ({ machine, number }: Life): string => `${machine.name} ${number}`;

const placeOf = (life: Life, asker: string, number: number): string =>
  `${nameOf(life)} ${asker} ${number}`;
