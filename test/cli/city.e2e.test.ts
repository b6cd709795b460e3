/**
 * A city as its users have it: brought up from an empty folder over a real nats-server, and used from other
 * processes, with this project's commands and with nothing but what the documents show.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { nameText } from '#algorithms/identity.ts';
import { ERRORS } from '#protocols/errors.ts';
import { TEXT_BYTES_MAX } from '#protocols/transaction.ts';
import { obtainServer } from '#runtime/nats-server/obtain.ts';
import { ran, Running, type Line } from './command.ts';

const SUBJECTS = join(import.meta.dirname, '..', '..', 'docs', 'SUBJECTS.md');
const ID = /^[a-z2-7]{52}$/;
const PATIENTLY = ['--within', '120'];

let folder: string;
let data: string;
let city: Running;
let url: string;
const others: ChildProcess[] = [];
/** What was extended, and until when: anchors take their time to promise it anew. */
let longer: { readonly txId: string; readonly until: string } | undefined;

const isNoteOf = (txId: string) => (line: Line) => line['topic'] === `tx.${txId}.COMMITTED`;
const shows = ({ lines }: { readonly lines: string[] }, txId: string): boolean =>
  lines.some((line) => line.includes(txId) && line.includes('COMMITTED'));
const is = (event: string) => (line: Line) => line.event === event;
const isMirrored = (city: string) => (line: Line) =>
  line.event === 'mirror' && line['city'] === city;
/** As a user who has no keys yet, and nothing set. */
const env = () => ({ NATS_URL: '', CITY_CHAIN_CITY: '', XDG_CONFIG_HOME: join(folder, 'config') });
const command = (args: readonly string[], input?: string) =>
  ran([...args, '--data', data], env(), input);

/** Each command asks the delegate that it reaches, which may be a batch behind the one that was asked before. */
const eventually = <T>(holds: () => Promise<T>): Promise<T> =>
  vi.waitFor(holds, { timeout: 120_000, interval: 500 });

/** What may be asked again, where a busy machine was too slow for the command's own patience. */
const asked = (...args: readonly string[]): ReturnType<typeof command> =>
  eventually(async () => {
    const answer = await command(args);
    expect(answer.code, answer.errors).toBe(0);
    return answer;
  });

beforeAll(async () => {
  const server = await obtainServer(process.env);
  expect(server.ok).toBe(true);
  folder = mkdtempSync(join(tmpdir(), 'city-chain-city-'));
  data = join(folder, 'data');
  const options = ['--json', '--show', '--api-port', '0', '--bus-port', '0'];
  city = new Running(['up', ...options, '--data', data], env());
  const bus = await city.line(is('bus'));
  expect(bus).toMatchObject({ kind: 'nats-server' });
  url = bus['url'] as string;
});

afterAll(async () => {
  for (const each of others) each.kill('SIGKILL');
  city.child.kill('SIGKILL');
  await city.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** To a machine that has the genesis, and no network. */
async function isProvedElsewhere(txId: string): Promise<void> {
  const elsewhere = join(folder, 'elsewhere');
  mkdirSync(elsewhere);
  const [proof, genesis] = ['p.json', 'genesis.json'].map((file) => join(elsewhere, file)) as [
    string,
    string,
  ];
  const written = await command(['proof', txId, '--out', proof, ...PATIENTLY]);
  expect(written.errors).toMatch(/^rooted up to the globe, \d+ KB\n$/);
  copyFileSync(join(data, 'genesis.json'), genesis);
  const verified = await ran(['verify', proof, '--genesis', genesis, '--up-to', 'globe']);
  expect(verified.errors).toBe('');
  expect(verified.text).toMatch(/^COMMITTED, up to the globe: [a-z2-7]{52}$/m);
  expect(verified.text).toContain(txId);
}

/** Sends, and what became of it, a line a step. */
async function sent(args: readonly string[], input?: string): Promise<readonly Line[]> {
  const { code, text, errors } = await command(['send', ...PATIENTLY, ...args, '--json'], input);
  expect(code, errors).toBe(0);
  return text.split('\n').map((line) => JSON.parse(line) as Line);
}

interface KnownTx {
  readonly sender: string;
  readonly expires: string;
  readonly pieces: string;
  readonly holders: readonly string[];
}

const known = (txId: string): Promise<KnownTx> =>
  eventually(async () => JSON.parse((await command(['tx', txId, '--json'])).text) as KnownTx);

/** What a program prints that reads notes, until a test has seen enough. */
function reading(file: string, args: readonly string[]): { readonly lines: string[] } {
  const lines: string[] = [];
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  others.push(child);
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  return { lines };
}

/** Transactions one after another until a reader, who needs its time to begin, has seen one of them committed. */
async function sendUntil(seen: (txId: string) => boolean): Promise<string> {
  const ids: string[] = [];
  for (;;) {
    const steps = await sent(['seen by others']);
    ids.push(steps[0]!['txId'] as string);
    const found = ids.find(seen);
    if (found !== undefined) return found;
  }
}

/** A program of the document, for the bus of this test. */
function subscriber(language: string): string {
  const fence = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``);
  const [, program] = fence.exec(readFileSync(SUBJECTS, 'utf8'))!;
  expect(program).toContain('16222');
  return program!.replaceAll('16222', new URL(url).port);
}

/** On a machine that others use, a process takes its time to start; nothing here is about time. */
describe('a city', { timeout: 600_000 }, () => {
  it('shows its first transaction committed', async () => {
    const first = await city.line((line) => line.event?.startsWith('first') === true);
    expect(first.event, first.text).toBe('first');
    // On a busy machine acks may be late: then REPAIR_REQ stands among its states.
    expect(first.text).toMatch(
      /^[a-z2-7]{52} {2}(?:FRESH|REPAIR_REQ) > .*COMMITTED in \d+\.\d\d s$/,
    );
  });

  it('takes texts from arguments, files and standard input, and tells what it knows of them', async () => {
    const file = join(folder, 'text');
    writeFileSync(file, 'of a file '.repeat(1_000));
    const ways = [await sent(['an argument']), await sent(['--file', file]), await sent([], 'in')];
    for (const steps of ways) {
      expect(steps[0]).toMatchObject({ state: 'accepted', txId: expect.stringMatching(ID) });
      expect(steps.at(-1)).toMatchObject({ state: 'COMMITTED', height: expect.any(Number) });
      await eventually(async () => {
        const { code, text } = await command(['tx', steps[0]!['txId'] as string, '--json']);
        expect(code).toBe(0);
        expect(JSON.parse(text)).toMatchObject({
          transaction: steps[0]!['txId'],
          state: 'COMMITTED',
          height: steps.at(-1)!['height'],
        });
      });
    }
    // The user's own keys were made when the city was founded, and only then.
    const keys = join(folder, 'config', 'city-chain', 'keys.json');
    const { text } = await ran(['keys', 'show', keys, '--json']);
    const { sender } = await known(ways[0]![0]!['txId'] as string);
    expect(sender).toBe(JSON.parse(text).sender);
  });

  it('pays out of the treasury of its founder, and nothing that is not there', async () => {
    const [poor, card] = [join(folder, 'poor.json'), join(folder, 'poor.card')];
    await ran(['keys', 'new', poor]);
    writeFileSync(card, (await ran(['keys', 'show', poor, '--json'])).text);
    const paid = await command([
      'pay',
      '2.5',
      card,
      '--note',
      'for the eggs',
      ...PATIENTLY,
      '--json',
    ]);
    expect(JSON.parse(paid.text), paid.errors).toMatchObject({ paid: '2.500000000' });
    const much = await command(['pay', '3', card, '--keys', poor, ...PATIENTLY]);
    expect(much.code).toBe(1);
    expect(much.errors).toMatch(/NOT_DONE.*short-of-funds/);
    await eventually(async () => {
      const { text } = await command(['balance', card, '--json']);
      expect(JSON.parse(text)).toMatchObject({ balance: '2.500000000' });
      expect((await command(['balance'])).text).toMatch(/ 999997\.500000000 Harmony$/m);
    });
  });

  it('calls a contract, shows what it has, and tells why not', async () => {
    const other = join(folder, 'other.json');
    await ran(['keys', 'new', other]);
    const done = await command(['call', 'register@1', 'haruka', ...PATIENTLY, '--json']);
    expect(JSON.parse(done.text), done.errors).toMatchObject({ contract: 'register@1' });
    const late = await command(['call', 'register@1', 'haruka', '--keys', other, ...PATIENTLY]);
    expect([late.code, late.errors]).toEqual([1, expect.stringMatching(/NOT_DONE.*not-yours/)]);
    await eventually(async () => {
      const { text } = await command(['call', 'register@1', 'haruka', '--look']);
      expect(text).toMatch(/^[0-9a-f]{64} {2}[a-z2-7]{52}$/m);
    });
  });

  it('pays into the city beside it, and nothing into one that is not there', async () => {
    const [name, card] = [join(folder, 'far.json'), join(folder, 'far.card')];
    await ran(['keys', 'new', name]);
    writeFileSync(card, (await ran(['keys', 'show', name, '--json'])).text);
    const there = 'europe.catalonia.barcelona';
    const paid = await command(['pay', '7', card, '--to', there, ...PATIENTLY, '--json']);
    expect(JSON.parse(paid.text), paid.errors).toMatchObject({ stands: 'settled' });
    await eventually(async () => {
      const { text } = await command(['balance', card, '--city', there, '--json']);
      expect(JSON.parse(text)).toMatchObject({ balance: '7.000000000' });
    });
    const nowhere = await command(['pay', '7', card, '--to', 'europe.nowhere.nowhere']);
    expect(nowhere.errors).toMatch(/NOT_CONNECTED/);
  });

  it('shows it rooted at the globe, and says where it stands', async () => {
    const rooted = await city.line((line) => line.event === 'rooted');
    expect(rooted.text).toMatch(
      /, rooted: MUNICIPALITY > TAKEN_IN > CONTINENT > GLOBE in \d+\.\d\d s$/,
    );
    const steps = await sent(['up to the globe', '--until', 'GLOBE']);
    expect(steps.at(-1)).toMatchObject({ state: 'GLOBE', height: expect.any(Number) });
    await eventually(async () => {
      const { text } = await command(['tx', steps[0]!['txId'] as string, '--json']);
      expect(JSON.parse(text)).toMatchObject({
        rooted: expect.stringMatching(/^GLOBE: municipality \d+, continent \d+, globe \d+$/),
      });
    });
    await isProvedElsewhere(steps[0]!['txId'] as string);
  });

  it('has another city beside it, on another continent, that keeps transactions as well', async () => {
    const { text, errors } = await command([
      'send',
      ...PATIENTLY,
      'hola',
      '--city',
      'europe.catalonia.barcelona',
    ]);
    expect(text, errors).toMatch(/COMMITTED in/);
  });

  it('is followed by anybody from its genesis on, and shows how far each level above it is', async () => {
    await sent(['rooted at the globe', '--until', 'GLOBE']);
    const followed = await command(['follow', '--until', '1', '--json']);
    expect(followed.errors).toBe('');
    expect(JSON.parse(followed.text.split('\n')[0]!)).toMatchObject({
      event: 'header',
      chain: 'globe',
      height: 1,
      carries: expect.stringMatching(/(asia|europe) 1/),
    });
    for (const level of ['city', 'municipality', 'continent', 'globe']) {
      await eventually(async () => {
        const { text } = await asked('chain', level, '--json');
        const { delegates, latest } = JSON.parse(text) as Record<string, { height?: number }[]>;
        expect(delegates!.length).toBeGreaterThan(3);
        // What is latest is asked for when it is known who has most, and may be later by then.
        const heights = delegates!.map(({ height = 0 }) => height);
        expect(latest![0]?.height, level).toBeGreaterThanOrEqual(Math.max(...heights));
      });
    }
    expect((await asked('chain', 'globe')).text).toMatch(
      /^globe, epoch 0 with \d+ members\ndelegate +height\n/,
    );
    expect(await command(['follow', 'atlantis'])).toMatchObject({ code: 2 });
  });

  it('draws the way of a transaction as one line, and stops where one wants to', async () => {
    const whole = await command(['send', ...PATIENTLY, 'for a person']);
    expect(whole.text).toMatch(/^[a-z2-7]{52} {2}FRESH > .*POH_ACK \d+\/\d+.* > COMMITTED in/);
    const early = await command(['send', ...PATIENTLY, 'not to its end', '--until', 'accepted']);
    expect(early).toMatchObject({ code: 0, text: expect.stringMatching(/^\w{52} {2}FRESH in/) });
  });

  it('is watched from another process, which ends when it is told to', async () => {
    const watch = new Running(['watch', 'tx.>', '--json', '--data', data], env());
    others.push(watch.child);
    const txId = await sendUntil((id) => watch.lines.some(isNoteOf(id)));
    const note = watch.lines.find(isNoteOf(txId));
    expect(note).toMatchObject({ fact: { txId, state: 'COMMITTED', height: expect.any(Number) } });
    watch.child.kill('SIGINT');
    expect(await watch.ended).toMatchObject({ code: 0 });
  });

  it('gives a text back to whoever may read it, and to nobody else', async () => {
    const steps = await sent(['comes back']);
    const txId = steps[0]!['txId'] as string;
    for (const by of ['stream', 'poll']) {
      const { text, errors } = await command(['get', txId, '--by', by, ...PATIENTLY]);
      expect([text, errors]).toEqual(['comes back', '']);
    }
    const { text } = await command(['get', txId, ...PATIENTLY, '--json']);
    const lines = text.split('\n').map((line) => JSON.parse(line) as Line);
    expect(lines.at(-1)).toEqual({ txId, state: 'COMMITTED', text: 'comes back' });
    const other = join(folder, 'other.json');
    await ran(['keys', 'new', other]);
    const refused = await command(['get', txId, '--as', other, ...PATIENTLY]);
    expect(refused).toMatchObject({ code: 1, errors: expect.stringContaining('NOT_A_READER') });
    const nobody = await command(['get', nameText(new Uint8Array(32)), ...PATIENTLY]);
    expect(nobody).toMatchObject({ code: 1, errors: expect.stringContaining('NOT_FOUND') });
  });

  it('keeps a text for longer, when its sender says so, with those who hold it', async () => {
    const txId = (await sent(['for longer']))[0]!['txId'] as string;
    const before = await known(txId);
    const other = join(folder, 'stranger.json');
    await ran(['keys', 'new', other]);
    const strange = await command([
      'extend',
      txId,
      '--days',
      '300',
      '--as',
      other,
      '--within',
      '3',
    ]);
    expect(strange.code).toBe(1);
    const { text, errors } = await command(['extend', txId, '--days', '300', ...PATIENTLY]);
    expect(text, errors).toMatch(/kept until \d{4}-\d\d-\d\d$/);
    const until = text.slice(-10);
    expect(until > before.expires.slice(0, 10)).toBe(true);
    await eventually(async () => expect((await known(txId)).expires.slice(0, 10)).toBe(until));
    longer = { txId, until };
  });

  it('draws who holds what, each piece checked', async () => {
    const txId = (await sent(['in pieces']))[0]!['txId'] as string;
    const need = await eventually(async () => {
      const { text } = await asked('pieces', txId, '--json');
      const { rows, need } = JSON.parse(text);
      const held = rows.filter(({ is }: { readonly is: string }) => is === 'held');
      expect(held.length).toBeGreaterThanOrEqual(need);
      return need as number;
    });
    const drawn = await asked('pieces', txId);
    expect(drawn.text).toContain(`any ${need} bring it back`);
    expect(drawn.text).toMatch(/lights {3}█+/);
  });

  it('is complete when its receiver has claimed it', async () => {
    const [keys, card] = [join(folder, 'receiver.json'), join(folder, 'card.json')];
    await ran(['keys', 'new', keys]);
    writeFileSync(card, (await ran(['keys', 'show', keys, '--json'])).text);
    const txId = (await sent(['for you', '--to', card]))[0]!['txId'] as string;
    expect(await command(['claim', txId])).toMatchObject({ code: 1 });
    const claimed = await command(['claim', txId, '--as', keys, ...PATIENTLY]);
    expect(claimed).toMatchObject({ code: 0, text: 'for you' });
    const { text } = await command(['get', txId, ...PATIENTLY]);
    expect(text).toBe('for you');
  });

  it('lists its nodes, with weights and the share of lights that is online', async () => {
    await city.line(is('first'));
    const { text } = await asked('nodes', '--json');
    const list = JSON.parse(text);
    const roles = Map.groupBy(list.nodes as { role: string }[], ({ role }) => role);
    expect(roles.get('light')!.length).toBeGreaterThan(0);
    expect(roles.get('anchor')!.length).toBeLessThanOrEqual(6);
    // Whoever misses one of the few rows that it was asked for so far has no weight for a while.
    await eventually(async () => {
      const { nodes } = JSON.parse((await asked('nodes', '--json')).text);
      const weighed = (nodes as { weight: number }[]).filter(({ weight }) => weight > 0);
      expect(weighed.length).toBeGreaterThan(nodes.length / 2);
    });
    expect(list.lights).toContainEqual(
      expect.objectContaining({ continent: 'asia', online: expect.any(Number) }),
    );
    const delegates = /^\S+\.d1, a delegate: height [1-9]\d*$/m;
    const anchors = /^\S+\.a\d+ +anchor +\d+ +[1-9]\d*$/m;
    await eventually(async () => {
      const tips = await command(['nodes', '--tips']);
      for (const line of [delegates, anchors]) expect(tips.text).toMatch(line);
    });
    const shown = await asked('nodes');
    expect(shown.text).toMatch(/^asia\.ishikawa\.komatsu\.l01 +light +\d+$/m);
    expect(shown.text).toMatch(/^lights of asia: \d+ of \d+ online/m);
  });

  it('makes keys for one reader alone, and never over others', async () => {
    const file = join(folder, 'ada.json');
    const made = await ran(['keys', 'new', file, '--json']);
    expect(made).toMatchObject({ code: 0 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const steps = await sent(['by ada', '--keys', file]);
    const { sender } = await known(steps[0]!['txId'] as string);
    expect(sender).toBe(JSON.parse(made.text).sender);
    const before = readFileSync(file, 'utf8');
    expect(await ran(['keys', 'new', file])).toMatchObject({ code: 2 });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('says in one line with a word what is the matter', async () => {
    const file = join(folder, 'long');
    writeFileSync(file, 'a'.repeat(TEXT_BYTES_MAX + 1));
    const nobody = nameText(new Uint8Array(32).fill(7));
    const nowhere = ['--nats', 'nats://127.0.0.1:1', '--city', 'asia.ishikawa.komatsu'];
    const elsewhere = ['--data', join(folder, 'nothing')];
    const wrong: readonly (readonly [readonly string[], number, string])[] = [
      [['send', '--file', file, '--data', data], 2, `expected at most ${TEXT_BYTES_MAX}`],
      [['send', '--file', join(folder, 'none'), '--data', data], 2, 'none'],
      [['send', 'a', '--file', file, '--data', data], 2, 'expected one of them'],
      [['send', 'a', '--until', 'LOST', '--data', data], 2, '--until'],
      [['send', 'a', ...elsewhere], 1, 'city-chain up'],
      [['send', 'a', ...elsewhere, ...nowhere], 1, 'NOT_CONNECTED'],
      [['tx', nobody, '--data', data], 1, 'NOT_FOUND'],
      [['tx', 'nonsense', '--data', data], 1, 'NOT_FOUND'],
      [['send', 'a', '--city', 'Komatsu', '--data', data], 1, 'WRONG_CITY'],
      [['tx', nobody, '--city', 'asia.ishikawa.hakusan', '--data', data], 1, 'NOT_CONNECTED'],
    ];
    const refuses = async ([args, code, words]: (typeof wrong)[number]): Promise<void> => {
      const refused = await ran(args, env());
      expect(refused, args.join(' ')).toMatchObject({ code, text: '' });
      const said = refused.errors.replace(/^made keys for you.*\n/, '');
      expect(said.trim().split('\n').length, said).toBe(1);
      expect(refused.errors).toContain(words);
      const word = /\b[A-Z]+_[A-Z_]+(?=:)/.exec(refused.errors)?.[0];
      if (word !== undefined) expect(Object.keys(ERRORS)).toContain(word);
    };
    // Too few delegates may have answered in time to say that nobody knows it.
    const refusesEach = async (some: typeof wrong): Promise<void> => {
      for (const each of some) await eventually(() => refuses(each));
    };
    // Some wait for an answer that does not come: others are wrong meanwhile.
    const waits = ([, , words]: (typeof wrong)[number]): boolean => words === 'NOT_CONNECTED';
    await Promise.all([
      refusesEach(wrong.filter(waits)),
      refusesEach(wrong.filter((each) => !waits(each))),
    ]);
    await eventually(async () => {
      const { errors } = await command(['tx', nobody, '--json']);
      const error = expect.stringContaining('NOT_FOUND');
      expect(JSON.parse(errors)).toMatchObject({ code: 1, error });
    });
  });

  it('is read with nothing but what docs/SUBJECTS.md shows', async () => {
    const shell = reading('bash', ['-c', subscriber('bash')]);
    const isThere = spawnSync('python3', ['--version']).status === 0;
    const python = isThere ? reading('python3', ['-c', subscriber('python')]) : undefined;
    const all = [shell, ...(python === undefined ? [] : [python])];
    const txId = await sendUntil((id) => all.every((each) => shows(each, id)));
    const notes = shell.lines.map((line) => JSON.parse(line) as { readonly fact: object });
    expect(notes.map(({ fact }) => fact)).toContainEqual(
      expect.objectContaining({ txId, state: 'COMMITTED' }),
    );
  });

  it('is mirrored into a data base, from where its transactions are counted', async () => {
    const mirror = new Running(['mirror', '--json', '--data', data], env());
    // Each city has rows of its own, and either may be the first.
    await Promise.all([
      mirror.line(isMirrored('asia.ishikawa.komatsu')),
      mirror.line(isMirrored('europe.catalonia.barcelona')),
    ]);
    mirror.child.kill('SIGINT');
    expect((await mirror.ended).code).toBe(0);
    const { text } = await asked('analytics', '--by', 'continent,state', '--json');
    const rows = JSON.parse(text) as readonly Record<string, unknown>[];
    expect(rows).toContainEqual(expect.objectContaining({ continent: 'asia', state: 'COMMITTED' }));
    const csv = await command(['analytics', '--by', 'kind', '--as', 'csv']);
    expect(csv.text).toMatch(/^kind,txs,bytes\nentry,\d+,\d+/);
  });

  it('has its anchors promise anew, row by row, what is kept for longer', async () => {
    const { txId, until } = longer!;
    await eventually(async () => {
      const { holders, pieces } = await known(txId);
      const placed = holders.slice(0, Number.parseInt(pieces, 10));
      const anchors = placed.filter((line) => line.includes('(anchor, until'));
      expect(anchors.length).toBeGreaterThan(0);
      expect(anchors.filter((line) => !line.endsWith(`until ${until})`))).toEqual([]);
    });
    expect((await command(['get', txId, ...PATIENTLY])).text).toBe('for longer');
  });

  it('is told by its operator that a holder does not come back, and that it does', async () => {
    await city.line(is('first'));
    const node = 'asia.ishikawa.komatsu.l01';
    const gone = await asked('gone', node, '--json');
    const { noted } = JSON.parse(gone.text) as { readonly noted: readonly string[] };
    expect(noted).toContain('asia.ishikawa.komatsu.d1');
    expect(noted).toContain('europe.catalonia.barcelona.d1');
    const back = await asked('gone', node, '--back');
    expect(back.text, back.errors).toBe(
      `${node} is back: noted by ${noted.length} of ${noted.length} delegates`,
    );
    expect(await command(['gone', 'nobody'])).toMatchObject({ code: 2 });
  });

  it('stops when it is told to', async () => {
    city.child.kill('SIGTERM');
    expect(await city.ended).toMatchObject({ code: 0 });
  });
});
