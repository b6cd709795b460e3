/** Processes ahead of their turn: spawned at once, heard of when they are asked for, and none is left behind. */
import { describe, expect, it } from 'vitest';
import { crashed, SHUTDOWN } from '#protocols/effect.ts';
import { ProcessesAhead } from '#runtime/process-ahead.ts';
import type { ProcessCommand, ProcessEvents, ProcessPort } from '#runtime/ports.ts';

const command = (file: string): ProcessCommand => ({ file, args: [], readyBy: 'start' });

/** A machine on which the test says what becomes of processes. */
class Machine implements ProcessPort {
  readonly spawned: string[] = [];
  readonly stopped: string[] = [];
  readonly of = new Map<string, ProcessEvents>();

  start({ file }: ProcessCommand, hear: ProcessEvents): (how: 'stop' | 'kill') => void {
    this.spawned.push(file);
    this.of.set(file, hear);
    return (how) => void this.stopped.push(`${how} ${file}`);
  }
}

/** What is heard of a process, in words. */
function listener(): { readonly heard: string[]; readonly hear: ProcessEvents } {
  const heard: string[] = [];
  const hear: ProcessEvents = {
    started: (pid) => heard.push(`started ${pid}`),
    failed: ({ how }, code) => heard.push(`failed ${how} ${code}`),
    ended: ({ how }) => heard.push(`ended ${how}`),
    line: (stream, text) => heard.push(`${stream}: ${text}`),
  };
  return { heard, hear };
}

function opened() {
  const machine = new Machine();
  const [a, b] = [command('a'), command('b')];
  return { machine, a, b, ahead: new ProcessesAhead(machine, [a, b]) };
}

describe('processes ahead', () => {
  it('are spawned at once, and heard of in order when their turn has come, and from then on', async () => {
    const { machine, b, ahead } = opened();
    expect(machine.spawned).toEqual(['a', 'b']);
    machine.of.get('b')!.line('err', 'hello');
    machine.of.get('b')!.started(7);
    const { heard, hear } = listener();
    const stop = ahead.start(b, hear);
    expect(heard).toEqual([]); // Not within the call.
    await Promise.resolve();
    expect(heard).toEqual(['err: hello', 'started 7']);
    stop('kill');
    machine.of.get('b')!.ended(crashed('it was killed'));
    expect(machine.stopped).toEqual(['kill b']);
    expect(heard.slice(2)).toEqual(['ended crashed']);
  });

  it('are as many as may be at once, until one has loaded', async () => {
    const machine = new Machine();
    const all = ['a', 'b', 'c'].map(command);
    const ahead = new ProcessesAhead(machine, all, 1);
    expect(machine.spawned).toEqual(['a']);
    let haveLoaded = false;
    const loaded = ahead.loaded.then(() => (haveLoaded = true));
    machine.of.get('a')!.loaded!();
    machine.of.get('a')!.started(7);
    expect(machine.spawned).toEqual(['a', 'b', 'c']);
    machine.of.get('b')!.loaded!();
    await Promise.resolve();
    expect(haveLoaded).toBe(false);
    machine.of.get('c')!.failed(crashed('no room'), 2);
    await loaded;
    for (const file of ['a', 'b']) machine.of.get(file)!.failed(SHUTDOWN);
    await ahead.leave();
  });

  it('do not wait for one that ended, nor for one whose turn has come', async () => {
    const machine = new Machine();
    const all = ['a', 'b', 'c'].map(command);
    const ahead = new ProcessesAhead(machine, all, 1);
    ahead.start(all[2]!, listener().hear);
    expect(machine.spawned).toEqual(['a', 'c']);
    machine.of.get('a')!.failed(crashed('no room'), 2);
    expect(machine.spawned).toEqual(['a', 'c', 'b']);
    machine.of.get('b')!.failed(SHUTDOWN);
    await ahead.leave();
  });

  it('are spawned no more when all is over', async () => {
    const machine = new Machine();
    const all = ['a', 'b'].map(command);
    const ahead = new ProcessesAhead(machine, all, 1);
    const leaving = ahead.leave();
    machine.of.get('a')!.failed(SHUTDOWN);
    await leaving;
    expect(machine.spawned).toEqual(['a']);
  });

  it('tell of one that failed before anybody asked', async () => {
    const { machine, a, ahead } = opened();
    machine.of.get('a')!.failed(crashed('no room'), 2);
    const { heard, hear } = listener();
    ahead.start(a, hear);
    await Promise.resolve();
    expect(heard).toEqual(['failed crashed 2']);
  });

  it('are spawned again when they are started again', () => {
    const { machine, a, ahead } = opened();
    ahead.start(a, listener().hear);
    ahead.start(a, listener().hear);
    ahead.start(command('c'), listener().hear);
    expect(machine.spawned).toEqual(['a', 'b', 'a', 'c']);
  });

  it('are stopped and waited for where nobody asks for them, and no others', async () => {
    const { machine, a, ahead } = opened();
    ahead.start(a, listener().hear);
    let hasLeft = false;
    const leaving = ahead.leave().then(() => (hasLeft = true));
    expect(machine.stopped).toEqual(['stop b']);
    await Promise.resolve();
    expect(hasLeft).toBe(false);
    machine.of.get('b')!.failed(SHUTDOWN);
    await leaving;
    await ahead.leave(); // Nobody is left.
    expect(machine.stopped).toEqual(['stop b']);
  });
});
