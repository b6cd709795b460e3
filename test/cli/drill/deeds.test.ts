import { expect, it } from 'vitest';
import { FOR_MS_MAX, readDeed } from '#cli/drill/deeds.ts';

const refused = (said: unknown): unknown =>
  readDeed(typeof said === 'string' ? said : JSON.stringify(said));

it('reads what a director says, and nothing else', () => {
  expect(readDeed('{"who":"ada","did":"kill","to":"p3","forMs":20000}')).toEqual({
    ok: true,
    value: { who: 'ada', did: 'kill', to: 'p3', forMs: 20_000, byMs: 0 },
  });
  const jump = '{"who":"ada","did":"jump","to":"p3","byMs":-15724800000}';
  expect(readDeed(jump)).toMatchObject({ ok: true, value: { byMs: -15_724_800_000 } });
  const part = '{"who":"ada","did":"part","to":"europe","forMs":9}';
  expect(readDeed(part)).toMatchObject({ ok: true, value: { did: 'part', to: 'europe' } });
  const ada = { who: 'ada', did: 'kill', to: 'p3' };
  for (const said of [
    'kill p3',
    'null',
    `"${'x'.repeat(2_000)}"`,
    { ...ada, who: '' },
    { ...ada, did: 'burn' },
    // Never a number of the operating system, nor a name that is none of the cluster's.
    { ...ada, to: '4711' },
    { ...ada, to: 'p3; rm' },
    { ...ada, forMs: FOR_MS_MAX + 1 },
    { ...ada, forMs: -1 },
    { ...ada, did: 'slow', byMs: -1 },
    { ...ada, did: 'jump', byMs: 1e12 },
    { ...ada, more: true },
  ])
    expect(refused(said), JSON.stringify(said)).toMatchObject({ ok: false });
});
