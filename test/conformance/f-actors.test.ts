/**
 * Supervision, statements 54 to 72: what actors may rely on when they and others fail. Method: the real
 * engine and supervisor; actors that write down what they are told.
 */
import { describe, expect, it } from 'vitest';
import { EMPTY } from '#lib/bytes.ts';
import {
  answer,
  ask,
  end,
  link,
  NORMAL,
  ready,
  send,
  SHUTDOWN,
  spawn,
  unwatch,
  wake,
  watch,
  type Effect,
  type Moment,
} from '#protocols/effect.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { Start } from '#supervision/supervisor.messages.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { at, failsOn, say, stage } from './cast.ts';

const many = { intensity: 100 };
/** Does this when told 1. */
const when1 =
  (...effects: readonly Effect[]) =>
  (_: unknown, n: number): readonly Effect[] =>
    n === 1 ? effects : [];

/** Watches a slow one, or nobody and not. */
const watches = (_: unknown, n: number): readonly Effect[] =>
  n === 1 ? [watch(at('slow'))] : n === 2 ? [watch(at('nobody')), unwatch(at('nobody'))] : [];
/** Asks all of them at once. */
const asks = (...whom: readonly string[]) =>
  when1(...whom.map((name) => ask(name, at(name), say(3), 100)));

/** What `p` hears when a stop, a signal and a message wait for it together. */
function order(...how: readonly ('kill' | 'stop')[]): string[] {
  const { actor, tell, time, log, system } = stage();
  const child = actor('c', () => [end()]);
  system.spawn(actor('p', when1(spawn(child())))());
  tell('p', 1);
  time.pass(0);
  tell('c', 1); // Its end is on its way when the rest is.
  tell('p', 2);
  for (const each of how) system.stop(at('p'), each);
  time.pass(0);
  return log.filter((line) => line.startsWith('p'));
}

describe('messages and failure', () => {
  it('54: the message at hand is never delivered again; those behind it go to the next incarnation', () => {
    const { supervise, actor, tell, time, log, dead } = stage();
    supervise({ flags: many, children: [{ id: 'a', start: actor('a', failsOn(1)) }] });
    tell('a', 1, 2, 3);
    time.pass(0);
    expect(log).toEqual(['sup started', 'a<1', 'a.1 ended crashed', 'a<2', 'a<3']);
    expect(dead).toEqual([]);
  });

  it('54: the same for those that are restarted with it, and their watchers hear nothing', () => {
    const { supervise, actor, tell, time, log, dead } = stage();
    const slow = actor(
      'slow',
      (input) =>
        input.kind === 'stop' ? [wake('x', 50)] : input.kind === 'wake' ? [end(SHUTDOWN)] : [],
      { lingers: true },
    );
    supervise({
      flags: { ...many, strategy: 'rest_for_one' },
      children: [
        { id: 'w', start: actor('w', when1(watch(at('a')), watch(at('b')))) },
        { id: 'a', start: actor('a', failsOn(1)) },
        { id: 'slow', start: slow },
        { id: 'b', start: actor('b') },
      ],
    });
    tell('w', 1);
    tell('a', 1);
    time.pass(20);
    tell('b', 2);
    tell('a', 3);
    time.pass(100);
    expect(log.slice(1)).toEqual([
      'w<1',
      'a<1',
      'a.1 ended crashed',
      'b<stop',
      'b.1 ended shutdown',
      'slow<stop',
      'slow<wake x',
      'slow.1 ended shutdown',
      'a<3',
      'b<2',
    ]);
    expect(dead).toEqual([]);
  });

  it('61: a failure among messages kept while starting keeps the rest of them', () => {
    const { supervise, actor, tell, time, log } = stage();
    const late = actor(
      'a',
      failsOn(1, (input) => (input.kind === 'wake' ? [ready] : [])),
      {
        startsLater: true,
        start: () => [0, [wake('up', 10)]],
      },
    );
    supervise({ flags: many, children: [{ id: 'a', start: late }] });
    tell('a', 1, 2);
    time.pass(100);
    const told = log.filter((line) => line.startsWith('a') && !line.includes('wake'));
    expect(told).toEqual(['a<1', 'a.1 ended crashed', 'a<2']);
  });

  it('68: what waits for an actor that stopped is a dead letter, and so is what comes later', () => {
    const { supervise, actor, tell, time, dead, system } = stage();
    const once = actor('a', failsOn(1));
    supervise({
      flags: many,
      children: [{ id: 'a', restart: 'temporary', start: once }],
    });
    tell('a', 1, 2, 3);
    time.pass(0);
    tell('a', 4);
    expect(dead).toEqual(['a<2 stopped', 'a<3 stopped', 'a<4 no-such-actor']);
    system.spawn(actor('b', undefined, { startsLater: true })());
    time.pass(0);
    tell('b', 5, 6);
    system.stop(at('b'));
    time.pass(0);
    expect(dead.slice(3)).toEqual(['b<5 stopped', 'b<6 stopped']);
  });
});

describe('restart', () => {
  it('55: runs the factory again; without a supervisor a failure is the end', () => {
    const { supervise, actor, tell, time, system, names } = stage();
    supervise({ flags: many, children: [{ id: 'a', start: actor('a', failsOn(1)) }] });
    const before = system.stateOf(at('a'));
    tell('a', 1);
    time.pass(0);
    expect(system.stateOf(at('a'))).not.toBe(before);
    system.spawn(actor('alone', failsOn(1))());
    time.pass(0);
    tell('alone', 1);
    time.pass(0);
    expect(names()).toEqual(['sup', 'a']);
  });

  it('56: timers die with their incarnation, also those that have fired and wait', () => {
    const { supervise, actor, tell, time, log } = stage();
    const timers = actor('a', (input, n) => {
      if (input.kind === 'wake' && input.id === 'first') throw new Error('no');
      return n === 1 ? [wake('first', 10), wake('queued', 10), wake('later', 20)] : [];
    });
    supervise({ flags: many, children: [{ id: 'a', start: timers }] });
    tell('a', 1);
    time.pass(100);
    expect(log).toEqual(['sup started', 'a<1', 'a<wake first', 'a.1 ended crashed']);
  });

  it('57: first stops the own children, and waits until the last of them is gone', () => {
    const { supervise, actor, tell, time, log } = stage();
    const slow = actor(
      'c',
      (input) =>
        input.kind === 'stop' ? [wake('done', 50)] : input.kind === 'wake' ? [end()] : [],
      { lingers: true },
    );
    const parent = actor('p', (_, n) => (n === 1 ? [spawn(slow())] : n === 2 ? [end(NORMAL)] : []));
    supervise({ flags: many, children: [{ id: 'p', start: parent }] });
    tell('p', 1);
    time.pass(0);
    tell('p', 2, 3);
    time.pass(49);
    expect(log.slice(1)).toEqual(['p<1', 'p<started', 'p<2', 'c<stop']);
    time.pass(1);
    expect(log.slice(5)).toEqual(['c<wake done', 'c.1 ended normal', 'p.1 ended normal', 'p<3']);
  });

  it('58: a last word that throws is not fatal to the restart of the group', () => {
    const { supervise, actor, tell, time, log } = stage();
    const clumsy = actor('b', (input) => {
      if (input.kind === 'stop') throw new Error('clumsy');
    });
    supervise({
      flags: { ...many, strategy: 'one_for_all' },
      children: [
        { id: 'a', start: actor('a', failsOn(1)) },
        { id: 'b', start: clumsy },
      ],
    });
    tell('a', 1);
    time.pass(0);
    tell('a', 2);
    tell('b', 2);
    time.pass(0);
    expect(log.slice(1)).toEqual([
      'a<1',
      'a.1 ended crashed',
      'b<stop',
      'b.1 ended crashed',
      'a<2',
      'b<2',
    ]);
  });

  it('59: a factory that fails stops the actor, is counted, or backs off, as the limit is', () => {
    for (const [intensity, backoff, attempts, names] of [
      ['unlimited', undefined, 2, ['sup', 'b']],
      [3, undefined, 4, []],
      ['unlimited', { minMs: 100, maxMs: 100, jitter: 0 }, 12, ['sup', 'a', 'b']],
    ] as const) {
      const theatre = stage();
      let made = 0;
      const failing = () => {
        if (++made > 1) throw new Error('no');
        return theatre.actor('a', failsOn(1))();
      };
      const spec = { id: 'a', start: failing, ...(backoff === undefined ? {} : { backoff }) };
      theatre.supervise({
        flags: { intensity },
        children: [spec, { id: 'b', start: theatre.actor('b') }],
      });
      theatre.tell('a', 1);
      theatre.time.pass(1_100);
      expect(made).toBe(attempts);
      expect(theatre.names()).toEqual(names);
    }
  });

  it('60: while it backs off, messages wait up to the bound of the mailbox', () => {
    const { supervise, actor, tell, time, log, dead } = stage();
    const backoff = { minMs: 100, maxMs: 400, jitter: 0 };
    const start = actor('a', failsOn(1), { mailboxMax: 2 });
    supervise({ flags: many, children: [{ id: 'a', start, backoff }] });
    tell('a', 1);
    time.pass(99);
    tell('a', 2, 3, 4);
    expect(log.slice(1)).toEqual(['a<1', 'a.1 ended crashed']);
    time.pass(1);
    expect(log.slice(3)).toEqual(['a<2', 'a<3']);
    expect(dead).toEqual(['a<4 mailbox-full']);
    tell('a', 1);
    time.pass(199);
    tell('a', 5);
    expect(log.slice(5)).toEqual(['a<1', 'a.2 ended crashed']);
    time.pass(1);
    expect(log.slice(7)).toEqual(['a<5']);
  });
});

describe('watching', () => {
  it('62: one notice for a death; none for a restart; at once for the dead; unwatch takes it back', () => {
    const { supervise, actor, tell, time, log, system } = stage();
    const flags = { intensity: 1 };
    supervise({
      flags,
      children: [
        { id: 'w', restart: 'temporary', start: actor('w', when1(watch(at('a')), watch(at('a')))) },
        { id: 'a', restart: 'transient', start: actor('a', failsOn(1, when1(end()))) },
      ],
    });
    tell('w', 1);
    time.pass(0);
    tell('a', 1);
    time.pass(0);
    expect(log.filter((line) => line.startsWith('w<'))).toEqual(['w<1']);
    system.stop(at('a'));
    time.pass(0);
    expect(log.filter((line) => line.startsWith('w<'))).toEqual(['w<1', 'w<ended a']);
    tell('w', 1);
    time.pass(0);
    expect(log.filter((line) => line.startsWith('w<'))).toEqual([
      'w<1',
      'w<ended a',
      'w<1',
      'w<ended a',
    ]);
  });

  it('62: unwatch also takes back a notice that waits; a stopping actor still gives one', () => {
    const { actor, tell, time, log, system } = stage();
    const slow = actor('slow', (input) => (input.kind === 'wake' ? [end()] : [wake('x', 50)]), {
      lingers: true,
    });
    system.spawn(slow());
    system.spawn(actor('w', watches)());
    time.pass(0);
    system.stop(at('slow'));
    time.pass(0);
    tell('w', 1, 2);
    time.pass(100);
    expect(log.filter((line) => line.startsWith('w<'))).toEqual(['w<1', 'w<2', 'w<ended slow']);
  });

  it('63: a notice is never dropped by a full mailbox, nor overtakes what the dead had sent', () => {
    const { actor, tell, time, log, system } = stage();
    const talker = actor('a', when1(send(at('w'), say(7)), send(at('w'), say(8)), end()));
    const watcher = actor('w', when1(watch(at('a')), send(at('a'), say(1))), { mailboxMax: 2 });
    system.spawn(talker());
    system.spawn(watcher());
    tell('w', 1);
    time.pass(0);
    expect(log.filter((line) => line.startsWith('w<'))).toEqual(['w<1', 'w<7', 'w<8', 'w<ended a']);
  });

  it('64: a link makes the end of another one the own end', () => {
    const { supervise, actor, tell, time, log } = stage();
    supervise({
      flags: many,
      children: [
        { id: 'a', restart: 'temporary', start: actor('a', failsOn(1)) },
        { id: 'b', start: actor('b', when1(link(at('a')))) },
      ],
    });
    tell('b', 1);
    time.pass(0);
    tell('a', 1);
    time.pass(0);
    expect(log.slice(1)).toEqual(['b<1', 'a<1', 'a.1 ended crashed', 'b.1 ended crashed']);
  });

  it('65: the parent learns why, others only that', () => {
    const { actor, tell, time, log, system } = stage();
    const child = actor('c', failsOn(2));
    system.spawn(actor('p', when1(spawn(child())))());
    system.spawn(actor('w', when1(watch(at('c'))))());
    tell('p', 1);
    time.pass(0);
    tell('w', 1);
    time.pass(0);
    tell('c', 2);
    time.pass(0);
    expect(log).toContain('p<child-ended crashed Error: told 2');
    expect(log).toContain('w<ended c');
  });
});

describe('priority and stopping', () => {
  it('66: kill before stop, stop before signals, signals before messages', () => {
    expect(order()).toEqual(['p<1', 'p<started', 'p<child-ended normal', 'p<2']);
    expect(order('stop')).toEqual(['p<1', 'p<started', 'p<stop', 'p.1 ended shutdown']);
    expect(order('stop', 'kill')).toEqual(['p<1', 'p<started', 'p.1 ended killed']);
  });

  it('66: drain handles what is queued first, and stop lets the message at hand finish', () => {
    const { actor, tell, time, log, system } = stage();
    system.spawn(actor('a')());
    time.pass(0);
    tell('a', 1, 2);
    system.stop(at('a'), 'drain');
    time.pass(0);
    expect(log).toEqual(['a<1', 'a<2', 'a<stop', 'a.1 ended shutdown']);
  });

  it('67: a start that throws is told to whoever spawned, and leaves no trace', () => {
    const { actor, tell, time, log, system, names } = stage();
    const broken = actor('c', undefined, {
      start: () => {
        throw new Error('no');
      },
    });
    system.spawn(actor('p', when1(spawn(broken())))());
    tell('p', 1);
    time.pass(0);
    expect(log).toContain('p<unstarted Error: no');
    expect(names()).toEqual(['p']);
    system.spawn(actor('c')());
    time.pass(0);
    expect(names()).toEqual(['p', 'c']);
  });

  it('69: a failure of a supervisor is told to its own supervisor', () => {
    const theatre = stage();
    const { time, log, system } = theatre;
    const inner = (): AnyActor =>
      supervisor({
        address: at('inner'),
        children: [{ id: 'a', start: theatre.actor('a') }],
        admits: () => {
          throw new Error('a bug of the supervisor');
        },
      });
    theatre.supervise({ flags: many, children: [{ id: 'inner', start: inner }] });
    system.send(at('inner'), Start.of({ id: 'x', template: 'x', argument: EMPTY }));
    time.pass(0);
    expect(log.slice(1)).toEqual(['a.1 ended killed', 'inner.1 ended crashed']);
    theatre.tell('a', 5);
    time.pass(0);
    expect(log.at(-1)).toBe('a<5');
  });

  it('70: a supervisor that has begun to stop takes no more children', () => {
    const { supervise, actor, ask: request, time, system, names } = stage();
    const slow = actor('a', (input) => (input.kind === 'wake' ? [end()] : [wake('x', 50)]), {
      lingers: true,
    });
    const templates = { more: { start: actor('b') } };
    supervise({ children: [{ id: 'a', start: slow }], templates });
    system.stop(at('sup'));
    time.pass(10);
    const answered = request(Start.of({ id: 'b', template: 'more', argument: EMPTY }));
    time.pass(10);
    expect(answered()).toMatchObject({ kind: 'supervisor.refused', why: 'stopping' });
    time.pass(100);
    expect(names()).toEqual([]);
  });
});

describe('asking', () => {
  it('71: fails at once where nobody is, else at the deadline; a late answer is a dead letter', () => {
    const { actor, tell, time, log, dead, system } = stage();
    let owed: Moment['ticket'];
    const late = actor('late', (input, _, moment) => {
      if (input.kind === 'wake') return [answer(owed!, say(4))];
      owed = moment.ticket;
      return [wake('x', 200)];
    });
    system.spawn(late());
    system.spawn(actor('a', asks('nobody', 'late'))());
    tell('a', 1);
    time.pass(0);
    expect(log.toSorted()).toEqual(['a<1', 'a<unanswered dead', 'late<3']);
    time.pass(100);
    expect(log.at(-1)).toBe('a<unanswered deadline');
    time.pass(1_000);
    expect(dead).toEqual(['a<4 late-answer']);
    expect(system.asksOpen).toBe(0);
    expect(time.leap(1_000_000)).toBe(false);
  });

  it('72: fails promptly when the asked one crashes over it, also when it is restarted', () => {
    const { supervise, actor, tell, time, log, system } = stage();
    supervise({
      flags: many,
      children: [
        { id: 'b', start: actor('b', failsOn(3)) },
        { id: 'a', start: actor('a', asks('b')) },
      ],
    });
    tell('a', 1);
    time.pass(0);
    expect(log.slice(1)).toEqual(['a<1', 'b<3', 'b.1 ended crashed', 'a<unanswered dead']);
    expect(system.asksOpen).toBe(0);
  });
});
