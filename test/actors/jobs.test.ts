/** The jobs of all actors in one table: the one that threads load, and simulations run inline. */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jobs } from '#actors/jobs.ts';
import { jobs as keeperJobs } from '#actors/keeper-jobs.ts';
import { SIGN_JOB } from '#protocols/batching.ts';
import { runJob, type Jobs } from '#runtime/pool/jobs.ts';

describe('the jobs of all actors', () => {
  it('are those of every protocol that has some', async () => {
    const files = globSync('protocols/**/jobs.ts').toSorted();
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      const exported = (await import(/* @vite-ignore */ `#${file}`)) as Readonly<
        Record<string, unknown>
      >;
      const tables = Object.entries(exported).filter(([name]) => name.endsWith('_JOBS'));
      expect([file, tables.length]).toEqual([file, 1]);
      for (const [name, job] of Object.entries(tables[0]![1] as Jobs)) {
        expect([file, name, jobs[name] === job]).toEqual([file, name, true]);
      }
    }
  });

  it('have among them all that holders and hearts ask for, which is what a light loads', () => {
    const asking = [
      ...globSync('protocols/hold/*.ts'),
      ...globSync('protocols/heart*/*.ts'),
      'protocols/heart.ts',
      'protocols/tip/tip.ts',
      'protocols/batching.ts',
    ];
    const source = asking.map((file) => readFileSync(file, 'utf8')).join('\n');
    const asked = [...source.matchAll(/compute\([^)]*?'([a-z]+\.[a-z]+)'/g)].map(([, job]) => job!);
    expect(asked.length).toBeGreaterThan(4);
    for (const job of [...asked, SIGN_JOB])
      expect([job, keeperJobs[job] === jobs[job], job in jobs]).toEqual([job, true, true]);
  });

  it('run by name, and what is no job is refused', () => {
    expect(runJob(jobs, 'ingress.verify', [])).toEqual({ ok: true, output: [] });
    expect(runJob(jobs, 'toString', null)).toMatchObject({ ok: false });
  });
});
