/**
 * What every sink of a mirror promises. Tried on a SQLite file, on MongoDB through the official driver and a server's
 * wire protocol, and on a real server as well where `MONGODB_URL` names one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MongoClient } from 'mongodb';
import type { MirrorRow } from '#protocols/mirror/row.ts';
import { mongoSink } from '#cli/mirror/mongo.ts';
import { openSink } from '#cli/mirror/open.ts';
import { DAY_MS, KEPT_DAYS, type Sink } from '#cli/mirror/sink.ts';
import { sqliteSink } from '#cli/mirror/sqlite.ts';
import { MongoDouble } from './mongo-double.ts';

const NOW = Math.floor(Date.now() / DAY_MS) * DAY_MS;

interface Place {
  readonly open: () => Sink;
  readonly leave: () => Promise<void>;
}
type Kind = readonly [name: string, enter: () => Promise<Place>];

const onFile: Kind = [
  'SQLite',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'city-chain-mirror-'));
    return {
      open: () => sqliteSink(join(folder, 'mirror.db'), () => NOW),
      leave: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
];
const onDouble = (name: string, set?: string): Kind => [
  `MongoDB, the wire protocol of ${name}`,
  async () => {
    const double = await MongoDouble.start(set);
    return { open: () => mongoSink(double.url), leave: () => double.stop() };
  },
];
const onAlone = onDouble('a server alone');
/** In a data base of its own, which goes afterwards. */
const onServer = (given: string): Kind => [
  'MongoDB, a real server',
  async () => {
    const url = new URL(given);
    url.pathname = `/city_chain_test_${process.pid}`;
    return {
      open: () => mongoSink(url.href),
      leave: async () => {
        const client = await MongoClient.connect(url.href);
        await client.db(url.pathname.slice(1)).dropDatabase();
        await client.close();
      },
    };
  },
];
const server = process.env['MONGODB_URL'];
const KINDS = [
  onFile,
  onAlone,
  onDouble('a replica set', 'rs0'),
  ...(server === undefined ? [] : [onServer(server)]),
];

const CITY = 'asia.ishikawa.komatsu';
const upTo = (next: number, city = CITY) => ({ city, next });

const row = (tx_id: string, more: Partial<MirrorRow> = {}): MirrorRow => ({
  tx_id,
  continent: 'asia',
  city: 'asia.ishikawa.komatsu',
  to_city: 'asia.ishikawa.komatsu',
  kind: 'entry',
  state: 'COMMITTED',
  bytes: 100,
  created_at: NOW + 1,
  ordered_at: NOW + 300,
  number: 1_024,
  ...more,
});

describe.each(KINDS)('a sink on %s', (_, enter) => {
  let place: Place;
  let sink: Sink;
  beforeEach(async () => {
    place = await enter();
    sink = place.open();
  });
  afterEach(async () => {
    await sink.close();
    await place.leave();
  });

  it('begins with nothing, and remembers where to go on', async () => {
    expect(await sink.cursor(CITY)).toBe(0);
    expect(await sink.group({ by: [] })).toEqual([{ txs: 0, bytes: 0 }]);
    expect(await sink.write([row('a')], upTo(1_025))).toEqual({ outcome: 'written' });
    await sink.close();
    sink = place.open();
    expect(await sink.cursor(CITY)).toBe(1_025);
    expect(await sink.group({ by: [] })).toEqual([{ txs: 1, bytes: 100 }]);
  });

  it('remembers of each city where to go on, and none where another one has got to', async () => {
    const barcelona = 'europe.catalonia.barcelona';
    await sink.write([row('a')], upTo(5_000));
    expect(await sink.cursor(barcelona)).toBe(0);
    await sink.write([row('b', { city: barcelona })], upTo(1_025, barcelona));
    expect([await sink.cursor(CITY), await sink.cursor(barcelona)]).toEqual([5_000, 1_025]);
  });

  it('has of each transaction the last word, whatever comes again', async () => {
    await sink.write([row('a'), row('b', { number: 1_025 })], upTo(1_026));
    await sink.write([row('a', { state: 'LOST', number: 3_000 })], upTo(3_001));
    await sink.write([row('a'), row('b', { number: 1_025 })], upTo(1_026));
    expect(await sink.group({ by: ['state'] })).toEqual([
      { state: 'COMMITTED', txs: 1, bytes: 100 },
      { state: 'LOST', txs: 1, bytes: 100 },
    ]);
  });

  it('counts by continent, city, kind, day and state, of a time', async () => {
    const paris = { continent: 'europe', city: 'europe.france.paris', bytes: 7 } as const;
    const all = [
      row('a'),
      row('b', { kind: 'letter' }),
      row('c', { ...paris, created_at: NOW - 1 }),
      row('d', { ...paris, created_at: NOW - DAY_MS }),
    ];
    await sink.write(all, upTo(1_025));
    expect(await sink.group({ by: ['continent', 'day'] })).toEqual([
      { continent: 'asia', day: NOW, txs: 2, bytes: 200 },
      { continent: 'europe', day: NOW - DAY_MS, txs: 2, bytes: 14 },
    ]);
    expect(await sink.group({ by: ['city', 'kind'], fromMs: NOW })).toEqual([
      { city: 'asia.ishikawa.komatsu', kind: 'entry', txs: 1, bytes: 100 },
      { city: 'asia.ishikawa.komatsu', kind: 'letter', txs: 1, bytes: 100 },
    ]);
    expect(await sink.group({ by: ['kind'], toMs: NOW - 1 })).toEqual([
      { kind: 'entry', txs: 1, bytes: 7 },
    ]);
  });
});

describe('a sink that refuses', () => {
  it.each([onFile, onAlone])('a row says so, on %s', async (_, enter) => {
    const place = await enter();
    const sink = place.open();
    const { outcome } = await sink.write([row('bad', { bytes: -1 })], upTo(1_025));
    expect([outcome, await sink.cursor(CITY)]).toEqual(['refused', 0]);
    await sink.close();
    await place.leave();
  });
});

describe('a file', () => {
  it('loses what is older than six months', async () => {
    const place = await onFile[1]();
    const sink = place.open();
    await sink.write(
      [row('old', { created_at: NOW - KEPT_DAYS * DAY_MS - 1 }), row('new')],
      upTo(2_000),
    );
    expect(await sink.group({ by: [] })).toEqual([{ txs: 1, bytes: 100 }]);
    await sink.close();
    await place.leave();
  });
});

describe('a MongoDB', () => {
  it('is told to let rows go after six months, and is away while it is', async () => {
    const double = await MongoDouble.start();
    const sink = mongoSink(double.url);
    await sink.write([row('a')], upTo(1_025));
    expect(double.indexes).toContainEqual(
      expect.objectContaining({ expireAfterSeconds: KEPT_DAYS * 86_400 }),
    );
    double.isReadOnly = true;
    expect((await sink.write([row('b')], upTo(1_026))).outcome).toBe('unreachable');
    double.isReadOnly = false;
    expect((await sink.write([row('b')], upTo(1_026))).outcome).toBe('written');
    await sink.close();
    await double.stop();
  });
  it('whose answer is lost is asked again, and has done it once', async () => {
    const double = await MongoDouble.start('rs0');
    const sink = mongoSink(double.url);
    await sink.write([row('a')], upTo(1_025));
    const before = double.done;
    double.losing = 1;
    expect((await sink.write([row('b')], upTo(1_026))).outcome).toBe('written');
    expect([double.done - before, double.again]).toEqual([2, 1]);
    expect(await sink.group({ by: [] })).toEqual([{ txs: 2, bytes: 200 }]);
    await sink.close();
    await double.stop();
  });
  it.each([
    ['of one host', (host: string) => `mongodb://${host}/ours`],
    ['of several', (host: string) => `mongodb://${host},${host}/ours?replicaSet=rs0`],
    ['with a name and a word', (host: string) => `mongodb://ada:p%40ss@${host}/ours`],
  ])('is found by an address %s', async (name, address) => {
    const double = await MongoDouble.start(name === 'of several' ? 'rs0' : undefined);
    const sink = openSink({ sink: address(double.host), data: '.' });
    // Who it is that comes is not asked here: an answer is enough.
    const answer = await sink.cursor(CITY).catch((error: Error) => error.message);
    expect([0, "no such command: 'saslStart'"]).toContain(answer);
    await sink.close();
    await double.stop();
  });
  it('is refused where its address is none', () => {
    for (const sink of ['mongodb://', 'mongodb://a:b:c/x', 'mongodb://host/%zz'])
      expect(() => openSink({ sink, data: '.' }), sink).toThrow(/--sink is no address/);
  });
});
