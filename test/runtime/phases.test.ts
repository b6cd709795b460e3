/**
 * An actor between two phases of its lives: what is said while it starts, ends, waits for its verdict or
 * is started again within its own end. Method: scripted actors, a manual clock.
 */
import { describe, expect, it } from 'vitest';
import { EMPTY } from '#lib/bytes.ts';
import {
  answer,
  ask,
  bury,
  end,
  keep,
  put,
  ready,
  send,
  stop,
  supervise,
  type Signal,
} from '#protocols/effect.ts';
import { at, on, say, scripted, type React } from './scripted.ts';

const crash: React = () => {
  throw new Error('no');
};

const asking: React = (input) => (input.kind === 'answered' ? [ready] : []);

describe('between two phases', () => {
  it('who is started again within its own end has its turn', () => {
    const { manual, log, system, actor, tell } = scripted();
    const fragile = actor('a', (input) =>
      'n' in input && input.n === 1 ? crash(input, null!) : [],
    );
    let incarnation = 1;
    const hear = (signal: Signal): void => {
      if (signal.kind === 'child-ended') system.supervise(fragile, ++incarnation, hear);
    };
    system.supervise(fragile, 1, hear);
    tell('a', 1, 2);
    manual.settle();
    expect(log).toEqual(['a<1', 'a<2']);
    expect(system.look()).toMatchObject([{ phase: 'running', incarnation: 2 }]);
  });

  it('the outside that starts it again is the one that hears from then on', () => {
    const { manual, system, actor, tell } = scripted();
    const heard: string[] = [];
    const fragile = actor('a', crash);
    system.supervise(fragile, 1, ({ kind }) => heard.push(`1 ${kind}`));
    tell('a', 1);
    manual.settle();
    system.supervise(fragile, 2, ({ kind }) => heard.push(`2 ${kind}`));
    manual.settle();
    expect(heard).toEqual(['1 started', '1 child-ended', '2 started']);
  });

  it('who starts in several steps hears the answers it needs, before its messages', () => {
    const { manual, log, system, actor, tell } = scripted();
    system.spawn(actor('b', (_, { ticket }) => [answer(ticket!, say(9))]));
    system.spawn(
      actor('a', asking, {
        startsLater: true,
        start: () => [null, [ask('q', at('b'), say(1), 50), ask('r', at('nobody'), say(1), 50)]],
      }),
    );
    tell('a', 5);
    manual.settle();
    expect(log.filter((line) => line.startsWith('a'))).toEqual([
      'a<unanswered:r:dead',
      'a<answered:q',
      'a<5',
    ]);
  });

  it('drain ends after what was queued before it, whatever comes later; stop is more urgent', () => {
    const { manual, log, dead, system, actor, tell } = scripted();
    system.spawn(actor('a', (input) => ('n' in input ? [send(at('a'), say(input.n + 1))] : [])));
    system.spawn(actor('b'));
    manual.settle();
    tell('a', 1);
    system.stop(at('a'), 'drain');
    tell('b', 1, 2);
    system.stop(at('b'), 'drain');
    system.stop(at('b'), 'stop');
    system.stop(at('b'), 'drain');
    manual.settle();
    expect(log.toSorted()).toEqual(['a<1', 'a<stop', 'b<stop']);
    expect(dead).toEqual(['stopped', 'stopped', 'stopped']);
    expect(system.look()).toEqual([]);
  });

  it('who lingers hears of its stop once, drained and stopped', () => {
    const { manual, log, system, actor, tell } = scripted();
    system.spawn(actor('a', () => [], { lingers: true }));
    manual.settle();
    tell('a', 1);
    system.stop(at('a'), 'drain');
    system.stop(at('a'), 'stop');
    manual.settle();
    system.stop(at('a'), 'stop');
    manual.settle();
    expect(log).toEqual(['a<stop', 'a<1']);
  });

  it('a drain that comes too late does not stop the next incarnation', () => {
    const { manual, log, system, actor, tell } = scripted();
    const child = actor('c', () => [], { lingers: true });
    const parent = actor('p', on(1, supervise(child, 1)), {});
    system.supervise(parent, 1, () => undefined);
    tell('p', 1);
    manual.settle();
    system.stop(at('p'), 'stop');
    manual.settle();
    system.stop(at('p'), 'drain');
    system.stop(at('c'), 'kill');
    manual.settle();
    system.supervise(parent, 2, () => undefined);
    tell('p', 2);
    manual.settle();
    expect(log).toEqual(['p<1', 'p<started', 'p<stop', 'c<stop', 'p<2']);
  });

  it('who is ending because it was stopped can still be killed, with those who keep it waiting', () => {
    const { manual, log, system, actor, tell } = scripted();
    const child = actor('c', () => [], { lingers: true });
    system.spawn(actor('p', on(1, supervise(child, 1))));
    tell('p', 1);
    manual.settle();
    for (const how of ['stop', 'drain', 'stop'] as const) {
      system.stop(at('p'), how);
      manual.settle();
    }
    expect(system.look().map(({ phase }) => phase)).toEqual(['stopping', 'running']);
    system.stop(at('p'), 'kill');
    manual.settle();
    expect(system.look()).toEqual([]);
    expect(log).toEqual(['p<1', 'p<started', 'p<stop', 'c<stop']);
  });

  it('who asked somebody that ended before its turn hears so at once', () => {
    const { manual, log, dead, system, actor, tell } = scripted();
    const child = actor('c');
    const react: React = (input) => {
      // What waits for it has nobody to wait for once it is buried.
      if (!('n' in input)) return input.kind === 'child-ended' ? [bury(at('c'))] : [];
      if (input.n === 1) return [supervise(child, 1)];
      return [ask('q', at('c'), say(3), 60_000), stop(at('c'), 'kill')];
    };
    system.spawn(actor('p', react));
    tell('p', 1);
    manual.settle();
    tell('p', 2);
    manual.settle();
    expect(log.slice(-2)).toEqual(['p<child-ended', 'p<unanswered:q:dead']);
    expect(dead).toEqual(['stopped']);
  });

  it('what a former life kept is not told to the next, though their numbers are the same', () => {
    const { manual, log, system, actor, tell } = scripted();
    const kept = actor('a', (input, moment) =>
      !('n' in input) ? [] : input.n === 1 ? [keep('k', put('x', EMPTY))] : crash(input, moment),
    );
    const react: React = (input) => {
      if ('n' in input) return [supervise(kept, 7), send(at('a'), say(1)), send(at('a'), say(2))];
      return input.kind === 'child-ended' ? [supervise(kept, 7)] : [];
    };
    system.spawn(actor('p', react));
    tell('p', 1);
    manual.settle();
    expect(log).toEqual(['p<1', 'a<1', 'a<2', 'p<started', 'p<child-ended', 'p<started']);
  });

  it('what it keeps in its last step is kept', () => {
    const { manual, system, actor, tell } = scripted();
    const found: number[] = [];
    const a = actor('a', () => [keep('k', put('x', Uint8Array.of(7))), end()], {
      keeps: true,
      start: (_, had) => (found.push(had.size), [null, []]),
    });
    system.spawn(a);
    tell('a', 1);
    manual.settle();
    system.spawn(a);
    manual.settle();
    expect(found).toEqual([0, 1]);
  });

  it('restores what is under the keys that it names, and no more', () => {
    const { manual, system, actor, tell } = scripted();
    const found: string[][] = [];
    const writes = [put('live/x', EMPTY), put('lives', EMPTY), put('old/y', EMPTY)];
    const a = actor('a', () => [keep('k', ...writes), end()], {
      keeps: 'live/',
      start: (_, had) => (found.push([...had.keys()]), [null, []]),
    });
    system.spawn(a);
    tell('a', 1);
    manual.settle();
    system.spawn(a);
    manual.settle();
    expect(found).toEqual([[], ['live/x']]);
  });
});
