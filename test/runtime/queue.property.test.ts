/** The queue of deliveries against an array, through any course of what is done to it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { millis } from '#protocols/ids.ts';
import { Delivery, Queue, type World } from '#runtime/delivery.ts';
import { seeded } from './manual.ts';

const world: World = { now: millis(0), wall: millis(0), entropy: seeded(1) };
const change = fc.oneof(
  fc.record({ do: fc.constant('push' as const), counted: fc.boolean() }),
  fc.record({ do: fc.constant('shift' as const) }),
  fc.record({ do: fc.constant('take' as const), nth: fc.nat(6) }),
  fc.record({ do: fc.constant('dropSignals' as const) }),
);

describe('a queue', () => {
  it('is an array with two ends, and counts what counts', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const queue = new Queue();
        let all: Delivery[] = [];
        for (const each of changes) {
          if (each.do === 'push') {
            const delivery = new Delivery(world, { kind: 'test.it' }, each.counted);
            queue.push(delivery);
            all.push(delivery);
          } else if (each.do === 'shift') {
            expect(queue.shift()).toBe(all.shift());
          } else if (each.do === 'take') {
            const wanted = all[each.nth];
            expect(queue.take((delivery) => delivery === wanted)).toBe(wanted);
            all = all.filter((delivery) => delivery !== wanted);
          } else {
            queue.dropSignals();
            all = all.filter(({ counted }) => counted);
          }
          expect(queue.isEmpty).toBe(all.length === 0);
          expect(queue.counted).toBe(all.filter(({ counted }) => counted).length);
        }
        expect([...queue.drain()]).toEqual(all);
        expect(all.every(({ next }) => next === undefined)).toBe(true);
      }),
    );
  });
});
