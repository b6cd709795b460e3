/** The pool of worker threads with real threads that crash, hang, leak, and cannot be started. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Plain } from '#protocols/effect.ts';
import { ThreadedPool, type ThreadedPoolOptions } from '#runtime/pool/threaded-pool.ts';
import type { Computed } from '#runtime/ports.ts';
import { scratch } from '#test/scratch.ts';

const JOBS = import.meta.resolve('./pool-jobs.ts');
/** On a machine that others use, a thread takes its time to start. */
const PATIENT = { timeout: 60_000, interval: 5 };
const ok = (output: Plain): Computed => ({ ok: true, output });

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  ends = [];
});
function directory(): string {
  const { path, remove } = scratch();
  ends.push(remove);
  return path;
}

function opened(options: ThreadedPoolOptions = {}, url = JOBS) {
  const pool = new ThreadedPool(url, { threads: 1, ...options });
  ends.push(() => pool.close());
  const run = (job: string, input?: Plain): Promise<Computed> =>
    new Promise((resolve) => void pool.run(job, input, resolve));
  return { pool, run };
}
const marks = (file: string): number => (existsSync(file) ? readFileSync(file).length : 0);

describe('a threaded pool', () => {
  it.each([1, 2])('fails the job that crashed its thread of %i, and no other', async (threads) => {
    const { run } = opened({ threads });
    const all = await Promise.all([
      ...[1, 2, 3].map((i) => run('echo', i)),
      run('crash'),
      ...[4, 5, 6].map((i) => run('echo', i)),
    ]);
    expect(all[3]).toEqual({ ok: false, why: 'the worker crashed (exit 3)' });
    expect(all.toSpliced(3, 1)).toEqual([1, 2, 3, 4, 5, 6].map(ok));
    expect(await run('add', { a: 1, b: 1 })).toEqual(ok(2));
  });

  it('comes back from one crash after another', async () => {
    const { run } = opened();
    for (let i = 0; i < 4; i++) {
      expect(await run('crash')).toMatchObject({ ok: false });
      expect(await run('echo', i)).toEqual(ok(i));
    }
  });

  it('ends a job that takes too long', async () => {
    const { run } = opened({ jobMsMax: 1_000 });
    const [hung, behind] = await Promise.all([run('hang'), run('echo', 1)]);
    expect(hung).toEqual({ ok: false, why: 'the job took longer than 1000 ms' });
    expect(behind).toEqual(ok(1));
  });

  it('gives each job the whole of its time, however many came before', async () => {
    const { run } = opened({ jobMsMax: 2_500 });
    const all = await Promise.all(Array.from({ length: 30 }, () => run('wait', 100)));
    expect(all.every((each) => each.ok)).toBe(true);
  });

  it('outlives a job that takes all memory', async () => {
    const { run } = opened({ heapMbMax: 32 });
    const [leaked, behind] = await Promise.all([run('leak'), run('echo', 1)]);
    expect(leaked).toMatchObject({ ok: false, why: expect.stringContaining('memory') });
    expect(behind).toEqual(ok(1));
  });

  it('gives a turn when it has done all else, and one worker to one turn at a time', async () => {
    // A turn also comes to whoever has waited for long: here no time passes, however long a thread takes.
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    ends.push(() => vi.useRealTimers());
    const { pool } = opened();
    const said: string[] = [];
    const all = Promise.withResolvers<void>();
    const say = (word: string) => (): void => {
      if (said.push(word) === 4) all.resolve();
    };
    pool.run('wait', 60, say('job'));
    pool.turn(() => {
      say('turn')();
      pool.run('wait', 30, say('its job'));
    });
    pool.turn(say('another turn'));
    await all.promise;
    expect(said).toEqual(['job', 'turn', 'its job', 'another turn']);
  });

  it('gives a turn after whatever the loop has at hand, which may be jobs', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    ends.push(() => vi.useRealTimers());
    const { pool, run } = opened();
    await run('echo');
    const said: string[] = [];
    setImmediate(() => pool.run('echo', 1, () => said.push('job')));
    await new Promise<void>((resolve) => pool.turn(resolve));
    expect(said).toEqual(['job']);
  });

  it('gives a turn to whoever waits when it is closed, and says so of its job', async () => {
    const { pool, run } = opened();
    const busy = run('wait', 2_000);
    const told = new Promise((resolve) => pool.turn(() => pool.run('echo', 1, resolve)));
    await pool.close();
    expect(await told).toEqual({ ok: false, why: 'the pool is closed' });
    expect(await busy).toMatchObject({ ok: false });
    const late = new Promise((resolve) => pool.turn(() => resolve('heard')));
    expect(await late).toBe('heard');
  });

  it('outlives an error that nobody caught', async () => {
    const { run } = opened();
    expect(await run('throwLater')).toEqual(ok('so far so good'));
    const after = await run('wait', 50);
    // The thread may end before, at, or after this one; what it may not do is leave it unanswered.
    if (!after.ok) expect(after.why).toBe('Error: after the fact');
    expect(await run('echo', 1)).toSatisfy(
      (outcome: Computed) => outcome.ok || outcome.why === 'Error: after the fact',
    );
    // The news of the end may take its time; then all is well again.
    await vi.waitUntil(async () => (await run('echo', 2)).ok, PATIENT);
  });

  it('never starts what was cancelled in time, though a thread already had it', async () => {
    const at = directory();
    const [file, gate] = [join(at, 'marks'), join(at, 'gate')];
    const { pool, run } = opened();
    await run('echo');
    const heard: Computed[] = [];
    const slow = run('waitFor', gate);
    const cancels = Array.from({ length: 200 }, () =>
      pool.run('mark', file, (outcome) => heard.push(outcome)),
    );
    await sleep(100);
    for (const cancel of cancels) cancel();
    writeFileSync(gate, '');
    expect(await slow).toEqual(ok('there'));
    expect(await run('mark', file)).toEqual(ok('marked'));
    expect(marks(file)).toBe(1);
    expect(heard).toEqual([]);
  });

  it('says nothing of a cancelled job whose thread crashes', async () => {
    const { pool, run } = opened();
    await run('echo');
    const heard: Computed[] = [];
    const cancel = pool.run('crash', undefined, (outcome) => heard.push(outcome));
    cancel();
    const later = pool.run('crash', undefined, (outcome) => heard.push(outcome));
    await sleep(0);
    later();
    expect(await run('echo', 1)).toEqual(ok(1));
    expect(heard).toEqual([]);
  });

  it('lets nobody wait behind a slow job while a thread has nothing to do', async () => {
    const gate = join(directory(), 'gate');
    const { run } = opened({ threads: 2 });
    const slow = run('waitFor', gate);
    const quick = await Promise.all(Array.from({ length: 40 }, (_, i) => run('echo', i)));
    expect(quick).toEqual(Array.from({ length: 40 }, (_, i) => ok(i)));
    writeFileSync(gate, '');
    expect(await slow).toEqual(ok('there'));
  });

  it('does each job of many once, on several threads', async () => {
    const file = join(directory(), 'marks');
    const { run } = opened({ threads: 3 });
    const all = await Promise.all(Array.from({ length: 1_000 }, () => run('mark', file)));
    expect(all.every((each) => each.ok)).toBe(true);
    expect(marks(file)).toBe(1_000);
  });

  it('refuses alone what cannot travel', async () => {
    const { run } = opened();
    const poison = { it: () => 1 } as unknown as Plain;
    const cyclic: Plain[] = [];
    cyclic.push(cyclic);
    const all = await Promise.all([
      run('echo', 1),
      run('echo', poison),
      run('giveFunction'),
      run('echo', cyclic),
      run('echo', 2),
    ]);
    expect([all[0], all[4]]).toEqual([ok(1), ok(2)]);
    expect(all[1]).toMatchObject({
      ok: false,
      why: expect.stringContaining('input cannot be sent'),
    });
    expect(all[2]).toMatchObject({
      ok: false,
      why: expect.stringContaining('output cannot be sent'),
    });
    expect(all[3]).toMatchObject({
      ok: false,
      why: expect.stringContaining('input cannot be sent'),
    });
  });

  it('keeps room for others, however much cannot travel', async () => {
    const { run } = opened();
    const poison = { it: () => 1 } as unknown as Plain;
    const all = await Promise.all(Array.from({ length: 200 }, () => run('echo', poison)));
    expect(all.every((each) => !each.ok)).toBe(true);
    expect(await run('echo', 1)).toEqual(ok(1));
  });

  it('says why a module cannot be loaded, tries again at leisure, and finds it later', async () => {
    const at = directory();
    const [module, tries] = [join(at, 'jobs.mjs'), join(at, 'tries')];
    const counted = `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(tries)}, 'x');`;
    writeFileSync(module, `${counted} throw new TypeError('not today');`);
    const { run } = opened({}, pathToFileURL(module).href);
    for (let i = 0; i < 3; i++) {
      expect(await run('echo', i)).toEqual({ ok: false, why: 'TypeError: not today' });
    }
    await sleep(1_000);
    expect(marks(tries)).toBeLessThan(9); // At 0, 50, 150, 350, 750 ms and so on; a hot loop has dozens.
    writeFileSync(module, `${counted} export const other = 1;`);
    // An attempt may be under way whenever the module is written.
    await vi.waitFor(async () => {
      const why = expect.stringContaining('exports jobs');
      expect(await run('echo')).toMatchObject({ ok: false, why });
    }, PATIENT);
    writeFileSync(module, 'export const jobs = { echo: (input) => input };');
    await vi.waitFor(async () => expect(await run('echo', 7)).toEqual(ok(7)), PATIENT);
  });

  it('tells those who wait when it is closed, and everyone after', async () => {
    const { pool, run } = opened();
    const waiting = Promise.all([run('hang'), ...Array.from({ length: 100 }, () => run('echo'))]);
    await sleep(50);
    await pool.close();
    const all = [...(await waiting), await run('echo')];
    expect(all).toHaveLength(102);
    for (const each of all) expect(each).toEqual({ ok: false, why: 'the pool is closed' });
    await pool.close();
  });

  it('has an end to its line', async () => {
    const { pool } = opened();
    const whys: string[] = [];
    for (let i = 0; i < 16_384; i++) pool.run('echo', i, () => undefined);
    pool.run('echo', 0, (outcome) => whys.push(outcome.ok ? '' : outcome.why));
    expect(whys).toEqual([]);
    await vi.waitFor(() => expect(whys).toEqual(['the pool is full']), PATIENT);
  });
});
