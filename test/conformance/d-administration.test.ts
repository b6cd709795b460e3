/** Supervision, statements 41 to 47: what may be asked of a running supervisor. */
import { describe, expect, it } from 'vitest';
import { of, played, plenty } from './played.ts';

const abc = { flags: { intensity: 1 }, children: of('a', 'b', 'c') };
const dynamic = { flags: plenty('simple_one_for_one'), children: of('w') };

describe('administration', () => {
  it('41: terminate keeps the specification, counts nothing, moves nobody', () => {
    const children = [{ id: 'a' }, { id: 't', restart: 'temporary' }, { id: 'c' }];
    const seen = played(
      { flags: { intensity: 0, strategy: 'one_for_all' }, children },
      ['terminate_child', 'a'],
      ['terminate_child', 't'],
      ['terminate_child', 'x'],
    );
    expect(seen.results).toEqual(['ok', 'ok', ['error', 'not_found']]);
    expect(seen.steps).toEqual([['stopped a 1 shutdown'], ['stopped t 1 shutdown'], []]);
    expect(seen.children).toEqual(['a -', 'c 1']);
  });

  it('42: restart wants a child that rests', () => {
    const { results } = played(
      abc,
      ['restart_child', 'a'],
      ['restart_child', 'x'],
      ['terminate_child', 'a'],
      ['restart_child', 'a'],
    );
    expect(results).toEqual([
      ['error', 'running'],
      ['error', 'not_found'],
      'ok',
      ['ok', ['running', 'a', 2]],
    ]);
  });

  it('43: delete wants a child that rests, and forgets it', () => {
    const { results, children } = played(
      abc,
      ['delete_child', 'b'],
      ['terminate_child', 'b'],
      ['delete_child', 'b'],
      ['delete_child', 'b'],
    );
    expect(results).toEqual([['error', 'running'], 'ok', 'ok', ['error', 'not_found']]);
    expect(children).toEqual(['a 1', 'c 1']);
  });

  it('44: start says who is there already; newcomers go last', () => {
    const { results, steps } = played(
      { flags: plenty('rest_for_one'), children: of('a', 'b') },
      ['start_child', { id: 'c' }],
      ['start_child', { id: 'a' }],
      ['exit', 'b', 'crash'],
      ['terminate_child', 'a'],
      ['start_child', { id: 'a' }],
      'stop',
    );
    expect(results).toEqual([
      ['ok', ['running', 'c', 1]],
      ['error', ['already_started', ['running', 'a', 1]]],
      'ok',
      'ok',
      ['error', 'already_present'],
      'ok',
    ]);
    expect(steps[2]).toEqual([
      'exiting b 1 crash',
      'stopped c 1 shutdown',
      'started b 2',
      'started c 2',
    ]);
    expect(steps[5]).toEqual(['stopped c 2 shutdown', 'stopped b 2 shutdown']);
  });

  it('45: a start that fails leaves no specification', () => {
    const { results, children } = played(
      abc,
      ['failnext', 'd', 1],
      ['start_child', { id: 'd' }],
      'which',
      ['start_child', { id: 'd' }],
    );
    expect(results[1]).toEqual(['error', 'cannot_start']);
    expect(results[2]).toHaveLength(3);
    expect(children).toEqual(['a 1', 'b 1', 'c 1', 'd 1']);
  });

  it('46: dynamic children go by reference, not by id; a declined start leaves nothing', () => {
    const { results, steps, children } = played(
      dynamic,
      ['dyn', 'x'],
      ['restart_child', 'x'],
      ['delete_child', 'x'],
      ['terminate_child', 'x'],
      ['ignorenext', 'y'],
      ['dyn', 'y'],
      ['dyn', 'z'],
      ['dyn_terminate', 'x'],
    );
    expect(results).toEqual([
      ['ok', ['running', 'x', 1]],
      ['error', 'simple_one_for_one'],
      ['error', 'simple_one_for_one'],
      ['error', 'simple_one_for_one'],
      'ok',
      ['ok', 'undefined'],
      ['ok', ['running', 'z', 1]],
      'ok',
    ]);
    expect(steps[7]).toEqual(['stopped x 1 shutdown']);
    expect(children).toEqual(['z 1']);
  });

  it('47: an unexpected message changes nothing', () => {
    const { steps, children } = played(abc, ['send_sup', 'hello'], ['exit', 'a', 'crash']);
    expect(steps).toEqual([[], ['exiting a 1 crash', 'started a 2']]);
    expect(children).toEqual(['a 2', 'b 1', 'c 1']);
  });
});
