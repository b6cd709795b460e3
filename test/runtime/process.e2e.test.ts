/**
 * Real processes, tiny ones: how their starts and ends are read, and that a supervisor keeps them
 * alive. Method: programs of a line or two in a directory of their own; nothing is timed, only awaited.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NORMAL, type Reason } from '#protocols/effect.ts';
import type { ProcessCommand } from '#runtime/ports.ts';
import { systemProcesses } from '#runtime/process.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { wallClock } from '#runtime/wall-clock.ts';
import { Processes, type ProcessesOptions } from '#supervision/processes.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'city-chain-process-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const CHILD = new URL('../../runtime/process.ts', import.meta.url).href;
const PREAMBLE = `import { asChild } from '${CHILD}'; const parent = asChild(() => process.exit(9));\n`;
const STAY = 'setInterval(() => {}, 1_000);\n';

/** A Node program of ours, by its text. */
function program(
  name: string,
  text: string,
  readyBy: ProcessCommand['readyBy'] = 'message',
): ProcessCommand {
  const file = join(directory, `${name}.ts`);
  writeFileSync(file, PREAMBLE + text);
  return { file: 'node', args: [file], readyBy };
}

/** One that is asked whether it still turns; who does is given longer than a crowded machine lets it wait. */
const asked = (name: string, text: string, answersWithinMs = 500): ProcessCommand => ({
  ...program(name, text),
  answersWithinMs,
});

interface Heard {
  readonly pid: number | undefined;
  readonly failed: Reason | undefined;
  readonly ended: Reason | undefined;
  readonly lines: readonly string[];
}

/** Runs a process to its end; `then` is done once it is up. */
function run(
  command: ProcessCommand,
  then: (stop: (how: 'stop' | 'kill') => void, pid: number) => void = () => undefined,
): Promise<Heard> {
  return new Promise((resolve) => {
    const lines: string[] = [];
    let pid: number | undefined;
    const stop = systemProcesses.start(command, {
      started: (number) => {
        pid = number;
        then(stop, number);
      },
      failed: (failed) => resolve({ pid, failed, ended: undefined, lines }),
      ended: (ended) => resolve({ pid, failed: undefined, ended, lines }),
      line: (stream, text) => lines.push(`${stream} ${text}`),
    });
  });
}

/** The processes of a plan, and a promise for each thing that can be waited for. */
function supervised(options: ProcessesOptions) {
  const log: string[] = [];
  const pids = new Map<string, number[]>();
  let wake: (() => void) | undefined;
  const note = (what: string): void => {
    log.push(what);
    wake?.();
  };
  const processes = new Processes(
    options,
    { processes: systemProcesses, clock: wallClock, entropy: systemEntropy() },
    {
      ready: () => note('ready'),
      ended: ({ how }) => note(`ended ${how}`),
      started: (id, incarnation, pid) => {
        pids.set(id, [...(pids.get(id) ?? []), pid]);
        note(`${id} ${incarnation}`);
      },
    },
  );
  processes.start();
  const until = async (what: string): Promise<void> => {
    while (!log.includes(what))
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  return { processes, log, pids, until };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a process', () => {
  it('is up when it says so, and its end has a reason', async () => {
    const polite = `process.on('SIGTERM', () => process.exit(0)); parent.ready(); ${STAY}`;
    const [normal, crash, obedient, rude, killed, silent] = await Promise.all([
      run(program('normal', 'parent.ready(); setTimeout(() => {}, 50);')),
      run(program('crash', `parent.ready(); console.error('bad news'); process.exitCode = 3;`)),
      run(program('asked', polite), (stop) => stop('stop')),
      run(program('rude', `parent.ready(); ${STAY}`), (stop) => stop('stop')),
      run(program('killed', `parent.ready(); ${STAY}`), (_, pid) => process.kill(pid, 'SIGKILL')),
      run(program('silent', `throw new Error('no start');`)),
    ]);
    expect(normal.ended).toEqual({ how: 'normal' });
    expect(crash.ended).toEqual({ how: 'crashed', detail: 'code 3: bad news' });
    expect(crash.lines).toContain('err bad news');
    expect(obedient.ended).toEqual({ how: 'shutdown' });
    expect(rude.ended).toEqual({ how: 'shutdown' });
    expect(killed.ended).toEqual({ how: 'killed' });
    expect(silent.failed?.how).toBe('crashed');
    expect(silent.failed?.detail).toMatch(/before it was ready/);
  });

  it('can be ready by a line, or by being there; what is not there fails', async () => {
    const listening = program('line', `console.log('listening on 1'); ${STAY}`, {
      line: 'listening',
    });
    const [line, there, missing] = await Promise.all([
      run(listening, (stop) => stop('kill')),
      run({ file: 'node', args: ['-e', ''], readyBy: 'start' }),
      run({ file: join(directory, 'nothing'), args: [], readyBy: 'start' }),
    ]);
    expect(line.ended).toEqual({ how: 'killed' });
    expect(there.ended).toEqual({ how: 'normal' });
    expect(missing.failed?.detail).toMatch(/ENOENT/);
  });

  it('is killed when it hangs, frozen or in a loop without an end, and not while it answers', async () => {
    const [frozen, looping, busy, leaving] = await Promise.all([
      run(asked('frozen', `parent.ready(); ${STAY}`), (_, pid) => process.kill(pid, 'SIGSTOP')),
      run(asked('looping', 'parent.ready(); setTimeout(() => { for (;;); }, 1);')),
      run(asked('busy', 'parent.ready(); setTimeout(() => process.exit(7), 5_000);', 4_000)),
      run(
        asked('leaving', `process.on('SIGTERM', () => {}); parent.ready(); ${STAY}`),
        (stop, pid) => {
          stop('stop');
          process.kill(pid, 'SIGSTOP');
          setTimeout(() => stop('kill'), 2_000);
        },
      ),
    ]);
    const hung = { how: 'crashed', detail: 'it hung: no answer for 500 ms' };
    expect([frozen.ended, looping.ended]).toEqual([hung, hung]);
    expect(busy.ended).toEqual({ how: 'crashed', detail: 'code 7' });
    expect(leaving.ended).toEqual({ how: 'killed' });
  });

  it('fails where no descriptors are left for it, and nobody is harmed', async () => {
    const guard = new URL('../../runtime/nats-server/guard.ts', import.meta.url).href;
    const short = program(
      'short',
      `import { openSync } from 'node:fs';
       import { systemProcesses } from '${CHILD}';
       import { guardServer } from '${guard}';
       const start = (failed) => systemProcesses.start({ file: 'true', args: [], readyBy: 'start' }, {
         started: () => {}, ended: () => {}, line: () => {}, failed });
       parent.ready();
       try { for (;;) openSync('/dev/null'); } catch {}
       guardServer(process.pid)();
       start(({ detail }) => { console.log(detail); process.exit(0); });`,
    );
    const few = { file: 'sh', args: ['-c', 'ulimit -n 100; exec "$@"', 'sh', process.execPath] };
    const { lines, ended } = await run({ ...short, ...few, args: [...few.args, ...short.args] });
    expect([ended, lines]).toEqual([NORMAL, ['out ended before it was ready (spawn true EMFILE)']]);
  });

  it('that was started ahead says that it has loaded, and begins when it is told to', async () => {
    const founded = Promise.withResolvers<void>();
    const waits = program('waits', 'await parent.toldToBegin(); parent.ready();');
    const heard: string[] = [];
    const over = new Promise((resolve) => {
      systemProcesses.start(
        { ...waits, begins: founded.promise },
        {
          loaded: () => (heard.push('loaded'), founded.resolve()),
          started: () => void heard.push('started'),
          failed: resolve,
          ended: resolve,
          line: () => undefined,
        },
      );
    });
    expect(await over).toEqual(NORMAL);
    expect(heard).toEqual(['loaded', 'started']);
  });

  it('does not outlive a parent that was gone before it asked for it', async () => {
    const late = join(directory, 'late.ts');
    const wait = 'await new Promise((resolve) => setTimeout(resolve, 500));';
    const text = `import { asChild } from '${CHILD}'; ${wait} asChild(() => process.exit()); ${STAY}`;
    writeFileSync(late, text);
    const parent = program(
      'early',
      `import { spawn } from 'node:child_process';
       const stdio = ['ignore', 'ignore', 'ignore', 'ipc'];
       const child = spawn(process.execPath, [${JSON.stringify(late)}], { stdio, detached: true });
       console.log('child ' + child.pid); parent.ready();
       setTimeout(() => process.exit(), 250);`,
    );
    const { lines } = await run(parent);
    const child = Number(lines.find((line) => line.startsWith('out child'))!.split(' ')[2]);
    while (isAlive(child)) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(child).toBeGreaterThan(0);
  });

  it('does not outlive its parent', async () => {
    const orphan = program('orphan', `parent.ready(); ${STAY}`);
    const parent = program(
      'parent',
      `import { systemProcesses } from '${CHILD}';
       systemProcesses.start(${JSON.stringify(orphan)}, {
         started: (pid) => { console.log('child ' + pid); parent.ready(); },
         failed: () => {}, ended: () => {}, line: () => {},
       });`,
    );
    let child = 0;
    const { lines } = await run(parent, (_, pid) => process.kill(pid, 'SIGKILL'));
    child = Number(lines.find((line) => line.startsWith('out child'))!.split(' ')[2]);
    while (isAlive(child)) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(child).toBeGreaterThan(0);
  });
});

describe('a supervisor of processes', () => {
  it('brings back what was killed from outside, and stops all of it, the deaf by force', async () => {
    const stay = program('stay', `parent.ready(); ${STAY}`);
    const deaf = program('deaf', `process.on('SIGTERM', () => {}); parent.ready(); ${STAY}`);
    const { processes, log, pids, until } = supervised({
      flags: { intensity: 5, strategy: 'rest_for_one' },
      children: [
        { id: 'a', start: stay },
        { id: 'b', start: stay, backoff: { minMs: 20, maxMs: 40 } },
        { id: 'c', start: deaf, shutdown: 200 },
      ],
    });
    await until('ready');
    process.kill(pids.get('b')![0]!, 'SIGKILL');
    await until('c 2');
    expect(pids.get('a')!.length).toBe(1);
    expect(processes.look().map(({ incarnation }) => incarnation)).toEqual([1, 2, 2]);
    processes.stop();
    await until('ended shutdown');
    expect([...pids.values()].flat().filter(isAlive)).toEqual([]);
    expect(log.at(-1)).toBe('ended shutdown');
  });

  it('gives up on what cannot live', async () => {
    const { until, pids } = supervised({
      flags: { intensity: 2, periodMs: 600_000 },
      children: [
        { id: 'a', start: program('good', `parent.ready(); ${STAY}`) },
        { id: 'b', start: program('bad', `parent.ready(); setTimeout(() => process.exit(1), 1);`) },
      ],
    });
    await until('ended crashed');
    expect(pids.get('b')!.length).toBe(3);
    expect([...pids.values()].flat().filter(isAlive)).toEqual([]);
  });
});
