/** Supervision, statements 48 to 53: significant children and automatic shutdown. */
import { describe, expect, it } from 'vitest';
import { of, played, plenty } from './played.ts';

const any = (strategy = 'one_for_one') => ({
  ...plenty(strategy),
  auto_shutdown: 'any_significant',
});
const all = { ...plenty(), auto_shutdown: 'all_significant' };
const significant = (id: string, restart = 'transient') => ({ id, restart, significant: true });
const DOWN = ['exited', 'shutdown'];

describe('significant children', () => {
  it('48: are refused where nothing shuts down, and where they are permanent', () => {
    expect(played({ flags: plenty(), children: [significant('a')] }).refused).toMatchObject([
      'error',
      ['start_spec', ['bad_combination', expect.anything()]],
    ]);
    expect(played({ flags: any(), children: [significant('a', 'permanent')] }).start).toEqual([]);
  });

  it('49: any of them that is gone takes the siblings along, in reverse, and the supervisor', () => {
    for (const [restart, reason] of [
      ['transient', 'normal'],
      ['transient', 'shutdown'],
      ['temporary', 'normal'],
      ['temporary', 'crash'],
    ] as const) {
      const children = [...of('a', 'b'), significant('s', restart), { id: 'c' }];
      const { steps, sup } = played({ flags: any(), children }, ['exit', 's', reason]);
      expect(steps[0]!.slice(1)).toEqual([
        'stopped c 1 shutdown',
        'stopped b 1 shutdown',
        'stopped a 1 shutdown',
      ]);
      expect(sup).toEqual(DOWN);
    }
  });

  it('50: a transient one that crashes is just restarted', () =>
    expect(
      played({ flags: any(), children: [significant('a')] }, ['exit', 'a', 'crash']).children,
    ).toEqual(['a 2']));

  it('51: with all_significant, only the last living one counts', () => {
    const scene = {
      flags: all,
      children: [significant('a'), significant('b', 'temporary'), { id: 'c' }],
    };
    expect(played(scene, ['exit', 'b', 'crash']).sup).toBe('alive');
    expect(played(scene, ['exit', 'b', 'crash'], ['exit', 'a', 'normal']).sup).toEqual(DOWN);
  });

  it('52: a stop by hand, or with a group, does not trigger it', () => {
    expect(
      played({ flags: any(), children: [significant('a')] }, ['terminate_child', 'a']).sup,
    ).toBe('alive');
    const scene = {
      flags: any('one_for_all'),
      children: [{ id: 'a' }, significant('b', 'temporary')],
    };
    expect(played(scene, ['exit', 'a', 'crash']).sup).toBe('alive');
  });

  it('53: of a transient subtree it is local, of a permanent one a restart, of a significant one it cascades', () => {
    const sub = (more: object) => ({
      id: 's',
      flags: any(),
      children: [significant('m'), { id: 'n' }],
      ...more,
    });
    const after = (more: object, flags = plenty()) =>
      played({ flags, children: [{ id: 'a' }, sub(more)] }, ['exit', 'm', 'normal']);
    expect(after({ restart: 'transient' }).children).toEqual(['a 1', 's -']);
    expect(after({ restart: 'permanent' }).children).toEqual(['a 1', 's 2']);
    const cascade = after({ restart: 'transient', significant: true }, any());
    expect(cascade.sup).toEqual(DOWN);
    expect(cascade.steps[0]).toEqual([
      'exiting m 1 normal',
      'stopped n 1 shutdown',
      'stopped a 1 shutdown',
    ]);
  });
});
