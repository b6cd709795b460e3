/** Supervision, statements 13 to 26: who is restarted, and who with them. */
import { describe, expect, it } from 'vitest';
import type { Json } from '#protocols/effect.ts';
import { GROUPS, of, played, plenty } from './played.ts';

const NORMAL: readonly Json[] = ['normal', 'shutdown', ['shutdown', 'x']];
const after = (restart: string, reason: Json, strategy = 'one_for_one') =>
  played({ flags: plenty(strategy), children: [{ id: 'a' }, { id: 'b', restart }, { id: 'c' }] }, [
    'exit',
    'b',
    reason,
  ]);
const MIXED = [
  { id: 'a', restart: 'transient' },
  { id: 'b', restart: 'temporary' },
  { id: 'c' },
  { id: 'd', restart: 'transient' },
];

describe('restart', () => {
  it('13: permanent children come back after every exit', () => {
    for (const reason of [...NORMAL, 'crash'])
      expect(after('permanent', reason).children).toEqual(['a 1', 'b 2', 'c 1']);
  });

  it('14: transient children come back after an abnormal exit only', () => {
    for (const reason of NORMAL)
      expect(after('transient', reason).children).toEqual(['a 1', 'b -', 'c 1']);
    expect(after('transient', 'crash').children).toEqual(['a 1', 'b 2', 'c 1']);
  });

  it('15: a kill is abnormal', () => {
    const scene = { flags: plenty(), children: [{ id: 'a', restart: 'transient' }] };
    expect(played(scene, ['kill', 'a']).steps).toEqual([['killed a 1', 'started a 2']]);
  });

  it('16: temporary children never come back, and are forgotten', () => {
    for (const reason of [...NORMAL, 'crash'])
      expect(after('temporary', reason).children).toEqual(['a 1', 'c 1']);
  });

  it('17: one_for_one touches no sibling', () =>
    expect(after('permanent', 'crash').steps).toEqual([['exiting b 1 crash', 'started b 2']]));

  it('18: one_for_all stops the survivors in reverse, then starts all in order', () =>
    expect(after('permanent', 'crash', 'one_for_all').steps).toEqual([
      [
        'exiting b 1 crash',
        'stopped c 1 shutdown',
        'stopped a 1 shutdown',
        'started a 2',
        'started b 2',
        'started c 2',
      ],
    ]));

  it('19: rest_for_one stops those after the failed one in reverse, and starts from it on', () =>
    expect(after('permanent', 'crash', 'rest_for_one').steps).toEqual([
      ['exiting b 1 crash', 'stopped c 1 shutdown', 'started b 2', 'started c 2'],
    ]));

  it('20: an exit that needs no restart moves no group', () => {
    for (const strategy of GROUPS)
      for (const restart of ['transient', 'temporary'])
        expect(after(restart, 'normal', strategy).steps).toEqual([['exiting b 1 normal']]);
  });

  it('21: a temporary bystander of a group restart is gone with its specification', () =>
    expect(
      played({ flags: plenty('one_for_all'), children: MIXED }, ['exit', 'c', 'crash']).children,
    ).toEqual(['a 2', 'c 2', 'd 2']));

  it('22: a transient bystander comes back, although it was stopped with shutdown', () => {
    const { steps } = played({ flags: plenty('rest_for_one'), children: MIXED }, [
      'exit',
      'c',
      'crash',
    ]);
    expect(steps).toEqual([
      ['exiting c 1 crash', 'stopped d 1 shutdown', 'started c 2', 'started d 2'],
    ]);
  });

  it('23: a transient child that had finished is started by a later group restart', () => {
    const scene = { flags: plenty('one_for_all'), children: MIXED };
    const { steps } = played(scene, ['exit', 'a', 'normal'], ['exit', 'd', 'crash']);
    expect(steps[1]).toContain('started a 2');
  });

  it('24: a child stopped by hand is started by a later group restart that covers it', () => {
    const scene = { flags: plenty('rest_for_one'), children: of('a', 'b', 'c') };
    const { children } = played(
      scene,
      ['terminate_child', 'a'],
      ['terminate_child', 'c'],
      ['exit', 'b', 'crash'],
    );
    expect(children).toEqual(['a -', 'b 2', 'c 2']);
  });

  it('25: two that fail together cause one group restart; under one_for_one both come back', () => {
    const both: Json = ['exit_many', ['a', 'c'], 'crash'];
    const children = of('a', 'b', 'c');
    const once = { flags: { strategy: 'one_for_all', intensity: 1 }, children };
    expect(played(once, both).children).toEqual(['a 2', 'b 2', 'c 2']);
    const each = { flags: { strategy: 'one_for_one', intensity: 2 }, children };
    expect(played(each, both).children).toEqual(['a 2', 'b 1', 'c 2']);
    const tight = { flags: { strategy: 'one_for_one', intensity: 1 }, children };
    expect(played(tight, both).sup).toMatchObject(['exited', ['gave_up', expect.anything()]]);
  });

  it('26: a failure inside a child supervisor is invisible to its parent', () => {
    const sub = { id: 's', flags: plenty(), children: of('m', 'n') };
    const scene = { flags: plenty('one_for_all'), children: [{ id: 'a' }, sub] };
    const { steps, children } = played(scene, ['exit', 'm', 'crash']);
    expect(steps).toEqual([['exiting m 1 crash', 'started m 2']]);
    expect(children).toEqual(['a 1', 's 1']);
  });
});
