/** What is passed on of processes that are not up yet, and what their last line is worth. */
import { describe, expect, it } from 'vitest';
import { Unready } from '#cli/unready.ts';

function heard() {
  const said: string[] = [];
  return { said, unready: new Unready((id, line) => void said.push(`${id} ${line}`)) };
}

describe('lines of processes that are not up yet', () => {
  it('are passed on when they are up, and from then on at once, until they are gone', () => {
    const { said, unready } = heard();
    unready.line('p1', 'early');
    expect(said).toEqual([]);
    unready.started('p1');
    unready.line('p1', 'late');
    expect(said).toEqual(['p1 early', 'p1 late']);
    unready.gone('p1');
    unready.line('p1', 'of its next life');
    expect(said).toHaveLength(2);
  });

  it('are passed on when they fail, unless the last one says that the machine is unfit', () => {
    const { said, unready } = heard();
    for (const line of ['where', 'city-chain: a bug']) unready.line('p1', line);
    unready.failed('p1', 1);
    expect(said).toEqual(['p1 where', 'p1 city-chain: a bug']);
    expect(unready.unfit).toBeUndefined();
    unready.line('p2', 'not ours');
    unready.failed('p2', 2);
    expect(unready.unfit).toBeUndefined();
    for (const line of ['where', 'city-chain: no disk']) unready.line('p2', line);
    unready.failed('p2', 2);
    expect(unready.unfit?.message).toBe('p2: no disk');
    expect(said.filter((line) => line.includes('no disk'))).toEqual([]);
    unready.started('p2');
    expect(unready.unfit).toBeUndefined();
  });

  it('are the last hundred, whatever it prints', () => {
    const { said, unready } = heard();
    for (let i = 0; i < 1_000; i++) unready.line('p1', String(i));
    unready.failed('p1', undefined);
    expect([said.length, said[0], said.at(-1)]).toEqual([100, 'p1 900', 'p1 999']);
  });
});
