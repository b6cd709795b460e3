/**
 * Watches between nodes, message by message: whose notice it is, how many watchers another node may have
 * here, and when they are forgotten. Method: scripted actors, envelopes by hand, a carrier that says whom
 * it tracks. Watches that cross each other on the way are in watching.property.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '#config/limits.ts';
import { unwatch, watch } from '#protocols/effect.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { nodeAddress, type Address } from '#protocols/subjects.ts';
import { at, far, komatsu, on, scripted, type React } from './scripted.ts';

const n2 = nodeAddress(komatsu, 'n2');
type About = 'watch' | 'unwatch' | 'ended';
const about = (form: About, from: Address, number: number, to = at('a')): Envelope => ({
  form,
  to,
  from,
  incarnation: 1,
  number,
});
const numbersOf = (sent: readonly Envelope[]): string[] =>
  sent.map((each) => `${each.form} ${'number' in each ? each.number : ''} ${each.to}`);

const watching =
  (who: Address): React =>
  (input) => {
    if (!('n' in input)) return [];
    return input.n === 1 ? [watch(who)] : [unwatch(who), watch(who)];
  };

describe('who here watches here', () => {
  it('does not hear the end that an earlier watch had waited for', () => {
    const { manual, log, system, actor, tell } = scripted();
    const y = actor('y');
    system.spawn(y, ({ kind }) => void (kind === 'child-ended' && system.spawn(y)));
    system.spawn(actor('a', watching(at('y'))));
    tell('a', 1);
    manual.settle();
    // It ends and begins anew while the other has something to do first.
    system.stop(at('y'), 'kill');
    tell('a', 2);
    manual.settle();
    expect(log).toEqual(['a<1', 'a<2']);
    system.stop(at('y'), 'kill');
    manual.settle();
    expect(log).toEqual(['a<1', 'a<2', 'a<ended']);
  });
});

describe('who here watches elsewhere', () => {
  it('hears of its last watch only, and once', () => {
    const { manual, log, sent, system, actor, tell, receive } = scripted();
    const who = far('y');
    system.spawn(actor('a', watching(who)));
    tell('a', 1, 2);
    manual.settle();
    const [first, , second] = sent.map((each) => ('number' in each ? each.number : 0));
    expect(sent.map(({ form }) => form)).toEqual(['watch', 'unwatch', 'watch']);
    expect(second).not.toBe(first);
    for (const stale of [first!, 0, second! + 1]) receive(about('ended', who, stale));
    manual.settle();
    expect(log).toEqual(['a<1', 'a<2']);
    for (let i = 0; i < 2; i++) receive(about('ended', who, second!));
    manual.settle();
    expect(log).toEqual(['a<1', 'a<2', 'a<ended']);
  });

  it('is told by its own number when a carrier finds nobody there', () => {
    const { manual, sent, system, actor, tell } = scripted();
    system.spawn(actor('a', on(1, watch(far('y')))));
    system.spawn(actor('b', on(1, watch(far('y')))));
    tell('a', 1);
    tell('b', 1);
    manual.settle();
    const numbers = sent.map((each) => ('number' in each ? each.number : 0));
    expect(new Set(numbers).size).toBe(2);
  });
});

describe('who elsewhere watches here', () => {
  it('hears the number of its watch, at once where nobody is there', () => {
    const { manual, sent, system, actor, receive } = scripted();
    system.spawn(actor('a'));
    manual.settle();
    receive(about('watch', far('w'), 5));
    receive(about('watch', far('v'), 6, at('nobody')));
    system.stop(at('a'), 'kill');
    manual.settle();
    expect(numbersOf(sent)).toEqual([`ended 6 ${far('v')}`, `ended 5 ${far('w')}`]);
  });

  it('takes back the watch that it names, and no later one', () => {
    const { manual, sent, system, actor, receive } = scripted();
    system.spawn(actor('a'));
    manual.settle();
    for (const number of [5, 6]) receive(about('watch', far('w'), number));
    receive(about('unwatch', far('w'), 5));
    receive(about('watch', far('v'), 7));
    receive(about('unwatch', far('v'), 7));
    system.stop(at('a'), 'kill');
    manual.settle();
    expect(numbersOf(sent)).toEqual([`ended 6 ${far('w')}`]);
  });

  it('is tracked with its node as long as it watches anybody here', () => {
    const { manual, system, actor, receive, tracked } = scripted();
    for (const name of ['a', 'b']) system.spawn(actor(name));
    manual.settle();
    receive(about('watch', far('w'), 1));
    receive(about('watch', far('v'), 2, at('b')));
    receive(about('watch', far('w', 'n3'), 1));
    expect(tracked).toEqual(['n2', 'n3']);
    receive(about('unwatch', far('w'), 1));
    expect(tracked).toEqual(['n2', 'n3']);
    system.stop(at('b'), 'kill');
    manual.settle();
    expect(tracked).toEqual(['n3']);
    system.close();
    expect(tracked).toEqual([]);
  });

  it('is forgotten with its node, and told, since it may be alive', () => {
    const { manual, sent, system, actor, receive, gone, tracked } = scripted();
    system.spawn(actor('a'));
    manual.settle();
    receive(about('watch', far('w'), 5));
    receive(about('watch', far('w', 'n3'), 6));
    gone(n2);
    gone(n2);
    expect(numbersOf(sent)).toEqual([`ended 5 ${far('w')}`]);
    expect(tracked).toEqual(['n3']);
    system.stop(at('a'), 'kill');
    manual.settle();
    expect(numbersOf(sent).slice(1)).toEqual([`ended 6 ${far('w', 'n3')}`]);
  });

  it('makes room for others when it is forgotten', () => {
    const { manual, sent, system, actor, receive, gone } = scripted();
    system.spawn(actor('a'));
    manual.settle();
    for (let n = 1; n <= LIMITS.watchersMax; n++) receive(about('watch', far(`w_${n}`), n));
    // Nobody is refused what it has.
    receive(about('watch', far('w_1'), LIMITS.watchersMax + 1));
    expect(sent).toEqual([]);
    receive(about('watch', far('w', 'n3'), 1));
    expect(sent).toHaveLength(1);
    gone(n2);
    receive(about('watch', far('w', 'n3'), 2));
    expect(sent).toHaveLength(1 + LIMITS.watchersMax);
    system.stop(at('a'), 'kill');
    manual.settle();
    expect(numbersOf(sent.slice(-1))).toEqual([`ended 2 ${far('w', 'n3')}`]);
  });

  it('may be so many for an actor, and so many from a node; more hear at once that nobody is there', () => {
    const { manual, sent, system, actor, receive } = scripted();
    const [actors, each] = [4, LIMITS.watchersPerNodeMax / 4];
    expect(each).toBeLessThan(LIMITS.watchersMax);
    for (let i = 0; i <= actors; i++) system.spawn(actor(`a_${i}`));
    manual.settle();
    for (let i = 0; i < actors; i++) {
      for (let n = 0; n < each; n++) receive(about('watch', far(`w_${n}`), n + 1, at(`a_${i}`)));
    }
    expect(sent).toEqual([]);
    receive(about('watch', far('more'), 9, at('a_4')));
    expect(numbersOf(sent)).toEqual([`ended 9 ${far('more')}`]);
    // The same two again take no more room, and whoever leaves makes room.
    receive(about('watch', far('w_0'), 77, at('a_0')));
    receive(about('unwatch', far('w_1'), 2, at('a_0')));
    receive(about('watch', far('more'), 10, at('a_4')));
    for (let n = 1; n < LIMITS.watchersMax + 3; n++)
      receive(about('watch', far(`w_${n}`, `m${n % 7}`), n, at('a_4')));
    expect(sent).toHaveLength(1 + 3);
    expect(sent.every(({ form }) => form === 'ended')).toBe(true);
  });
});
