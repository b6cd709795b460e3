/** Supervision, statements 1 to 12: start, stop, specifications. */
import { describe, expect, it } from 'vitest';
import { crashed, SHUTDOWN } from '#protocols/effect.ts';
import { plan } from '#supervision/spec.ts';
import { Yard } from '#test/supervision/yard.ts';
import { of, played } from './played.ts';

const x = (id: string) => ({ id, start: id });

describe('start and stop', () => {
  it('1: children start in declared order, each after the one before reported started', () => {
    const yard = new Yard({}, [x('a'), x('b'), x('c')]);
    yard.of('b').startMs = 50;
    yard.pass(49);
    expect(yard.words()).toEqual(['start a 1', 'start b 1']);
    expect(yard.isReady).toBe(false);
    yard.pass(1);
    expect(yard.words()).toEqual(['start a 1', 'start b 1', 'start c 1']);
    expect(yard.isReady).toBe(true);
    expect(played({ children: of('a', 'b', 'c') }).start).toEqual([
      'started a 1',
      'started b 1',
      'started c 1',
    ]);
  });

  it('2: a failed start stops those before in reverse, and fails with the child and its reason', () => {
    const { start, refused } = played({
      children: of('a', 'b', 'c', 'd'),
      setup: [['fail', 'c', 1]],
    });
    expect(start).toEqual([
      'started a 1',
      'started b 1',
      'start_failed c',
      'stopped b 1 shutdown',
      'stopped a 1 shutdown',
    ]);
    expect(refused).toEqual([
      'error',
      ['shutdown', ['failed_to_start_child', 'c', 'cannot_start']],
    ]);
  });

  it('3: a declined start keeps the specification without an incarnation; a temporary one is dropped', () => {
    for (const [restart, children] of [
      ['permanent', ['a 1', 'b -', 'c 1']],
      ['transient', ['a 1', 'b -', 'c 1']],
      ['temporary', ['a 1', 'c 1']],
    ] as const) {
      const scene = {
        children: [{ id: 'a' }, { id: 'b', restart }, { id: 'c' }],
        setup: [['ignore', 'b']],
      };
      expect(played(scene).children).toEqual(children);
    }
  });

  it('4: what is unfit is refused before any child starts', () => {
    const cases = [
      { children: of('a', 'a') },
      { flags: { strategy: 'two_for_one' }, children: of('a') },
      { flags: { intensity: -1 }, children: of('a') },
      { flags: { period: 0 }, children: of('a') },
      { children: [{ id: 'a' }, { id: 'b', restart: 'sometimes' }] },
      { children: [{ id: 'a' }, { id: 'b', shutdown: -1 }] },
    ];
    for (const scene of cases) {
      const { start, refused } = played(scene);
      expect(start).toEqual([]);
      expect(refused).toMatchObject(['error', expect.anything()]);
    }
    expect(() => plan({}, [{ id: 'a', start: undefined }])).toThrow('child a.start');
  });

  it('5: the defaults are those of OTP', () => {
    const described = played(
      { children: [{ id: 'a' }, { id: 's', type: 'supervisor' }] },
      ['get_childspec', 'a'],
      ['get_childspec', 's'],
    );
    expect(described.results).toEqual([
      [
        'ok',
        { id: 'a', restart: 'permanent', shutdown: 5_000, significant: false, type: 'worker' },
      ],
      [
        'ok',
        {
          id: 's',
          restart: 'permanent',
          shutdown: 'infinity',
          significant: false,
          type: 'supervisor',
        },
      ],
    ]);
    expect(plan({}, []).rules).toEqual({
      strategy: 'one_for_one',
      limit: { restartsMax: 1, withinMs: 5_000 },
      autoShutdown: 'never',
    });
  });

  it('6: a stop goes in reverse, one at a time; a slow child delays those before it', () => {
    const yard = new Yard({}, [x('a'), x('b'), x('c')]);
    yard.of('b').stopMs = 70;
    yard.pass(0);
    yard.tell({ kind: 'stop' });
    yard.pass(69);
    expect(yard.words(3)).toEqual(['stop c 1', 'dead c 1 shutdown', 'stop b 1']);
    yard.pass(1);
    expect(yard.words(6)).toEqual([
      'dead b 1 shutdown',
      'stop a 1',
      'dead a 1 shutdown',
      'end shutdown',
    ]);
  });

  it('7: shutdown N asks, waits N ms, then kills, and goes on', () => {
    const children = [{ id: 'a' }, { id: 'b', shutdown: 200 }, { id: 'c' }];
    const { steps } = played({ children, setup: [['ignore_shutdown', 'b']] }, 'stop');
    expect(steps[0]).toEqual([
      'stopped c 1 shutdown',
      'ignoring_shutdown b 1',
      'killed b 1',
      'stopped a 1 shutdown',
    ]);
    const yard = new Yard({}, [{ ...x('b'), shutdown: 200 }]);
    yard.of('b').stopMs = 'never';
    yard.pass(0);
    yard.tell({ kind: 'stop' });
    yard.pass(1_000);
    expect(yard.log.slice(1).map(({ at, what }) => `${at} ${what}`)).toEqual([
      '0 stop b 1',
      '200 kill b 1',
      '200 dead b 1 killed',
      '200 end shutdown',
    ]);
  });

  it('8: brutal_kill runs no stop hook', () => {
    const { steps } = played({ children: [{ id: 'a', shutdown: 'brutal_kill' }] }, 'stop');
    expect(steps[0]).toEqual(['killed a 1']);
  });

  it('9: infinity waits as long as needed', () => {
    const yard = new Yard({}, [{ ...x('a'), shutdown: 'infinity' }]);
    yard.of('a').stopMs = 3_600_000;
    yard.pass(0);
    yard.tell({ kind: 'stop' });
    yard.pass(3_600_000);
    expect(yard.words(1)).toEqual(['stop a 1', 'dead a 1 shutdown', 'end shutdown']);
  });

  it('10: a nested stop is depth-first, in reverse', () => {
    const q = { id: 'q', flags: {}, children: of('q1', 'q2') };
    const y = { id: 'y', flags: {}, children: [q, { id: 'p' }] };
    const { steps } = played({ children: [{ id: 'a' }, { id: 'x' }, y, { id: 'c' }] }, 'stop');
    expect(steps[0]!.map((event) => event.split(' ')[1])).toEqual(['c', 'p', 'q2', 'q1', 'x', 'a']);
  });

  it('11: a dynamic supervisor stops all children at once, under one deadline', () => {
    const yard = new Yard({ strategy: 'simple_one_for_one' }, [{ ...x('w'), shutdown: 100 }]);
    for (const id of ['p', 'q', 'r']) yard.ask({ do: 'start-dynamic', id, start: id });
    yard.of('p').stopMs = 'never';
    yard.of('q').stopMs = 'never';
    yard.of('r').stopMs = 90;
    yard.pass(0);
    yard.tell({ kind: 'stop' });
    yard.pass(1_000);
    expect(yard.log.slice(3).map(({ at, what }) => `${at} ${what}`)).toEqual([
      '0 stop p 1',
      '0 stop q 1',
      '0 stop r 1',
      '90 dead r 1 shutdown',
      '100 kill p 1',
      '100 kill q 1',
      '100 dead p 1 killed',
      '100 dead q 1 killed',
      '100 end shutdown',
    ]);
  });

  it('12: a child that dies of something else while it is stopped is reported, and counts as stopped', () => {
    const yard = new Yard({}, [x('a'), x('b')]);
    yard.of('b').stopMs = 50;
    yard.pass(0);
    yard.tell({ kind: 'stop' });
    yard.exit('b', crashed('on the way out'));
    yard.pass(100);
    expect(yard.reports).toEqual([
      { what: 'stop-failed', id: 'b', incarnation: 1, reason: crashed('on the way out') },
    ]);
    expect(yard.outcome).toEqual(SHUTDOWN);
  });
});
