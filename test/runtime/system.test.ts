/**
 * The engine, rule by rule. Method: actors that write down what they are told, a manual clock, turns
 * taken by hand. Restart rules with supervisors are in test/conformance/.
 */
import { describe, expect, it } from 'vitest';
import { catalogue, count, message, text, type Infer } from '#protocols/codec.ts';
import {
  answer,
  ask,
  end,
  NOTHING,
  send,
  sleep,
  spawn,
  stop,
  unwatch,
  wake,
  watch,
  link,
  type Effect,
  type Moment,
  type Signal,
} from '#protocols/effect.ts';
import { address, nodeAddress, place, type Address } from '#protocols/subjects.ts';
import { anyActor, IGNORE, type Actor, type AnyActor, type Overflow } from '#runtime/actor.ts';
import { noCarrier, type Carrier } from '#runtime/carrier.ts';
import type { DeadLetterReason } from '#runtime/ports.ts';
import { System } from '#runtime/system.ts';
import { Manual, seeded } from './manual.ts';

const Say = message('test.say', { n: count(1_000_000), word: text(40) });
const Loud = message('test.loud', { n: count(10) });
const TALK = catalogue(Say, Loud);
type Talk = Infer<typeof TALK>;

const node = nodeAddress(place('asia.ishikawa.komatsu'), 'n1');
const at = (name: string): Address => address(node, name);
const say = (n: number, word = ''): Talk => Say.of({ n, word });

type React = (input: Talk | Signal, at: Moment) => readonly Effect<Talk>[] | undefined;

/** An actor that logs every input and does what the test says. */
function scripted(
  name: string,
  log: string[],
  react: React = () => NOTHING,
  more: Partial<Actor<null, Talk, Talk>> = {},
): AnyActor {
  return anyActor<null, Talk, Talk>({
    address: at(name),
    listens: TALK,
    start: () => [null, NOTHING],
    receive: (_, input, moment) => {
      log.push(`${name}<${brief(input)}`);
      return [null, react(input, moment) ?? NOTHING];
    },
    ...more,
  });
}

function brief(input: Talk | Signal): string {
  if (input.kind === 'test.say') return String(input.n);
  if (input.kind === 'wake') return `wake:${input.id}`;
  if (input.kind === 'answered') return `answered:${input.id}:${brief(input.message as Talk)}`;
  if (input.kind === 'unanswered') return `unanswered:${input.id}:${input.why}`;
  if (input.kind === 'ended') return `ended:${input.who.split('.').at(-1)}`;
  if (input.kind === 'child-ended') return `child-ended:${input.reason.how}`;
  return input.kind;
}

const overflow = (kind: string): Overflow => (kind === 'test.loud' ? 'drop-oldest' : 'refuse');

/** Does these effects when spoken to. */
const watcher = (log: string[], ...effects: Effect<Talk>[]): AnyActor =>
  scripted('w', log, (input) => (input.kind === 'test.say' ? effects : NOTHING));

function world() {
  const manual = new Manual();
  const log: string[] = [];
  const dead: [string, DeadLetterReason][] = [];
  const system = new System(
    {
      clock: manual.clock,
      scheduler: manual.scheduler,
      entropy: seeded(1),
      observer: { deadLetter: (_, letter, why) => dead.push([letter.kind, why]) },
    },
    { encodesLocal: true, checksInvariants: true },
  );
  return { manual, log, dead, system };
}

describe('delivery', () => {
  it('keeps the order of one sender', () => {
    const { manual, log, system } = world();
    system.spawn(scripted('a', log));
    for (let n = 0; n < 100; n++) system.send(at('a'), say(n));
    manual.settle();
    expect(log).toEqual(Array.from({ length: 100 }, (_, n) => `a<${n}`));
  });

  it('refuses what the actor does not listen to, before it sees it', () => {
    const { manual, log, dead, system } = world();
    system.spawn(scripted('a', log));
    system.send(at('a'), { kind: 'test.other' });
    system.send(at('a'), { kind: 'test.say', n: -1, word: '' } as Talk);
    system.send(at('a'), { kind: 'test.say', n: 1, word: '', more: 1 } as Talk);
    manual.settle();
    expect(log).toEqual([]);
    expect(dead.map(([, why]) => why)).toEqual(['malformed', 'malformed', 'malformed']);
  });

  it('refuses newcomers when a mailbox is full, or drops the oldest of their kind', () => {
    const { manual, log, dead, system } = world();
    system.spawn(scripted('a', log, undefined, { mailboxMax: 3, overflow }));
    manual.settle();
    system.send(at('a'), Loud.of({ n: 1 }));
    for (const n of [1, 2, 3]) system.send(at('a'), say(n));
    system.send(at('a'), Loud.of({ n: 2 }));
    manual.settle();
    expect(log).toEqual(['a<1', 'a<2', 'a<test.loud']);
    expect(dead).toEqual([
      ['test.say', 'mailbox-full'],
      ['test.loud', 'mailbox-full'],
    ]);
  });

  it('gives every actor its turn while one is busy with itself', () => {
    const { manual, log, system } = world();
    let rounds = 0;
    const selfish: React = (_, { now }) =>
      now >= 0 && rounds++ < 5_000 ? [send(at('busy'), say(1))] : NOTHING;
    system.spawn(scripted('busy', [], selfish));
    system.spawn(scripted('other', log, () => void log.push(`after ${rounds} rounds`)));
    system.send(at('busy'), say(1));
    system.send(at('other'), say(1));
    manual.settle();
    expect(rounds).toBe(5_001);
    expect(Number(log[1]!.split(' ')[1])).toBeLessThan(200);
  });
});

const leaver: React = ({ kind }) => (kind === 'test.say' ? [end()] : NOTHING);

describe('a name', () => {
  it('means whoever has it now, also to those who spoke to a former owner last', () => {
    const { manual, log, dead, system } = world();
    const relay: React = (input) => (input.kind === 'test.say' ? [send(at('b'), input)] : NOTHING);
    system.spawn(scripted('a', [], relay));
    system.spawn(scripted('b', log, leaver));
    system.send(at('a'), say(1));
    manual.settle();
    system.send(at('a'), say(2));
    manual.settle();
    system.spawn(scripted('b', log));
    for (const n of [3, 4]) system.send(at('a'), say(n));
    manual.settle();
    expect(log).toEqual(['b<1', 'b<3', 'b<4']);
    expect(dead).toEqual([['test.say', 'no-such-actor']]);
  });
});

describe('a node that lives here', () => {
  it('has no outside: what is said to its actors before they start goes nowhere', () => {
    const { manual, log, dead, system } = world();
    const other = nodeAddress(place('asia.ishikawa.komatsu'), 'n2');
    system.host(node, other);
    const to = address(other, 'late');
    system.spawn(
      scripted('a', log, (input) =>
        input.kind === 'test.say' ? [send(to, say(1)), ask('q', to, say(2), 1e6)] : NOTHING,
      ),
    );
    system.send(at('a'), say(0));
    manual.settle();
    expect(log).toEqual(['a<0', 'a<unanswered:q:dead']);
    expect(dead).toEqual([['test.say', 'no-such-actor']]);
  });
});

describe('asks', () => {
  it('bring the answer back once, under their id', () => {
    const { manual, log, system } = world();
    system.spawn(
      scripted('b', log, (_, { ticket }) => [answer(ticket!, say(7)), answer(ticket!, say(8))]),
    );
    system.spawn(
      scripted('a', log, (input) =>
        input.kind === 'test.say' ? [ask('q', at('b'), say(2), 50)] : NOTHING,
      ),
    );
    system.send(at('a'), say(1));
    manual.pass(1_000);
    expect(log).toEqual(['a<1', 'b<2', 'a<answered:q:7']);
    expect(system.asksOpen).toBe(0);
  });

  it('fail at the deadline, and the late answer is a dead letter', () => {
    const { manual, log, dead, system } = world();
    const late: React = (_, { ticket }) => {
      if (ticket === undefined) return NOTHING;
      pending = ticket;
      return [wake('later', 100)];
    };
    let pending: Moment['ticket'];
    system.spawn(
      scripted('b', log, (input, moment) =>
        input.kind === 'wake' ? [answer(pending!, say(7))] : late(input, moment),
      ),
    );
    system.spawn(
      scripted('a', log, (input) =>
        input.kind === 'test.say' ? [ask('q', at('b'), say(2), 50)] : NOTHING,
      ),
    );
    system.send(at('a'), say(1));
    manual.pass(1_000);
    expect(log).toEqual(['a<1', 'b<2', 'a<unanswered:q:deadline', 'b<wake:later']);
    expect(dead).toEqual([['test.say', 'late-answer']]);
  });

  it('fail at once when nobody is there, when the mailbox is full, when the asked one crashes', () => {
    const { manual, log, system } = world();
    const asker: React = (input) =>
      input.kind === 'test.say'
        ? [
            ask('none', at('nobody'), say(0), 1e6),
            ask('full', at('full'), say(0), 1e6),
            ask('bad', at('bad'), say(0), 1e6),
          ]
        : NOTHING;
    system.spawn(scripted('a', log, asker));
    system.spawn(scripted('full', [], undefined, { mailboxMax: 0 }));
    system.spawn(
      scripted('bad', [], () => {
        throw new Error('no');
      }),
    );
    system.send(at('a'), say(1));
    manual.settle();
    expect(log).toEqual([
      'a<1',
      'a<unanswered:none:dead',
      'a<unanswered:full:full',
      'a<unanswered:bad:dead',
    ]);
  });

  it('have numbers that another life of the process does not use', () => {
    const numbers = [1, 2].map((seed) => {
      const manual = new Manual();
      const { clock, scheduler } = manual;
      const sent: number[] = [];
      const carrier: Carrier = {
        ...noCarrier(),
        send: (envelope) => void (envelope.form === 'ask' && sent.push(envelope.number)),
      };
      const system = new System({ clock, scheduler, entropy: seeded(seed), carrier });
      const other = address(nodeAddress(place('asia.ishikawa.komatsu'), 'n2'), 'b');
      system.spawn(scripted('a', [], () => [ask('q', other, say(2), 50)]));
      system.send(at('a'), say(1));
      manual.settle();
      return sent;
    });
    expect(numbers[0]).toHaveLength(1);
    expect(numbers[0]).not.toEqual(numbers[1]);
  });

  it('can be made from outside', () => {
    const { manual, system } = world();
    const heard: Signal[] = [];
    system.spawn(scripted('b', [], (_, { ticket }) => [answer(ticket!, say(9))]));
    system.ask(at('b'), say(1), 100, (outcome) => heard.push(outcome));
    system.ask(at('c'), say(1), 100, (outcome) => heard.push(outcome));
    manual.settle();
    expect(heard.map(brief).toSorted()).toEqual(['answered::9', 'unanswered::dead']);
  });
});

describe('timers', () => {
  it('fire once, in order, and not when slept', () => {
    const { manual, log, system } = world();
    system.spawn(
      scripted('a', log, (input) =>
        input.kind === 'test.say'
          ? [wake('c', 30), wake('a', 10), wake('b', 20), wake('a', 15), sleep('b')]
          : NOTHING,
      ),
    );
    system.send(at('a'), say(1));
    manual.pass(100);
    expect(log).toEqual(['a<1', 'a<wake:a', 'a<wake:c']);
  });

  it('die with their actor', () => {
    const { manual, log, system } = world();
    system.spawn(
      scripted('a', log, (input) => {
        if (input.kind === 'test.say' && input.n === 2) throw new Error('no');
        return [wake('x', 10)];
      }),
    );
    system.send(at('a'), say(1));
    system.send(at('a'), say(2));
    manual.pass(100);
    expect(log).toEqual(['a<1', 'a<2']);
  });
});

describe('watching', () => {
  it('brings one notice for a death, also when watched twice', () => {
    const { manual, log, system } = world();
    system.spawn(scripted('a', [], () => [end()]));
    system.spawn(watcher(log, watch(at('a')), watch(at('a'))));
    system.send(at('w'), say(1));
    manual.settle();
    system.send(at('a'), say(1));
    manual.settle();
    expect(log).toEqual(['w<1', 'w<ended:a']);
  });

  it('is answered at once when nobody is there', () => {
    const { manual, log, system } = world();
    system.spawn(watcher(log, watch(at('a'))));
    system.send(at('w'), say(1));
    manual.settle();
    expect(log).toEqual(['w<1', 'w<ended:a']);
  });

  it('keeps the notice behind what the dead had sent, and takes it back on unwatch', () => {
    const { manual, log, system } = world();
    system.spawn(scripted('a', [], () => [send(at('w'), say(5)), send(at('w'), say(6)), end()]));
    const react: React = (input) => {
      if (input.kind !== 'test.say') return NOTHING;
      if (input.n === 1) return [watch(at('a')), send(at('a'), say(0))];
      return input.n === 6 && log.length > 4 ? [unwatch(at('a'))] : NOTHING;
    };
    system.spawn(scripted('w', log, react));
    system.send(at('w'), say(1));
    manual.settle();
    expect(log).toEqual(['w<1', 'w<5', 'w<6', 'w<ended:a']);
  });

  it('through a link, ends the watcher too', () => {
    const { manual, log, system } = world();
    system.spawn(scripted('a', [], () => [end()]));
    const heard: string[] = [];
    system.spawn(watcher(log, link(at('a'))), (signal) => heard.push(brief(signal)));
    system.send(at('w'), say(1));
    manual.settle();
    system.send(at('a'), say(1));
    manual.settle();
    expect(heard).toEqual(['started', 'child-ended:crashed']);
  });
});

describe('lives', () => {
  it('tell the spawner of start and end, with the reason', () => {
    const { manual, log, system } = world();
    const child = scripted('c', log, () => [end()]);
    system.spawn(
      scripted('p', log, (input) => (input.kind === 'test.say' ? [spawn(child)] : NOTHING)),
    );
    system.send(at('p'), say(1));
    manual.settle();
    system.send(at('c'), say(2));
    manual.settle();
    expect(log).toEqual(['p<1', 'p<started', 'c<2', 'p<child-ended:normal']);
    expect(system.look().map(({ address: who }) => who)).toEqual([at('p')]);
  });

  it('leave no trace of a start that throws or declines', () => {
    const { manual, system } = world();
    const heard: Signal[] = [];
    const failing = scripted('f', [], undefined, {
      start: () => {
        throw new Error('no');
      },
    });
    system.spawn(failing, (signal) => heard.push(signal));
    system.spawn(scripted('i', [], undefined, { start: () => IGNORE }), (signal) =>
      heard.push(signal),
    );
    manual.settle();
    expect(heard).toMatchObject([
      { kind: 'unstarted', reason: { how: 'crashed', detail: 'Error: no' } },
      { kind: 'unstarted', reason: undefined },
    ]);
    expect(system.look()).toEqual([]);
  });

  it('stop after the message at hand, kill without last words, drain after everything queued', () => {
    for (const [how, expected] of [
      ['stop', ['a<stop']],
      ['kill', []],
      ['drain', ['a<1', 'a<2', 'a<stop']],
    ] as const) {
      const { manual, log, dead, system } = world();
      system.spawn(scripted('a', log));
      manual.settle();
      system.send(at('a'), say(1));
      system.send(at('a'), say(2));
      system.stop(at('a'), how);
      manual.settle();
      expect(log).toEqual(expected);
      expect(dead.length).toBe(how === 'drain' ? 0 : 2);
      expect(system.look()).toEqual([]);
    }
  });

  it('stop the children first, and end only when they are gone', () => {
    const { manual, log, system } = world();
    const heard: string[] = [];
    const slow = scripted(
      'c',
      log,
      (input) =>
        input.kind === 'stop' ? [wake('done', 50)] : input.kind === 'wake' ? [end()] : NOTHING,
      { lingers: true },
    );
    system.spawn(
      scripted('p', log, (input) => {
        if (input.kind === 'test.say') return input.n === 1 ? [spawn(slow)] : [end()];
        return NOTHING;
      }),
      (signal) => heard.push(brief(signal)),
    );
    system.send(at('p'), say(1));
    manual.settle();
    system.send(at('p'), say(2));
    manual.settle();
    expect(heard).toEqual(['started']);
    manual.pass(60);
    expect(heard).toEqual(['started', 'child-ended:normal']);
    expect(system.look()).toEqual([]);
  });

  it('keep the name and the queue of a supervised actor until the verdict', () => {
    const { manual, log, dead, system } = world();
    const heard: string[] = [];
    const fragile = scripted('a', log, (input) => {
      if (input.kind === 'test.say' && input.n === 1) throw new Error('no');
      return NOTHING;
    });
    const hear = (signal: Signal) => heard.push(brief(signal));
    system.supervise(fragile, 1, hear);
    manual.settle();
    for (const n of [1, 2, 3]) system.send(at('a'), say(n));
    manual.settle();
    expect(heard).toEqual(['started', 'child-ended:crashed']);
    expect(log).toEqual(['a<1']);
    system.supervise(fragile, 2, hear);
    manual.settle();
    expect(log).toEqual(['a<1', 'a<2', 'a<3']);
    expect(dead).toEqual([]);
    expect(system.look()).toMatchObject([{ incarnation: 2, restarts: 1 }]);
    system.send(at('a'), say(1));
    system.send(at('a'), say(4));
    manual.settle();
    system.bury(at('a'));
    expect(dead).toEqual([['test.say', 'stopped']]);
    expect(system.look()).toEqual([]);
  });

  it('let an actor stop only its own', () => {
    const { manual, log, system } = world();
    const heard: string[] = [];
    system.spawn(scripted('a', log));
    system.spawn(
      scripted('b', log, () => [stop(at('a'))]),
      (signal) => heard.push(brief(signal)),
    );
    system.send(at('b'), say(1));
    manual.settle();
    expect(heard).toEqual(['started', 'child-ended:crashed']);
    expect(system.look().length).toBe(1);
  });
});
