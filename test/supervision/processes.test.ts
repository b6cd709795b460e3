/**
 * The supervisor of processes, without processes: a port whose processes do as the test says, and time
 * that stands. The real port is in test/runtime/process.e2e.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { crashed, KILLED, SHUTDOWN, type Reason } from '#protocols/effect.ts';
import type { ProcessCommand, ProcessEvents, ProcessPort } from '#runtime/ports.ts';
import { VirtualTime } from '#simulations/virtual-time.ts';
import type { Answer } from '#supervision/machine/state.ts';
import { Processes, type ProcessesOptions } from '#supervision/processes.ts';
import type { ChildSpec } from '#supervision/spec.ts';
import { seeded } from '#test/runtime/manual.ts';

const child = (
  id: string,
  more: Partial<ChildSpec<ProcessCommand>> = {},
): ChildSpec<ProcessCommand> => ({
  id,
  start: { file: id, args: [], readyBy: 'start' },
  ...more,
});

function site(options: ProcessesOptions) {
  const time = new VirtualTime();
  const log: string[] = [];
  const living = new Map<string, ProcessEvents>();
  const deaf = new Set<string>();
  const broken = new Set<string>();
  let pids = 100;
  const end = (name: string, reason: Reason): void => {
    const life = living.get(name);
    living.delete(name);
    life?.ended(reason);
  };
  const processes: ProcessPort = {
    start: ({ file: name }, hear) => {
      log.push(`start ${name}`);
      if (broken.has(name)) {
        hear.failed(crashed('ENOENT')); // At once, from inside the call.
        return () => undefined;
      }
      living.set(name, hear);
      hear.started(++pids);
      return (how) => {
        log.push(`${how} ${name}`);
        if (how === 'kill' || !deaf.has(name)) end(name, how === 'kill' ? KILLED : SHUTDOWN);
      };
    },
  };
  const supervisor = new Processes(
    options,
    { processes, clock: time.clock, entropy: seeded(1) },
    {
      ready: () => log.push('ready'),
      ended: ({ how }) => log.push(`ended ${how}`),
      report: ({ what, id }) => log.push(`${what} ${id}`),
    },
  );
  supervisor.start();
  return { time, log, deaf, broken, end, supervisor };
}

describe('processes', () => {
  it('start in order, and stop in reverse with a deadline each', () => {
    const { time, log, deaf, supervisor } = site({
      children: [child('a'), child('b', { shutdown: 300 }), child('c')],
    });
    expect(log).toEqual(['start a', 'start b', 'start c', 'ready']);
    deaf.add('b');
    supervisor.stop();
    time.pass(299);
    expect(log.slice(4)).toEqual(['stop c', 'stop b']);
    time.pass(1);
    expect(log.slice(6)).toEqual(['kill b', 'stop-failed b', 'stop a', 'ended shutdown']);
  });

  it('come back, with their own pid, after a back-off where they have one', () => {
    const { time, log, end, supervisor } = site({
      children: [child('a', { backoff: { minMs: 100, maxMs: 100, jitter: 0 } }), child('b')],
    });
    const before = supervisor.look()[0]!;
    end('a', crashed('code 1'));
    expect(supervisor.look()[0]).toMatchObject({ state: 'restarting', pid: undefined });
    time.pass(100);
    const after = supervisor.look()[0]!;
    expect(after).toMatchObject({ state: 'running', incarnation: 2 });
    expect(after.pid).not.toBe(before.pid);
    expect(log.slice(3)).toEqual(['child-ended a', 'start a']);
  });

  it('that fail to start are tried again until that is too often', () => {
    const { time, log, broken, end } = site({
      flags: { intensity: 3, periodMs: 1_000 },
      children: [child('a'), child('b')],
    });
    broken.add('a');
    end('a', KILLED);
    time.pass(100);
    expect(log.filter((line) => line === 'start a').length).toBe(4);
    expect(log.slice(-3)).toEqual(['gave-up a', 'stop b', 'ended crashed']);
  });

  it('a plan that cannot start leaves nothing running', () => {
    const time = new VirtualTime();
    const log: string[] = [];
    const processes: ProcessPort = {
      start: ({ file }, hear) => {
        log.push(`start ${file}`);
        if (file === 'b') hear.failed(crashed('no'));
        else hear.started(1);
        return (how) => {
          log.push(`${how} ${file}`);
          hear.ended(SHUTDOWN);
        };
      },
    };
    const ports = { processes, clock: time.clock, entropy: seeded(1) };
    const supervisor = new Processes({ children: [child('a'), child('b')] }, ports, {
      ended: ({ detail }) => log.push(`ended ${detail}`),
    });
    supervisor.start();
    expect(log).toEqual(['start a', 'start b', 'stop a', 'ended failed_to_start_child b: no']);
  });

  it('answer requests, also from inside what is heard', () => {
    const { supervisor, log } = site({ flags: { intensity: 5 }, children: [child('a')] });
    const answers: Answer<ProcessCommand>[] = [];
    supervisor.request({ do: 'terminate', id: 'a' }, (answer) => {
      answers.push(answer);
      supervisor.request({ do: 'restart', id: 'a' }, (again) => answers.push(again));
    });
    supervisor.request({ do: 'start', child: child('b') }, (answer) => answers.push(answer));
    expect(answers).toEqual([
      { answer: 'done' },
      { answer: 'started', id: 'a', incarnation: 2 },
      { answer: 'started', id: 'b', incarnation: 1 },
    ]);
    expect(log.slice(2)).toEqual(['stop a', 'start a', 'start b']);
  });
});
