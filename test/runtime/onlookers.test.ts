/**
 * What others throw in the middle of somebody's turn: observers, whoever hears from outside, functions of
 * a receiver. It harms nobody who has no part in it. Method: scripted actors, a manual clock.
 */
import { describe, expect, it } from 'vitest';
import { answer, ask, end, send, wake } from '#protocols/effect.ts';
import { at, on, say, scripted, type Talk } from './scripted.ts';

const broken = (): never => {
  throw new Error('a bug of the onlooker');
};

describe('what others throw', () => {
  it('while they look on, harms no actor', () => {
    const faults: string[] = [];
    const { manual, log, system, actor, tell } = scripted({
      spawned: broken,
      ended: broken,
      handled: broken,
      asked: broken,
      deadLetter: broken,
      malformed: broken,
      fault: (where) => void faults.push(where),
    });
    system.spawn(actor('b', (_, { ticket }) => [answer(ticket!, say(2)), end()]));
    system.spawn(
      actor(
        'a',
        on(1, send(at('nobody'), say(1)), ask('q', at('b'), say(1), 50), send(at('a'), say(3))),
      ),
    );
    tell('a', 1);
    system.send(at('a'), { kind: 'test.unknown' });
    manual.pass(100);
    expect(log).toEqual(['a<1', 'a<3', 'b<1', 'a<answered:q']);
    expect(system.asksOpen).toBe(0);
    expect(new Set(faults)).toEqual(
      new Set(
        ['spawned', 'ended', 'handled', 'asked', 'deadLetter', 'malformed'].map(
          (each) => `observer.${each}`,
        ),
      ),
    );
  });

  it('when they hear from outside, harms no actor', () => {
    const faults: string[] = [];
    const { manual, log, system, actor } = scripted({ fault: (where) => void faults.push(where) });
    system.spawn(
      actor('b', (_, { ticket }) => [answer(ticket!, say(2))]),
      broken,
    );
    system.ask(at('b'), say(1), 50, broken);
    system.ask(at('b'), say(2), 50, () => undefined);
    manual.pass(100);
    expect(log).toEqual(['b<1', 'b<2']);
    expect(faults).toEqual(['outside', 'outside']);
    expect(system.look()).toMatchObject([{ phase: 'running' }]);
  });

  it('when they are asked what to drop, harms neither sender nor receiver', () => {
    const faults: string[] = [];
    const { manual, log, dead, system, actor, tell } = scripted({
      fault: (where) => void faults.push(where),
    });
    system.spawn(actor('full', () => [], { mailboxMax: 0, overflow: broken }));
    system.spawn(actor('a', on(1, send(at('full'), say(1)), send(at('a'), say(2)))));
    tell('a', 1);
    manual.settle();
    expect(log).toEqual(['a<1', 'a<2']);
    expect(dead).toEqual(['mailbox-full']);
    expect(faults).toEqual([at('full')]);
    expect(system.look().map(({ phase }) => phase)).toEqual(['running', 'running']);
  });

  it('while they write a message, leaves nothing in the messages of others', () => {
    const { manual, log, system, actor, tell } = scripted();
    const halfWritten = { kind: 'test.say', n: 1, word: undefined } as unknown as Talk;
    system.spawn(actor('a', on(1, send(at('b'), halfWritten))));
    system.spawn(actor('b', on(2, send(at('c'), say(3)))));
    system.spawn(actor('c'));
    tell('a', 1);
    manual.settle();
    tell('b', 2);
    manual.settle();
    expect(log).toEqual(['a<1', 'b<2', 'c<3']);
  });

  it('a time that is no number ends whoever set it, not the timers of others', () => {
    const { manual, log, system, actor, tell } = scripted();
    system.spawn(actor('a', on(1, wake('x', Number.NaN))));
    system.spawn(actor('b', on(1, ask('q', at('b'), say(2), Number.NaN))));
    system.spawn(actor('c', on(1, wake('y', 10))));
    tell('a', 1);
    tell('b', 1);
    tell('c', 1);
    manual.pass(100);
    expect(log).toEqual(['a<1', 'b<1', 'c<1', 'c<wake:y']);
    expect(system.look().length).toBe(1);
  });
});
