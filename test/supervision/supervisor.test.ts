/**
 * The supervisor as an actor: requests that travel, templates, who may ask, what it notes. What it
 * decides is in test/conformance/.
 */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EMPTY, utf8 } from '#lib/bytes.ts';
import { count, record, toBytes, union } from '#protocols/codec.ts';
import { ask, end, NOTHING, SHUTDOWN, wake, type Signal } from '#protocols/effect.ts';
import { address, nodeAddress, place } from '#protocols/subjects.ts';
import { anyActor } from '#runtime/actor.ts';
import { noCarrier } from '#runtime/carrier.ts';
import { System } from '#runtime/system.ts';
import { VirtualTime } from '#simulations/virtual-time.ts';
import type { Options } from '#supervision/machine/state.ts';
import { UnfitSpec } from '#supervision/spec.ts';
import {
  ANSWERS,
  Count,
  Describe,
  LISTED_MAX,
  List,
  REQUESTS,
  Start,
  Terminate,
  type SupervisorAnswer,
  type SupervisorRequest,
} from '#supervision/supervisor.messages.ts';
import { machineOf, making, supervisor, type Template } from '#supervision/supervisor.ts';
import { at, failsOn, stage } from '#test/conformance/cast.ts';
import { seeded } from '#test/runtime/manual.ts';

const REQUESTS_AND_ANSWERS = union(REQUESTS, ANSWERS);
const settings = record({ failsOn: count(100) });

function theatre(flags: 'static' | 'dynamic', template: Partial<Template> = {}) {
  const staged = stage();
  const start = making(settings, (id, { failsOn: n }) => staged.actor(id, failsOn(n))());
  const strategy = flags === 'dynamic' ? 'simple_one_for_one' : 'one_for_one';
  staged.supervise({
    flags: { strategy, intensity: 100 },
    templates: { fragile: { start, ...template } },
  });
  const said = (request: SupervisorRequest): SupervisorAnswer | string => {
    const answered = staged.ask(request);
    staged.time.pass(0);
    return answered();
  };
  const add = (id: string, n = 1, argument = toBytes(settings, { failsOn: n })) =>
    said(Start.of({ id, template: 'fragile', argument }));
  return { ...staged, said, add };
}

const made = (more: object) => () => supervisor({ address: at('sup'), ...more });

/** Three failures, each long after the one before. */
function namesAfterThreeFailures(options: Options): string[] {
  const { supervise, actor, tell, time, names } = stage();
  supervise({
    flags: { intensity: 1, periodMs: 1_000 },
    children: [{ id: 'a', start: actor('a', failsOn(1)) }],
    ...options,
  });
  for (let i = 0; i < 3; i++) {
    tell('a', 1);
    time.pass(1_500);
  }
  return names();
}

/** The last of a group fails, then the first, while the slow one between them is being stopped. */
function groupOfThree(options: Options): string[] {
  const { supervise, actor, tell, time, log } = stage();
  const slow = actor(
    'b',
    (input) =>
      input.kind === 'stop' ? [wake('x', 5)] : input.kind === 'wake' ? [end(SHUTDOWN)] : [],
    { lingers: true },
  );
  const children = [
    { id: 'a', start: actor('a', failsOn(1)) },
    { id: 'b', start: slow },
    { id: 'c', start: actor('c', failsOn(1)) },
  ];
  supervise({ flags: { strategy: 'one_for_all', intensity: 3 }, children, ...options });
  tell('c', 1);
  tell('a', 1);
  time.pass(100);
  return log;
}

describe('children that are added by name', () => {
  for (const kind of ['static', 'dynamic'] as const)
    it(`get their argument again at each restart (${kind})`, () => {
      const { add, tell, time, log, said } = theatre(kind);
      expect(add('a', 7)).toMatchObject({ kind: 'supervisor.started', id: 'a', incarnation: 1 });
      tell('a', 1, 7, 2, 7, 3);
      time.pass(0);
      expect(log.filter((line) => line.includes('ended'))).toEqual([
        'a.1 ended crashed',
        'a.2 ended crashed',
      ]);
      expect(said(Count.of({}))).toMatchObject({ active: 1, workers: 1 });
    });

  it('may be asked for twice', () => {
    const { add, said } = theatre('dynamic');
    add('a');
    expect(add('a')).toMatchObject({ kind: 'supervisor.refused', why: 'already_started' });
    expect(said(Terminate.of({ id: 'a' }))).toMatchObject({ kind: 'supervisor.done' });
    expect(said(Terminate.of({ id: 'a' }))).toMatchObject({ why: 'not_found' });
  });

  it('fail where the argument is not what the template reads, and leave nothing', () => {
    const { add, names } = theatre('static');
    expect(add('a', 0, utf8('nonsense'))).toMatchObject({ why: 'unstarted' });
    expect(add('a', 0, EMPTY)).toMatchObject({ why: 'unstarted' });
    expect(names()).toEqual(['sup']);
    expect(add('a')).toMatchObject({ kind: 'supervisor.started' });
  });

  it('leave their address to others when they are gone', () => {
    const { supervise, actor, ask: asked, tell, time, names } = stage();
    const start = actor('shared', failsOn(1));
    supervise({
      flags: { strategy: 'simple_one_for_one' },
      templates: { one: { start, restart: 'temporary' } },
    });
    for (const id of ['a', 'b']) {
      const answered = asked(Start.of({ id, template: 'one', argument: EMPTY }));
      time.pass(0);
      expect(answered()).toMatchObject({ kind: 'supervisor.started' });
      tell('shared', 1);
      time.pass(0);
      expect(names()).toEqual(['sup']);
    }
  });

  it('need a template that is known', () => {
    const { said } = theatre('static');
    for (const template of ['other', 'constructor', '__proto__'])
      expect(said(Start.of({ id: 'a', template, argument: EMPTY }))).toMatchObject({
        why: 'no_template',
      });
  });

  it('are listed page by page', () => {
    const { add, said } = theatre('dynamic');
    const total = LISTED_MAX + 44;
    for (let i = 0; i < total; i++) add(`n${i}`);
    const page = (skip: number): unknown => {
      const answer = said(List.of({ skip }));
      return typeof answer !== 'string' && answer.kind === 'supervisor.children'
        ? [answer.total, answer.children.length, answer.children[0]?.id]
        : answer;
    };
    expect(page(0)).toEqual([total, LISTED_MAX, 'n0']);
    expect(page(LISTED_MAX)).toEqual([total, 44, `n${LISTED_MAX}`]);
    expect(page(total)).toEqual([total, 0, undefined]);
  });

  it('have the template described', () => {
    const { said } = theatre('dynamic', { restart: 'transient', shutdown: 'brutal_kill' });
    expect(said(Describe.of({ id: 'fragile' }))).toMatchObject({
      restart: 'transient',
      shutdown: 'brutal_kill',
    });
  });
});

describe('a supervisor', () => {
  it('is not made from what is unfit', () => {
    const start = stage().actor('a');
    expect(made({ flags: { intensity: -1 } })).toThrow(UnfitSpec);
    expect(made({ children: [{ id: 'a' }] })).toThrow('child a.start');
    expect(made({ templates: { t: { start, shutdown: -1 } } })).toThrow('child t.shutdown');
    expect(made({ flags: { strategy: 'simple_one_for_one' } })).toThrow('children');
  });

  it('holds a factory to its address, and two children to two', () => {
    const { supervise, actor, tell, time, names, log } = stage();
    let made = 0;
    supervise({
      flags: { intensity: 2 },
      children: [
        { id: 'a', start: () => actor(++made === 1 ? 'a' : 'elsewhere', failsOn(1))() },
        { id: 'b', start: actor('b') },
      ],
    });
    tell('a', 1);
    time.pass(10);
    expect(names()).toEqual([]);
    expect(log.at(-1)).toMatch(/a child keeps its address/);
    const other = stage();
    const twin = other.actor('a');
    other.supervise({
      children: [
        { id: 'a', start: twin },
        { id: 'twin', start: twin },
      ],
    });
    expect(other.log.at(-1)).toMatch(/failed_to_start_child twin: an address is one child's/);
  });

  it('does not touch an actor that has the name of its child', () => {
    const { supervise, actor, system, time, log, names } = stage();
    system.spawn(actor('a')());
    time.pass(0);
    supervise({ children: [{ id: 'a', start: actor('a') }] });
    expect(log.at(-1)).toBe('sup unstarted failed_to_start_child a: the name is taken');
    expect(names()).toEqual(['a']);
  });

  it('takes no requests from actors of other nodes, unless it is told to', () => {
    const there = nodeAddress(place('asia.ishikawa.komatsu'), 'n2');
    const asking = (admits?: () => boolean) => {
      const time = new VirtualTime();
      const heard: string[] = [];
      const ports = { clock: time.clock, scheduler: time.scheduler, entropy: seeded(1) };
      const system = new System(ports, { encodesLocal: true });
      system.spawn(supervisor({ address: at('sup'), ...(admits === undefined ? {} : { admits }) }));
      const nosy = anyActor<null, SupervisorAnswer, SupervisorAnswer | SupervisorRequest>({
        address: address(there, 'nosy'),
        listens: ANSWERS,
        speaks: REQUESTS_AND_ANSWERS,
        start: () => [null, [ask('q', at('sup'), Count.of({}), 100)]],
        receive: (_, input) => {
          if (input.kind === 'answered') heard.push(input.message.kind);
          return [null, NOTHING];
        },
      });
      system.spawn(nosy);
      time.pass(1_000);
      return heard;
    };
    expect(asking()).toEqual(['supervisor.refused']);
    expect(asking(() => true)).toEqual(['supervisor.counts']);
  });

  it('notes in public that something failed, not why', () => {
    const time = new VirtualTime();
    const notes: string[] = [];
    const carrier = {
      ...noCarrier(),
      note: (subject: string, bytes: Uint8Array) =>
        void notes.push(`${subject} ${new TextDecoder().decode(bytes)}`),
    };
    const { clock, scheduler } = time;
    const system = new System({ clock, scheduler, entropy: seeded(1), carrier });
    const { actor } = stage();
    const signals: Signal[] = [];
    const children = [{ id: 'a', start: actor('a', failsOn(1)) }];
    const root = supervisor({ address: at('sup'), flags: { intensity: 0 }, children });
    system.spawn(root, (signal) => signals.push(signal));
    time.pass(0);
    system.send(at('a'), { kind: 'cast.say', n: 1 } as never);
    time.pass(0);
    expect(notes.map((each) => each.split(' ')[0])).toEqual([
      'cc1.note.asia.ishikawa.komatsu.supervision.sup.child-ended',
      'cc1.note.asia.ishikawa.komatsu.supervision.sup.gave-up',
    ]);
    expect(notes[0]).toContain('"fact":{"id":"a","incarnation":1,"how":"crashed"}');
    expect(notes.join('')).not.toContain('told 1');
    expect(signals.at(-1)).toMatchObject({ kind: 'child-ended', reason: { how: 'crashed' } });
  });

  it('can be made with a planted bug: restarts that count for ever', () => {
    expect(namesAfterThreeFailures({})).toEqual(['sup', 'a']);
    expect(namesAfterThreeFailures({ planted: 'window-never-expires' })).toEqual([]);
  });

  it('can be made with a planted bug: an exit that is settled is acted upon', () => {
    const sound = groupOfThree({});
    expect(sound.filter((line) => line.endsWith('ended shutdown'))).toEqual(['b.1 ended shutdown']);
    expect(groupOfThree({ planted: 'stale-exit-believed' })).toContain('b.2 ended shutdown');
  });

  it('has its bugs planted by nobody in production', () => {
    const planters = globSync('{actors,bench,config,dapp,lib,protocols,runtime}/**/*.ts').filter(
      (file) => /stale-exit-believed|window-never-expires/.test(readFileSync(file, 'utf8')),
    );
    expect(planters).toEqual([]);
  });

  it('shows its machine to tools', () => {
    const { supervise, actor, system } = stage();
    supervise({ children: [{ id: 'a', start: actor('a') }] });
    const { children } = machineOf(system.stateOf(at('sup')));
    expect(children.get('a')).toMatchObject({ phase: 'running', incarnation: 1 });
  });
});
