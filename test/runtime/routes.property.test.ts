/** Routes against a reference that is too slow to be wrong: `covers`, asked for every listener. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers } from '#protocols/subjects.ts';
import { Routes, type Listener } from '#runtime/routes.ts';
import { cases } from '#test/cases.ts';

const word = fc.constantFrom('a', 'b');
const subject = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join('.'));
const filter = fc
  .tuple(
    fc.array(fc.oneof(word, fc.constant('*')), { maxLength: 2 }),
    fc.oneof(word, fc.constant('*'), fc.constant('>')),
  )
  .map(([words, last]) => [...words, last].join('.'));
const queue = fc.constantFrom(undefined, undefined, 'p', 'q');
const change = fc.oneof(
  fc.record({ do: fc.constant('add' as const), filter, queue }),
  fc.record({ do: fc.constant('remove' as const), nth: fc.nat(30) }),
  fc.record({ do: fc.constant('match' as const), subject }),
);

describe('routes', () => {
  it('find whom a server would find, whoever came and went', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 20, maxLength: 60 }), (changes) => {
        const routes = new Routes<Listener>();
        const listeners: Listener[] = [];
        for (const each of changes) {
          if (each.do === 'add') {
            const listener = { filter: each.filter, queue: each.queue };
            listeners.push(listener);
            routes.add(listener);
          } else if (each.do === 'remove') {
            const [listener] = listeners.splice(each.nth % Math.max(1, listeners.length), 1);
            if (listener !== undefined) routes.remove(listener);
          } else {
            const expected = listeners.filter((listener) => covers(listener.filter, each.subject));
            const { alone, groups } = routes.match(each.subject);
            expect(new Set([...alone, ...groups.flat()])).toEqual(new Set(expected));
            expect(alone.length + groups.flat().length).toBe(expected.length);
            expect(alone.every((listener) => listener.queue === undefined)).toBe(true);
            for (const group of groups) {
              expect(new Set(group.map((listener) => listener.queue)).size).toBe(1);
            }
          }
        }
      }),
      { numRuns: cases(500) },
    );
  });

  it('deliver to everyone alone and to one of each group, each in turn', () => {
    const routes = new Routes<Listener & { heard: number }>();
    const make = (on: string, group?: string): Listener & { heard: number } => {
      const listener = { filter: on, queue: group, heard: 0 };
      routes.add(listener);
      return listener;
    };
    const alone = [make('a'), make('*')];
    const group = [make('a', 'q'), make('>', 'q'), make('a', 'q')];
    for (let n = 0; n < 30; n++) {
      expect(routes.deliver('a', (listener) => listener.heard++)).toBe(3);
    }
    expect(alone.map(({ heard }) => heard)).toEqual([30, 30]);
    expect(group.map(({ heard }) => heard)).toEqual([10, 10, 10]);
  });

  it('take a wildcard that is published to as a word', () => {
    const routes = new Routes<Listener>();
    routes.add({ filter: 'a.*', queue: undefined });
    expect(routes.match('a.*').alone).toHaveLength(1);
  });
});
