/** Who counts as up while processes are killed, frozen and cut off. */
import { expect, it } from 'vitest';
import { Ups } from '#cli/chaos/ups.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';

const NODE = nodeAddress(place('asia.ishikawa.komatsu'), 'l01');
const seen = (pid: number | null, bus: number | null = 7) => ({
  processes: [{ id: 'p1', pid, incarnation: 1 }],
  bus: { kind: 'nats-server', pid: bus },
});

function upsWith(pid: number | null): Ups {
  const ups = new Ups(() => 'p1');
  ups.saw(seen(pid));
  return ups;
}

it('knows nobody before it has looked', () => {
  const ups = new Ups(() => 'p1');
  expect([ups.isUp(NODE), ups.areAllUp]).toEqual([false, false]);
});

it('does not believe in a number that was killed, and believes in the next one', () => {
  const ups = upsWith(41);
  ups.gone('p1', 41);
  expect(ups.isUp(NODE)).toBe(false);
  ups.saw(seen(null));
  expect(ups.areAllUp).toBe(false);
  ups.saw(seen(42));
  expect([ups.isUp(NODE), ups.areAllUp]).toEqual([true, true]);
});

it('has whoever is frozen or cut off away, until that is over', () => {
  const ups = upsWith(41);
  ups.gone('p1', 41);
  ups.thawed('p1');
  expect(ups.isUp(NODE)).toBe(true);
  ups.cut('p1');
  expect(ups.isUp(NODE)).toBe(false);
  ups.mended('p1');
  expect(ups.isUp(NODE)).toBe(true);
});

it('has the bus down until another one runs, where it is one of the cluster', () => {
  const ups = upsWith(41);
  ups.gone('bus', 7);
  expect(ups.isBusUp).toBe(false);
  ups.saw(seen(41, 8));
  expect(ups.isBusUp).toBe(true);
  ups.saw({ ...seen(41), bus: { kind: 'given', pid: null } });
  expect(ups.isBusUp).toBe(true);
});
