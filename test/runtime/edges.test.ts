/**
 * The engine where its parts meet: what is said while an actor is between two phases, what others
 * throw in the middle of its turn, what is left behind by those who never do their part, and what a
 * hostile node may send. Method: scripted actors, a manual clock, envelopes by hand.
 */
import { describe, expect, it } from 'vitest';
import { EMPTY } from '#lib/bytes.ts';
import { LIMITS } from '#config/limits.ts';
import { catalogue, count, message, text, type Infer } from '#protocols/codec.ts';
import {
  answer,
  ask,
  end,
  keep,
  NOTHING,
  put,
  ready,
  send,
  sleep,
  supervise,
  wake,
  watch,
  type Effect,
  type Moment,
  type Signal,
  type Ticket,
} from '#protocols/effect.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { address, anyOf, nodeAddress, place, type Address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';
import { noCarrier, type Receiver } from '#runtime/carrier.ts';
import { memoryStore } from '#runtime/memory-store.ts';
import type { Observer } from '#runtime/ports.ts';
import { System } from '#runtime/system.ts';
import { Timers } from '#runtime/timers.ts';
import { Manual, seeded } from './manual.ts';

const Say = message('test.say', { n: count(1_000_000), word: text(40) });
const TALK = catalogue(Say);
type Talk = Infer<typeof TALK>;
type React = (input: Talk | Signal, at: Moment) => readonly Effect<Talk>[];

const komatsu = place('asia.ishikawa.komatsu');
const node = nodeAddress(komatsu, 'n1');
const at = (name: string): Address => address(node, name);
const far = (name: string, on = 'n2'): Address => address(nodeAddress(komatsu, on), name);
const say = (n: number, word = ''): Talk => Say.of({ n, word });
const on =
  (n: number, ...effects: readonly Effect<Talk>[]): React =>
  (input) =>
    'n' in input && input.n === n ? effects : NOTHING;

function brief(input: Talk | Signal): string {
  if ('n' in input) return String(input.n);
  if (input.kind === 'answered') return `answered:${input.id}`;
  if (input.kind === 'unanswered') return `unanswered:${input.id}:${input.why}`;
  return 'id' in input ? `${input.kind}:${input.id}` : input.kind;
}

function world(observer: Observer = {}) {
  const manual = new Manual();
  const log: string[] = [];
  const dead: string[] = [];
  const sent: Envelope[] = [];
  let door: Receiver | undefined;
  const system = new System(
    {
      clock: manual.clock,
      scheduler: manual.scheduler,
      entropy: seeded(1),
      store: memoryStore(manual.scheduler),
      carrier: {
        ...noCarrier(),
        host: (_, receiver) => ((door = receiver), () => undefined),
        send: (envelope) => void sent.push(envelope),
      },
      observer: { deadLetter: (_, __, why) => void dead.push(why), ...observer },
    },
    { encodesLocal: true },
  );
  const actor = (
    name: string,
    react: React = () => NOTHING,
    more: Partial<Actor<null, Talk, Talk>> = {},
  ): AnyActor =>
    anyActor<null, Talk, Talk>({
      address: at(name),
      listens: TALK,
      start: () => [null, NOTHING],
      receive: (_, input, moment) => {
        log.push(`${name}<${brief(input)}`);
        return [null, react(input, moment)];
      },
      ...more,
    });
  const tell = (name: string, ...ns: readonly number[]): void => {
    for (const n of ns) system.send(at(name), say(n));
  };
  return {
    manual,
    log,
    dead,
    sent,
    system,
    actor,
    tell,
    receive: (it: Envelope) => door!.receive(it),
  };
}

const crash: React = () => {
  throw new Error('no');
};

const asking: React = (input) => (input.kind === 'answered' ? [ready] : []);

describe('between two phases', () => {
  it('who is started again within its own end has its turn', () => {
    const { manual, log, system, actor, tell } = world();
    const fragile = actor('a', (input) =>
      'n' in input && input.n === 1 ? crash(input, null!) : [],
    );
    let incarnation = 1;
    const hear = (signal: Signal): void => {
      if (signal.kind === 'child-ended') system.supervise(fragile, ++incarnation, hear);
    };
    system.supervise(fragile, 1, hear);
    tell('a', 1, 2);
    manual.settle();
    expect(log).toEqual(['a<1', 'a<2']);
    expect(system.look()).toMatchObject([{ phase: 'running', incarnation: 2 }]);
  });

  it('the outside that starts it again is the one that hears from then on', () => {
    const { manual, system, actor, tell } = world();
    const heard: string[] = [];
    const fragile = actor('a', crash);
    system.supervise(fragile, 1, ({ kind }) => heard.push(`1 ${kind}`));
    tell('a', 1);
    manual.settle();
    system.supervise(fragile, 2, ({ kind }) => heard.push(`2 ${kind}`));
    manual.settle();
    expect(heard).toEqual(['1 started', '1 child-ended', '2 started']);
  });

  it('who starts in several steps hears the answers it needs, before its messages', () => {
    const { manual, log, system, actor, tell } = world();
    system.spawn(actor('b', (_, { ticket }) => [answer(ticket!, say(9))]));
    system.spawn(
      actor('a', asking, {
        startsLater: true,
        start: () => [null, [ask('q', at('b'), say(1), 50), ask('r', at('nobody'), say(1), 50)]],
      }),
    );
    tell('a', 5);
    manual.settle();
    expect(log.filter((line) => line.startsWith('a'))).toEqual([
      'a<unanswered:r:dead',
      'a<answered:q',
      'a<5',
    ]);
  });

  it('drain ends after what was queued before it, whatever comes later; stop is more urgent', () => {
    const { manual, log, dead, system, actor, tell } = world();
    system.spawn(actor('a', (input) => ('n' in input ? [send(at('a'), say(input.n + 1))] : [])));
    system.spawn(actor('b'));
    manual.settle();
    tell('a', 1);
    system.stop(at('a'), 'drain');
    tell('b', 1, 2);
    system.stop(at('b'), 'drain');
    system.stop(at('b'), 'stop');
    system.stop(at('b'), 'drain');
    manual.settle();
    expect(log.toSorted()).toEqual(['a<1', 'a<stop', 'b<stop']);
    expect(dead).toEqual(['stopped', 'stopped', 'stopped']);
    expect(system.look()).toEqual([]);
  });

  it('who lingers hears of its stop once, drained and stopped', () => {
    const { manual, log, system, actor, tell } = world();
    system.spawn(actor('a', () => [], { lingers: true }));
    manual.settle();
    tell('a', 1);
    system.stop(at('a'), 'drain');
    system.stop(at('a'), 'stop');
    manual.settle();
    system.stop(at('a'), 'stop');
    manual.settle();
    expect(log).toEqual(['a<stop', 'a<1']);
  });

  it('a drain that comes too late does not stop the next incarnation', () => {
    const { manual, log, system, actor, tell } = world();
    const child = actor('c', () => [], { lingers: true });
    const parent = actor('p', on(1, supervise(child, 1)), {});
    system.supervise(parent, 1, () => undefined);
    tell('p', 1);
    manual.settle();
    system.stop(at('p'), 'stop');
    manual.settle();
    system.stop(at('p'), 'drain');
    system.stop(at('c'), 'kill');
    manual.settle();
    system.supervise(parent, 2, () => undefined);
    tell('p', 2);
    manual.settle();
    expect(log).toEqual(['p<1', 'p<started', 'p<stop', 'c<stop', 'p<2']);
  });

  it('what a former life kept is not told to the next, though their numbers are the same', () => {
    const { manual, log, system, actor, tell } = world();
    const kept = actor('a', (input, moment) =>
      !('n' in input) ? [] : input.n === 1 ? [keep('k', put('x', EMPTY))] : crash(input, moment),
    );
    const react: React = (input) => {
      if ('n' in input) return [supervise(kept, 7), send(at('a'), say(1)), send(at('a'), say(2))];
      return input.kind === 'child-ended' ? [supervise(kept, 7)] : [];
    };
    system.spawn(actor('p', react));
    tell('p', 1);
    manual.settle();
    expect(log).toEqual(['p<1', 'a<1', 'a<2', 'p<started', 'p<child-ended', 'p<started']);
  });

  it('what it keeps in its last step is kept', () => {
    const { manual, system, actor, tell } = world();
    const found: number[] = [];
    const a = actor('a', () => [keep('k', put('x', Uint8Array.of(7))), end()], {
      keeps: true,
      start: (_, had) => (found.push(had.size), [null, []]),
    });
    system.spawn(a);
    tell('a', 1);
    manual.settle();
    system.spawn(a);
    manual.settle();
    expect(found).toEqual([0, 1]);
  });
});

const broken = (): never => {
  throw new Error('a bug of the onlooker');
};

describe('what others throw', () => {
  it('while they look on, harms no actor', () => {
    const faults: string[] = [];
    const { manual, log, system, actor, tell } = world({
      spawned: broken,
      ended: broken,
      handled: broken,
      asked: broken,
      deadLetter: broken,
      malformed: broken,
      fault: (where) => void faults.push(where),
    });
    system.spawn(actor('b', (_, { ticket }) => [answer(ticket!, say(2)), end()]));
    system.spawn(
      actor(
        'a',
        on(1, send(at('nobody'), say(1)), ask('q', at('b'), say(1), 50), send(at('a'), say(3))),
      ),
    );
    tell('a', 1);
    system.send(at('a'), { kind: 'test.unknown' });
    manual.pass(100);
    expect(log).toEqual(['a<1', 'a<3', 'b<1', 'a<answered:q']);
    expect(system.asksOpen).toBe(0);
    expect(new Set(faults)).toEqual(
      new Set(
        ['spawned', 'ended', 'handled', 'asked', 'deadLetter', 'malformed'].map(
          (each) => `observer.${each}`,
        ),
      ),
    );
  });

  it('when they hear from outside, harms no actor', () => {
    const faults: string[] = [];
    const { manual, log, system, actor } = world({ fault: (where) => void faults.push(where) });
    system.spawn(
      actor('b', (_, { ticket }) => [answer(ticket!, say(2))]),
      broken,
    );
    system.ask(at('b'), say(1), 50, broken);
    system.ask(at('b'), say(2), 50, () => undefined);
    manual.pass(100);
    expect(log).toEqual(['b<1', 'b<2']);
    expect(faults).toEqual(['outside', 'outside']);
    expect(system.look()).toMatchObject([{ phase: 'running' }]);
  });

  it('when they are asked what to drop, harms neither sender nor receiver', () => {
    const faults: string[] = [];
    const { manual, log, dead, system, actor, tell } = world({
      fault: (where) => void faults.push(where),
    });
    system.spawn(actor('full', () => [], { mailboxMax: 0, overflow: broken }));
    system.spawn(actor('a', on(1, send(at('full'), say(1)), send(at('a'), say(2)))));
    tell('a', 1);
    manual.settle();
    expect(log).toEqual(['a<1', 'a<2']);
    expect(dead).toEqual(['mailbox-full']);
    expect(faults).toEqual([at('full')]);
    expect(system.look().map(({ phase }) => phase)).toEqual(['running', 'running']);
  });

  it('while they write a message, leaves nothing in the messages of others', () => {
    const { manual, log, system, actor, tell } = world();
    const halfWritten = { kind: 'test.say', n: 1, word: undefined } as unknown as Talk;
    system.spawn(actor('a', on(1, send(at('b'), halfWritten))));
    system.spawn(actor('b', on(2, send(at('c'), say(3)))));
    system.spawn(actor('c'));
    tell('a', 1);
    manual.settle();
    tell('b', 2);
    manual.settle();
    expect(log).toEqual(['a<1', 'b<2', 'c<3']);
  });

  it('a time that is no number ends whoever set it, not the timers of others', () => {
    const { manual, log, system, actor, tell } = world();
    system.spawn(actor('a', on(1, wake('x', Number.NaN))));
    system.spawn(actor('b', on(1, ask('q', at('b'), say(2), Number.NaN))));
    system.spawn(actor('c', on(1, wake('y', 10))));
    tell('a', 1);
    tell('b', 1);
    tell('c', 1);
    manual.pass(100);
    expect(log).toEqual(['a<1', 'b<1', 'c<1', 'c<wake:y']);
    expect(system.look().length).toBe(1);
  });
});

const tellFrom = (from: Address, number?: number, withinMs = 50): Envelope =>
  ({
    form: number === undefined ? 'tell' : 'ask',
    to: at('a'),
    from,
    incarnation: 1,
    kind: 'test.say',
    body: Uint8Array.of(0x92, 1, 0xa0),
    traceparent: undefined,
    ...(number !== undefined && { number, withinMs }),
  }) as Envelope;

describe('from other nodes', () => {
  it('two askers may use the same number: both hear of the end', () => {
    const { manual, sent, system, actor, receive } = world();
    const taken: Ticket[] = [];
    system.spawn(
      actor('a', (_, { ticket }) => {
        taken.push(ticket!);
        return taken.length === 3 ? [answer(taken[0]!, say(1)), end()] : [];
      }),
    );
    manual.settle();
    receive(tellFrom(far('x', 'n2'), 5));
    receive(tellFrom(far('x', 'n3'), 5));
    receive(tellFrom(far('x', 'n4'), 5));
    manual.settle();
    expect(sent.map(({ form, to }) => `${form} ${to}`)).toEqual([
      `answer ${far('x', 'n2')}`,
      `refusal ${far('x', 'n3')}`,
      `refusal ${far('x', 'n4')}`,
    ]);
  });

  it('asks that nobody answers cost a bounded number of refusals, and none when they are over', () => {
    for (const [passed, refused] of [
      [0, LIMITS.owedAnswersMax],
      [1_000, 0],
    ] as const) {
      const { manual, sent, system, actor, receive } = world();
      system.spawn(actor('a'));
      manual.settle();
      for (let number = 1; number <= 2 * LIMITS.owedAnswersMax; number++) {
        receive(tellFrom(far('x'), number));
        if (number % 500 === 0) manual.settle();
      }
      manual.pass(passed);
      system.stop(at('a'), 'kill');
      manual.settle();
      expect(sent.length).toBe(refused);
    }
  });

  it('more watchers than are kept hear at once that nobody is there', () => {
    const { manual, sent, system, actor, receive } = world();
    system.spawn(actor('a'));
    manual.settle();
    const watchFrom = (n: number): void =>
      receive({ form: 'watch', to: at('a'), from: far(`w_${n}`), incarnation: 1 });
    for (let n = 0; n < LIMITS.watchersMax + 3; n++) watchFrom(n);
    expect(sent.map(({ form }) => form)).toEqual(['ended', 'ended', 'ended']);
    system.stop(at('a'), 'kill');
    manual.settle();
    expect(sent.length).toBe(LIMITS.watchersMax + 3);
  });

  it('answers and refusals with numbers of others, or of nobody, change nothing', () => {
    const { manual, log, dead, sent, system, actor, tell, receive } = world();
    system.spawn(actor('a', on(1, ask('q', far('y'), say(1), 50))));
    system.spawn(actor('b'));
    tell('a', 1);
    manual.settle();
    const from = { from: far('y'), incarnation: 1 } as const;
    const body = { kind: 'test.say', body: Uint8Array.of(0x92, 1, 0xa0) } as const;
    const { number: own } = sent[0] as Extract<Envelope, { form: 'ask' }>;
    for (const number of [0, own, own + 1, 2 ** 52]) {
      receive({ form: 'answer', to: at('b'), ...from, number, ...body });
      receive({ form: 'answer', to: at('outside'), ...from, number, ...body });
      receive({ form: 'refusal', to: at('b'), ...from, number, why: 'dead' });
    }
    manual.settle();
    expect(log).toEqual(['a<1']);
    expect(dead).toEqual(Array.from({ length: 8 }, () => 'late-answer'));
    receive({ form: 'answer', to: at('a'), ...from, number: own, ...body });
    receive({ form: 'answer', to: at('a'), ...from, number: own, ...body });
    manual.pass(100);
    expect(log).toEqual(['a<1', 'a<answered:q']);
  });
});

describe('anyone', () => {
  it('is found without a wire, and passes over those between two lives', () => {
    const { clock, scheduler, settle } = bind(new Manual());
    const heard: string[] = [];
    const system = new System({ clock, scheduler, entropy: seeded(1) });
    const clerk = (name: string): AnyActor =>
      anyActor<null, Talk, Talk>({
        address: at(name),
        listens: TALK,
        anyone: true,
        start: () => [null, []],
        receive: (_, input, { ticket }) => {
          heard.push(name);
          if ('n' in input && input.n === 3) throw new Error('no');
          return [null, ticket === undefined ? [] : [answer(ticket, say(0))]];
        },
      });
    const asker = anyActor<null, Talk, Talk>({
      address: at('asker'),
      listens: TALK,
      start: () => [null, []],
      receive: (_, input) => {
        if (!('n' in input)) heard.push(brief(input));
        const to = anyOf(komatsu, 'clerk');
        return [null, 'n' in input ? [ask('q', to, say(input.n), 50)] : []];
      },
    });
    system.supervise(clerk('clerk_1'), 1, () => undefined);
    system.spawn(clerk('clerk_2'));
    system.spawn(asker);
    for (const n of [1, 1, 3, 1, 1]) {
      system.send(at('asker'), say(n));
      settle();
    }
    expect(heard.join(' ')).toBe(
      'clerk_1 answered:q clerk_2 answered:q clerk_1 unanswered:q:dead clerk_2 answered:q clerk_2 answered:q',
    );
  });
});

const bind = (manual: Manual) => ({
  clock: manual.clock,
  scheduler: manual.scheduler,
  settle: () => manual.settle(),
});

describe('timers', () => {
  it('set far off again and again leave nothing behind', () => {
    let now = 0;
    const clock = { now: () => now, wall: () => 0, after: () => () => undefined } as never;
    const timers = new Timers(clock);
    let last = timers.after(3_600_000, () => undefined);
    for (now = 1; now < 20_000; now++) {
      last.cancel();
      last = timers.after(3_600_000, () => undefined);
    }
    expect(timers.size).toBeLessThanOrEqual(1_024);
  });

  it('keep their order over the sweeping of empty ones', () => {
    const { manual, log, system, actor, tell } = world();
    const many = Array.from({ length: 3_000 }, (_, i) => wake(`t${i % 7}`, 50_000 - 7 * i));
    system.spawn(actor('a', on(1, ...many, sleep('t3'))));
    tell('a', 1);
    manual.pass(60_000);
    expect(log).toEqual(['a<1', ...[2, 1, 0, 6, 5, 4].map((n) => `a<wake:t${n}`)]);
  });
});

it('a watch on nobody in particular is a bug of whoever watches', () => {
  const { manual, system, actor, tell } = world();
  const heard: string[] = [];
  system.spawn(actor('a', on(1, watch(anyOf(komatsu, 'clerk')))), ({ kind }) => heard.push(kind));
  tell('a', 1);
  manual.settle();
  expect(heard).toEqual(['started', 'child-ended']);
});

it('a kind that no envelope could carry is refused when its message is described', () => {
  for (const kind of ['test.Say', 'test.', `test.${'x'.repeat(96)}`, 'test say.x'] as const) {
    expect(() => message(kind as 'test.say', {}), kind).toThrow('a kind is words of a subject');
  }
});
