/** Fault sets: who is chosen around the dead, and who takes over. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultSet, toppedUp } from '#algorithms/rendezvous/faultset.ts';
import { nodes, ranking } from './arbitraries.ts';

describe('fault sets, for any ranking and dead', () => {
  it('are the first of the living, and the next', () =>
    fc.assert(
      fc.property(ranking(), nodes(), fc.nat(12), fc.nat(5), (ranking, dead, count, faults) => {
        const living = ranking.filter((node) => !dead.has(node));
        const set = faultSet(ranking, dead, count, faults);
        expect(set.chosen).toEqual(living.slice(0, count));
        expect(set.spares).toEqual(living.slice(count, count + faults));
        expect(set.passedOver.every((node) => dead.has(node))).toBe(true);
      }),
    ));
  it('survive as many deaths as they have spares, as if chosen anew', () =>
    fc.assert(
      fc.property(
        ranking(),
        nodes(),
        fc.nat(8),
        fc.nat(5),
        nodes(),
        (all, dead, count, f, more) => {
          const set = faultSet(all, dead, count, f);
          const named = [...set.chosen, ...set.spares];
          const killed = new Set(
            named.filter((node) => more.has(node)).slice(0, set.spares.length),
          );
          const anew = faultSet(all, new Set([...dead, ...killed]), count, 0);
          expect(toppedUp(set, killed)).toEqual(anew.chosen.slice(0, set.chosen.length));
          expect(toppedUp(set, killed).length).toBe(set.chosen.length);
        },
      ),
    ));
  it('keep whoever lives', () =>
    fc.assert(
      fc.property(ranking(), nodes(), nodes(), fc.nat(8), (ranking, dead, more, count) => {
        const before = faultSet(ranking, dead, count, 0).chosen.filter((node) => !more.has(node));
        const after = faultSet(ranking, new Set([...dead, ...more]), count, 0).chosen;
        expect(before.every((node) => after.includes(node))).toBe(true);
      }),
    ));
});
