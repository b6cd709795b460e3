/**
 * A drill as a stranger runs it: some holders, a delegate and the nats-server are killed under load, and the outside judge
 * finds every promise kept; then a clock is wrong, and nothing is lost by that. Then the disks are damaged behind its back, and it says so, with exit code 1.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clockFileOf } from '#cli/drill/clock-file.ts';
import { obtainServer } from '#runtime/nats-server/obtain.ts';
import { ran, Running, type Line } from './command.ts';

let folder: string;
let data: string;
let cluster: Running;
const running: Running[] = [];

beforeAll(async () => {
  expect((await obtainServer(process.env)).ok).toBe(true);
  folder = mkdtempSync(join(tmpdir(), 'city-chain-chaos-e2e-'));
  data = join(folder, 'data');
  // As a drill leaves it that was killed while a clock was wrong.
  mkdirSync(join(data, 'up'), { recursive: true });
  writeFileSync(clockFileOf(data, 'p1'), '-15724800000\n');
  // Fewer processes than a drill takes by itself: each costs a second to start.
  const few = ['--processes', '7', '--api-port', '0', '--bus-port', '0', '--data', data];
  cluster = started(['up', '--drill', '--show', '--json', ...few]);
  const first = await cluster.line((line) => line.event?.startsWith('first') === true);
  expect(first.event, first.text).toBe('first');
});

afterAll(async () => {
  for (const each of running) {
    each.child.kill('SIGKILL');
    await each.ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

function started(args: readonly string[]): Running {
  const one = new Running(args, { NATS_URL: '' });
  running.push(one);
  return one;
}

const chaos = (scenario: string, ...more: readonly string[]): Running =>
  started(['chaos', scenario, '--json', '--data', data, '--old', '3', '--seconds', '4', ...more]);

interface Promised {
  readonly name: string;
  readonly checked: number;
  readonly broken: readonly string[];
}

const brokenIn = (promises: readonly Promised[]): string[] =>
  promises.filter(({ broken }) => broken.length > 0).map(({ name }) => name);

const outcomeIn = ({ lines }: Running): Line => lines.find(({ event }) => event === 'outcome')!;

it('begins with clocks that are right', () => {
  expect(existsSync(clockFileOf(data, 'p1'))).toBe(false);
});

it('keeps what it promised while holders, a delegate and the server are killed', async () => {
  const page = join(folder, 'report.html');
  const storm = chaos('storm', '--settle', '120', '--html', page);
  const { code, errors } = await storm.ended;
  const outcome = outcomeIn(storm);
  expect(code, errors + JSON.stringify(outcome?.['promises'])).toBe(0);
  expect(outcome).toMatchObject({ name: 'storm', isKept: true });
  expect(outcome['figures']).toMatchObject({ didHit: true, lostPermanent: 0, ackedNotDurable: 0 });
  const strokes = outcome['strokes'] as readonly {
    readonly what: string;
    readonly isDone: boolean;
  }[];
  expect(strokes.map(({ what }) => what)).toContain('kill bus');
  expect(strokes.every(({ isDone }) => isDone)).toBe(true);
  expect(readFileSync(page, 'utf8')).toContain('every promise was checked, and holds');
});

it('drops nothing, and turns nobody away, while a clock of a delegate is wrong', async () => {
  const clock = chaos('clock', '--settle', '60');
  const { errors } = await clock.ended;
  const promises = outcomeIn(clock)?.['promises'] as readonly Promised[];
  expect(brokenIn(promises), errors + JSON.stringify(promises)).toEqual([]);
  const early = promises.find(({ name }) => name === 'nothing is dropped early');
  expect(early?.checked).toBeGreaterThan(0);
});

it('finds what is lost behind its back', async () => {
  const calm = chaos('calm', '--settle', '1');
  await calm.line(({ event, phase }) => event === 'phase' && phase === 'damage');
  // More than can be missed: of every four disks one is left.
  const nodes = readdirSync(join(data, 'pieces')).filter((_, i) => i % 4 > 0);
  for (const node of nodes) {
    const folderOf = join(data, 'pieces', node);
    const segments = readdirSync(folderOf).filter((name) => name.endsWith('.seg'));
    for (const name of segments) rmSync(join(folderOf, name));
  }
  expect((await calm.ended).code).toBe(1);
  const promises = outcomeIn(calm)['promises'] as readonly Promised[];
  expect(brokenIn(promises)).toContain('durable acks');
});

it('says what there is', async () => {
  expect((await ran(['chaos', '--list'])).text).toMatch(/^storm\s+some holders/m);
  const other = await ran(['chaos', 'burn', '--data', data]);
  expect(other).toMatchObject({
    code: 2,
    errors: expect.stringContaining("no scenario 'burn'") as string,
  });
});
