/** The jobs of all actors in one table: the one that threads load, and simulations run inline. */
import { describe, expect, it } from 'vitest';
import { jobs } from '#actors/jobs.ts';
import { HOLD_JOBS } from '#protocols/hold/jobs.ts';
import { INGRESS_JOBS } from '#protocols/ingress/jobs.ts';
import { runJob } from '#runtime/pool/jobs.ts';

describe('the jobs of all actors', () => {
  it('are those of each, under their own names', () => {
    for (const table of [HOLD_JOBS, INGRESS_JOBS]) expect(jobs).toMatchObject(table);
    for (const name of Object.keys(jobs)) expect(name).toMatch(/^[a-z]+\.[a-z-]+$/);
  });

  it('run by name, and what is no job is refused', () => {
    expect(runJob(jobs, 'ingress.verify', [])).toEqual({ ok: true, output: [] });
    expect(runJob(jobs, 'toString', null)).toMatchObject({ ok: false });
  });
});
