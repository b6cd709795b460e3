/** The live tree as text: what is drawn of quiet, restarted and odd clusters. */
import { describe, expect, it } from 'vitest';
import { draw, duration, hasAll, readLook, type Look, type Sighted } from '#cli/sights.ts';

const PLACE = 'asia.ishikawa.komatsu';
const sight = (name: string, parent: string | null, more: Partial<Sighted> = {}): Sighted => ({
  address: `${PLACE}.${name}`,
  parent: parent === null ? null : `${PLACE}.${parent}`,
  phase: 'running',
  incarnation: 1,
  waiting: 0,
  restarts: 0,
  lastReason: null,
  ...more,
});
const look = (process: string, ...sights: Sighted[]): Look => ({
  process,
  pid: 7,
  uptimeMs: 61_000,
  actors: sights.length,
  sights,
});
const child = (address: string, phase = 'running'): Sighted => ({
  ...sight('', null),
  address,
  phase,
});
const plain = { all: false, colours: false, rowsMax: 10 };

describe('the live tree', () => {
  it('is a line for a quiet node, and opens where there is something to tell', () => {
    const drawn = draw(
      [
        look('p2', sight('n2.node', null), sight('n2.ring', 'n2.node')),
        look(
          'p1',
          sight('n1.node', null),
          sight('n1.ring', 'n1.node', { restarts: 2, lastReason: 'crashed: no' }),
          sight('n1.heart', 'n1.node'),
        ),
      ],
      plain,
    );
    expect(drawn.split('\n').map((line) => line.trimEnd())).toEqual([
      '2 processes, 2 nodes, 5 actors, 0 messages waiting, 2 restarts',
      '',
      'p1  pid 7  up 1 min 1 s',
      `  n1.node                           running`,
      `    ring                            running   2 restarts  crashed: no`,
      '',
      'p2  pid 7  up 1 min 1 s',
      `  n2.node                           running`,
    ]);
  });
  it('shows everybody when asked, up to a bound', () => {
    const many = Array.from({ length: 30 }, (_, i) => sight(`n1.w_${i}`, 'n1.node'));
    const drawn = draw([look('p1', sight('n1.node', null), ...many)], { ...plain, all: true });
    expect(drawn).toContain('w_8');
    expect(drawn).toContain('… and 21 more');
  });
  it('lets nothing of a reason reach the terminal but letters', () => {
    const odd = sight('n1.ring', 'n1.node', { restarts: 1, lastReason: 'a\u001b[2Jb\nc' });
    expect(draw([look('p1', sight('n1.node', null), odd)], plain)).toContain('a?[2Jb?c');
  });
  it('is all there when whoever runs has answered, and not before the one that knows', () => {
    const [p1, p2] = [look('p1'), look('p2')];
    const up = look('up', child('p1 (pid 7)'), child('p2 (pid 8)'), child('p3', 'starting'));
    expect([[], [p1, p2], [up], [up, p1]].map(hasAll)).toEqual([false, false, false, false]);
    expect(
      [
        [up, p2, p1],
        [p1, up, p2],
      ].map(hasAll),
    ).toEqual([true, true]);
  });
  it('takes only what is an answer', () => {
    expect(readLook('{"process":"p1","actors":0,"sights":[]}')).toBeDefined();
    for (const bad of ['', '{', 'null', '[]', '{"process":1,"sights":[]}', '{"process":"p"}']) {
      expect(readLook(bad)).toBeUndefined();
    }
  });
  it('says how long', () => {
    expect([5_000, 65_000, 7_300_000].map(duration)).toEqual(['5 s', '1 min 5 s', '2 h 1 min']);
  });
});
