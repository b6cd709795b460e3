/** Supervision, statements 27 to 40: how often is too often, failing restarts, escalation. */
import { describe, expect, it } from 'vitest';
import { crashed, type Json } from '#protocols/effect.ts';
import { Yard } from '#test/supervision/yard.ts';
import { GROUPS, of, played, plenty, type Seen } from './played.ts';

const crash = (id: string): Json => ['exit', id, 'crash'];
const within = (intensity: number, strategy = 'one_for_one', period = 5) => ({
  strategy,
  intensity,
  period,
});
const gaveUp = ({ sup }: Seen): boolean => Array.isArray(sup) && sup[0] === 'exited';
const x = (id: string) => ({ id, start: id });

describe('intensity', () => {
  it('27: one restart too many stops the siblings in reverse and ends the supervisor', () => {
    const scene = { flags: within(1), children: of('a', 'b', 'c'), otp: true };
    const { steps, sup } = played(scene, crash('b'), crash('b'));
    expect(steps).toEqual([
      ['exiting b 1 crash', 'started b 2'],
      ['exiting b 2 crash', 'stopped c 1 shutdown', 'stopped a 1 shutdown'],
    ]);
    expect(sup).toEqual(['exited', 'shutdown']);
  });

  it('28: with intensity 0 the first failure ends the supervisor', () =>
    expect(gaveUp(played({ flags: within(0), children: of('a') }, crash('a')))).toBe(true));

  it('29: the count is shared by all children of a supervisor', () => {
    const scene = { flags: within(2), children: of('a', 'b', 'c') };
    expect(gaveUp(played(scene, crash('a'), crash('b')))).toBe(false);
    expect(gaveUp(played(scene, crash('a'), crash('b'), crash('c')))).toBe(true);
  });

  it('30: the window slides, to the millisecond: a restart counts for one period, inclusive', () => {
    const after = (ms: number): Seen =>
      played(
        { flags: within(1, 'one_for_one', 1), children: of('a') },
        crash('a'),
        ['sleep', ms],
        crash('a'),
      );
    expect(gaveUp(after(1_000))).toBe(true);
    expect(gaveUp(after(1_001))).toBe(false);
    const sliding = played(
      { flags: within(2, 'one_for_one', 1), children: of('a') },
      crash('a'),
      ['sleep', 600],
      crash('a'),
      ['sleep', 600],
      crash('a'),
      ['sleep', 600],
      crash('a'),
    );
    expect(gaveUp(sliding)).toBe(false);
  });

  it('31: exits that need no restart, and restarts by hand, do not count', () => {
    const children = [
      { id: 'a', restart: 'temporary' },
      { id: 'b', restart: 'transient' },
      { id: 'c' },
    ];
    const seen = played(
      { flags: within(1), children },
      crash('a'),
      ['exit', 'b', 'normal'],
      ['restart_child', 'b'],
      ['terminate_child', 'c'],
      ['restart_child', 'c'],
      crash('c'),
    );
    expect(gaveUp(seen)).toBe(false);
    expect(seen.children).toEqual(['b 2', 'c 3']);
  });

  it('32: a group restart counts once', () => {
    const scene = { flags: within(2, 'one_for_all'), children: of('a', 'b', 'c') };
    expect(gaveUp(played(scene, crash('a'), crash('c')))).toBe(false);
  });

  it('33: every failed attempt counts as one more restart', () => {
    const scene = { flags: within(3), children: of('a') };
    expect(played(scene, ['failnext', 'a', 2], crash('a')).children).toEqual(['a 2']);
    expect(gaveUp(played(scene, ['failnext', 'a', 3], crash('a')))).toBe(true);
  });

  it('34: a failed restart is tried again by way of the queue; requests get in between', () => {
    const scene = { flags: plenty(), children: of('a', 'b') };
    const { results, children, steps } = played(
      scene,
      ['failnext', 'b', 1],
      [
        'burst',
        [
          crash('b'),
          'which',
          ['restart_child', 'b'],
          ['delete_child', 'b'],
          ['terminate_child', 'b'],
        ],
      ],
    );
    expect(results[1]).toEqual([
      'ok',
      [
        ['a', ['running', 'a', 1]],
        ['b', 'restarting'],
      ],
      ['error', 'restarting'],
      ['error', 'restarting'],
      'ok',
    ]);
    expect(steps[1]).toEqual(['exiting b 1 crash', 'start_failed b']);
    expect(children).toEqual(['a 1', 'b -']);
  });

  it('35: one_for_all tries again with everything: whoever is up already is stopped, in reverse', () => {
    const scene = { flags: plenty('one_for_all'), children: of('a', 'b', 'c') };
    expect(played(scene, ['failnext', 'c', 1], crash('c')).steps[1]).toEqual([
      'exiting c 1 crash',
      'stopped b 1 shutdown',
      'stopped a 1 shutdown',
      'started a 2',
      'started b 2',
      'start_failed c',
      'stopped b 2 shutdown',
      'stopped a 2 shutdown',
      'started a 3',
      'started b 3',
      'started c 2',
    ]);
  });

  it('36: rest_for_one goes on from the child that failed to start', () => {
    const scene = { flags: plenty('rest_for_one'), children: of('a', 'b', 'c', 'd') };
    expect(played(scene, ['failnext', 'c', 2], crash('b')).steps[1]).toEqual([
      'exiting b 1 crash',
      'stopped d 1 shutdown',
      'stopped c 1 shutdown',
      'started b 2',
      'start_failed c',
      'start_failed c',
      'started c 2',
      'started d 2',
    ]);
  });

  it('37: a restart that is declined leaves the child without incarnation, and is no error', () => {
    for (const strategy of GROUPS) {
      const scene = { flags: plenty(strategy), children: of('a', 'b') };
      const seen = played(scene, ['ignorenext', 'b'], crash('b'));
      expect(seen.children).toEqual([strategy === 'one_for_all' ? 'a 2' : 'a 1', 'b -']);
    }
  });

  it('38: a parent restarts a child supervisor that gave up: all of it, with an empty window', () => {
    const sub = { id: 's', flags: within(1), children: of('m', 'n') };
    const seen = played(
      { flags: plenty(), children: [{ id: 'a' }, sub] },
      crash('m'),
      crash('n'),
      crash('m'),
    );
    expect(seen.steps[1]).toEqual([
      'exiting n 1 crash',
      'stopped m 2 shutdown',
      'started m 3',
      'started n 2',
    ]);
    expect(seen.steps[2]).toEqual(['exiting m 3 crash', 'started m 4']);
    expect(seen.children).toEqual(['a 1', 's 2']);
  });

  it('39: a transient supervisor that gave up comes back with us, and stays dead with OTP', () => {
    const sub = { id: 's', restart: 'transient', flags: within(0), children: of('m') };
    const scene = { flags: plenty(), children: [{ id: 'a' }, sub] };
    expect(played(scene, crash('m')).children).toEqual(['a 1', 's 2']);
    expect(played({ ...scene, otp: true }, crash('m')).children).toEqual(['a 1', 's -']);
    const yard = new Yard({ intensity: 0 }, [x('a')]);
    yard.pass(0);
    yard.exit('a', crashed('why'));
    yard.pass(0);
    expect(yard.outcome).toEqual(crashed('gave up restarting a: why'));
  });

  it('40: when the root gives up, everything stops in reverse, depth first', () => {
    const sub = { id: 's', flags: within(0), children: of('m', 'n') };
    const seen = played(
      {
        flags: within(0),
        children: [{ id: 'a' }, { id: 't', flags: {}, children: of('p', 'q') }, sub],
      },
      crash('m'),
    );
    expect(seen.steps).toEqual([
      [
        'exiting m 1 crash',
        'stopped n 1 shutdown',
        'stopped q 1 shutdown',
        'stopped p 1 shutdown',
        'stopped a 1 shutdown',
      ],
    ]);
    expect(gaveUp(seen)).toBe(true);
  });
});
