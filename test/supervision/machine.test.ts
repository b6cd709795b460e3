/**
 * The machine where it goes beyond OTP, and its planted bugs. Method: a yard with scripted children.
 * What it shares with OTP is in test/conformance/.
 */
import { describe, expect, it } from 'vitest';
import { crashed } from '#protocols/effect.ts';
import { REQUESTS_MAX } from '#supervision/machine/machine.ts';
import type { ChildSpec, Flags } from '#supervision/spec.ts';
import { Yard } from './yard.ts';

const of = (...ids: string[]): ChildSpec<string>[] => ids.map((id) => ({ id, start: id }));
const many: Flags = { intensity: 100 };
const all: Flags = { ...many, strategy: 'one_for_all' };

function up(flags: Flags, children: ChildSpec<string>[], planted?: Yard['state']['options']): Yard {
  const yard = new Yard(flags, children, planted);
  yard.pass(0);
  return yard;
}

const slow = (id: string): ChildSpec<string> => ({
  id,
  start: id,
  backoff: { minMs: 100, maxMs: 1_000, jitter: 0 },
});
const startsOf = (yard: Yard): number[] =>
  yard.log.filter(({ what }) => what.startsWith('start a')).map(({ at }) => at);

/** A group whose first child fails while its middle one is being stopped for the last one's failure. */
function groupStarts(planted?: Yard['state']['options']): number {
  const yard = up(all, of('a', 'b', 'c'), planted);
  yard.of('b').stopMs = 5;
  yard.exit('c');
  yard.exit('a');
  yard.pass(100);
  return yard.words().filter((what) => what.startsWith('start')).length;
}

/** Three failures, each long after the one before. */
function outcome(planted?: Yard['state']['options']): Yard['outcome'] {
  const yard = up({ intensity: 1, periodMs: 1_000 }, of('a'), planted);
  for (let i = 0; i < 3; i++) {
    yard.exit('a');
    yard.pass(1_001);
  }
  return yard.outcome;
}

describe('stop', () => {
  it('does not wait for a start that hangs', () => {
    const yard = new Yard({}, of('a', 'b', 'c'));
    yard.of('b').starts = ['hang'];
    yard.pass(0);
    expect(yard.words()).toEqual(['start a 1', 'start b 1']);
    yard.tell({ kind: 'stop' });
    yard.pass(0);
    expect(yard.words(2)).toEqual([
      'stop b 1',
      'dead b 1 shutdown',
      'stop a 1',
      'dead a 1 shutdown',
      'end shutdown',
    ]);
    expect(yard.isReady).toBe(false);
  });

  it('abandons a group restart, and refuses what waited', () => {
    const yard = up(all, of('a', 'b', 'c'));
    yard.of('b').stopMs = 50;
    yard.exit('c');
    yard.ask({ do: 'count' });
    yard.tell({ kind: 'stop' });
    yard.ask({ do: 'count' });
    yard.pass(100);
    expect(yard.answers).toEqual([
      { answer: 'refused', why: 'stopping' },
      { answer: 'refused', why: 'stopping' },
    ]);
    expect(yard.words(3)).toEqual([
      'dead c 1 crashed',
      'stop b 1',
      'dead b 1 shutdown',
      'stop a 1',
      'dead a 1 shutdown',
      'end shutdown',
    ]);
  });
});

describe('an end', () => {
  it('that has begun goes on as it began, also when it is asked for again', () => {
    const yard = up({ intensity: 0 }, of('a', 'b'));
    yard.of('a').stopMs = 50;
    yard.exit('b', crashed('why'));
    yard.tell({ kind: 'stop' });
    yard.pass(100);
    expect(yard.words(2)).toEqual([
      'dead b 1 crashed',
      'stop a 1',
      'dead a 1 shutdown',
      'end crashed',
    ]);
  });
});

describe('an exit', () => {
  it('that its group has settled is reported all the same', () => {
    const yard = up(all, of('a', 'b', 'c'));
    yard.of('b').stopMs = 5;
    yard.exit('c', crashed('first'));
    yard.exit('a', crashed('second'));
    yard.pass(100);
    expect(yard.reports.map(({ what, id }) => `${what} ${id}`)).toEqual([
      'child-ended c',
      'stop-failed a',
    ]);
  });

  it('that its group has settled starts nothing, even when the group could not start', () => {
    const yard = up({ ...many, strategy: 'rest_for_one' }, of('a', 'b', 'c', 'd'));
    yard.of('d').stopMs = 5;
    yard.of('b').starts = ['fail'];
    yard.exit('b');
    yard.exit('c');
    yard.pass(100);
    expect(yard.words(4)).toEqual([
      'dead b 1 crashed',
      'stop d 1',
      'dead c 1 crashed',
      'dead d 1 shutdown',
      'start b 2',
      'dead b 2 fail',
      'start b 3',
      'start c 2',
      'start d 2',
    ]);
  });
});

describe('a start that hangs', () => {
  it('fails at its deadline, once it is gone, and is tried again', () => {
    const yard = up(many, [{ id: 'a', start: 'a', startMs: 30 }]);
    yard.of('a').starts = ['hang'];
    yard.exit('a');
    yard.pass(100);
    expect(yard.words(1)).toEqual([
      'dead a 1 crashed',
      'start a 2',
      'kill a 2',
      'dead a 2 killed',
      'start a 3',
    ]);
    expect(yard.reports.at(-1)).toMatchObject({ what: 'start-failed', incarnation: 2 });
    expect(yard.state.children.get('a')!.phase).toBe('running');
  });
});

describe('requests', () => {
  it('wait behind what is under way, but not without bound', () => {
    const yard = up({}, of('a'));
    yard.of('a').stopMs = 10;
    yard.ask({ do: 'terminate', id: 'a' });
    for (let i = 0; i < REQUESTS_MAX + 5; i++) yard.ask({ do: 'count' });
    yard.pass(20);
    const busy = yard.answers.filter((each) => each.answer === 'refused' && each.why === 'busy');
    expect(busy.length).toBeGreaterThan(0);
    expect(busy.length).toBeLessThan(6);
    expect(yard.answers.length).toBe(REQUESTS_MAX + 6);
  });
});

describe('back-off', () => {
  it('grows with failures in a row, also of starts, and is forgotten after a good while', () => {
    const yard = up({ intensity: 1_000 }, [slow('a')]);
    yard.exit('a');
    yard.pass(100);
    yard.of('a').starts = ['fail', 'fail'];
    yard.exit('a');
    yard.pass(1_400);
    expect(startsOf(yard)).toEqual([0, 100, 300, 700, 1_500]);
    yard.pass(550);
    yard.exit('a');
    yard.pass(100);
    expect(startsOf(yard).at(-1)).toBe(2_150);
  });

  it('stops a group at once, and starts it when the wait is over', () => {
    const yard = up(all, [...of('z'), slow('a'), ...of('b')]);
    yard.exit('a');
    yard.pass(99);
    const stopped = [
      'dead a 1 crashed',
      'stop b 1',
      'dead b 1 shutdown',
      'stop z 1',
      'dead z 1 shutdown',
    ];
    expect(yard.words(3)).toEqual(stopped);
    yard.pass(1);
    expect(yard.words(8)).toEqual(['start z 2', 'start a 2', 'start b 2']);
  });

  it('is cut short by nobody but terminate', () => {
    const yard = up(many, [slow('a')]);
    yard.exit('a');
    yard.ask({ do: 'restart', id: 'a' });
    yard.ask({ do: 'delete', id: 'a' });
    yard.ask({ do: 'terminate', id: 'a' });
    yard.pass(1_000);
    yard.ask({ do: 'which' });
    expect(yard.answers).toEqual([
      { answer: 'refused', why: 'restarting' },
      { answer: 'refused', why: 'restarting' },
      { answer: 'done' },
      {
        answer: 'children',
        children: [{ id: 'a', state: 'idle', incarnation: 1, type: 'worker' }],
      },
    ]);
  });

  it('counts each failure once', () => {
    const yard = up({ intensity: 3 }, [slow('a')]);
    for (let i = 0; i < 4; i++) {
      yard.exit('a');
      yard.pass(1_000);
    }
    expect(startsOf(yard).length).toBe(4);
    expect(yard.outcome).toEqual(crashed('gave up restarting a: test'));
  });
});

describe('unlimited intensity', () => {
  it('restarts for ever, but lets a child that cannot start rest', () => {
    const yard = up({ intensity: 'unlimited' }, of('a', 'b'));
    for (let i = 0; i < 1_000; i++) yard.exit('a');
    yard.pass(0);
    for (let i = 0; i < 1_000; i++) {
      yard.exit('a');
      yard.pass(0);
    }
    yard.of('a').starts = ['fail'];
    yard.exit('a');
    yard.pass(1_000);
    expect(yard.state.children.get('a')!.phase).toBe('idle');
    expect(yard.state.children.get('b')!.phase).toBe('running');
    expect(yard.outcome).toBeUndefined();
  });
});

describe('planted bugs', () => {
  it('stale-exit-believed: an exit settled by a group restart is acted upon', () => {
    expect(groupStarts()).toBe(6);
    expect(() => groupStarts({ planted: 'stale-exit-believed' })).toThrow('one life at a time');
  });

  it('window-never-expires: restarts long ago count', () => {
    expect(outcome()).toBeUndefined();
    expect(outcome({ planted: 'window-never-expires' })?.how).toBe('crashed');
  });
});
