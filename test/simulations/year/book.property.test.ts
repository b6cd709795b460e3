/** The book against a plain map: whoever holds what, and who is touched when something is lost. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Book, NOBODY } from '#simulations/year/book.ts';
import { devicesOf, takeIn, type Devices } from '#simulations/year/devices.ts';
import { termsOf } from '../../protocols/sample.ts';

const DEVICES = 5;
const ROWS = 4;
const ENTRIES = 3;
const ROOM = 10;

const opened = (devices: Devices): Book => {
  const book = new Book(devices);
  for (let i = 0; i < ENTRIES; i++) {
    const times = { createdAt: 0, lightUntil: 1, anchorUntil: 1, expiresAt: 1 };
    book.open({ town: 0, terms: termsOf(), output: new Uint8Array(), ...times }, ROWS);
  }
  return book;
};

const slot = fc.nat({ max: ENTRIES * ROWS - 1 });
const device = fc.nat({ max: DEVICES - 1 });
const deed = fc.oneof(
  fc.record({ do: fc.constant('give' as const), slot, device, bytes: fc.nat({ max: 4 }) }),
  fc.record({ do: fc.constant('take' as const), slot }),
  fc.record({ do: fc.constant('forget' as const), device }),
  fc.record({ do: fc.constant('drop' as const), device }),
);

it('knows who holds each row, and touches the transactions of what is lost', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
      const devices = devicesOf(DEVICES, 0);
      const book = opened(devices);
      const held = new Map<number, { device: number; mark: number }>();
      for (const each of deeds) {
        book.takeTouched();
        const lost = new Set<number>();
        if (each.do === 'give') {
          book.give(each.slot, each.device);
          held.set(each.slot, { device: each.device, mark: devices.arrived[each.device]! });
          takeIn(devices, each.device, each.bytes, ROOM);
        } else if (each.do === 'take') {
          book.take(each.slot);
          held.delete(each.slot);
        } else {
          const isLost = ({ device, mark }: { device: number; mark: number }): boolean =>
            device === each.device &&
            (each.do === 'forget' || devices.arrived[device]! - mark > ROOM);
          for (const [at, by] of held) if (isLost(by)) lost.add(at);
          for (const at of lost) held.delete(at);
          if (each.do === 'forget') book.forget(each.device);
          else expect(book.dropOverfull(each.device, ROOM)).toBe(lost.size);
        }
        const touched = new Set(Array.from(lost, (at) => Math.floor(at / ROWS)));
        expect(new Set(book.takeTouched())).toEqual(touched);
        for (let at = 0; at < ENTRIES * ROWS; at++) {
          expect(book.holder[at]).toBe(held.get(at)?.device ?? NOBODY);
        }
      }
    }),
  );
});

it('grows, and forgets nothing of it', () => {
  const devices = devicesOf(2, 0);
  const book = opened(devices);
  book.give(3, 1);
  const times = { createdAt: 0, lightUntil: 1, anchorUntil: 1, expiresAt: 1 };
  const first = ENTRIES * ROWS;
  book.open({ town: 0, terms: termsOf(), output: new Uint8Array(), ...times }, 70_000);
  book.give(first + 69_999, 1);
  book.forget(1);
  expect(book.takeTouched().toSorted()).toEqual([0, ENTRIES]);
  expect([book.holder[3], book.holder[first + 69_999]]).toEqual([NOBODY, NOBODY]);
});
