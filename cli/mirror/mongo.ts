/**
 * A sink by URL: MongoDB, through its official driver. Collections `txs` and `cursors` of the data base that the URL
 * names, else `city_chain`.
 *
 * A server by itself has no commits over several documents, so the cursor is written after the rows: a mirror that
 * dies between them writes the same rows again, which changes nothing. An index lets rows go after six months.
 */
import {
  MongoBulkWriteError,
  MongoClient,
  MongoError,
  MongoServerError,
  type Document,
} from 'mongodb';
import type { MirrorRow } from '#protocols/mirror/row.ts';
import {
  DAY_MS,
  KEPT_DAYS,
  type Answer,
  type Group,
  type Outcome,
  type Question,
  type Sink,
  WRITTEN,
} from './sink.ts';

const DEFAULT_NAME = 'city_chain';
const SECONDS_A_DAY = 86_400;
/** So long a server may take before it counts as away. */
const PATIENCE_MS = 5_000;

type Kept = Omit<MirrorRow, 'tx_id'> & { readonly _id: string; readonly expires_from: Date };

const FIELDS: Readonly<Record<Group, unknown>> = {
  continent: '$continent',
  city: '$city',
  kind: '$kind',
  state: '$state',
  day: { $subtract: ['$created_at', { $mod: ['$created_at', DAY_MS] }] },
};

export function mongoSink(url: string): Sink {
  const client = new MongoClient(url, {
    serverSelectionTimeoutMS: PATIENCE_MS,
    socketTimeoutMS: PATIENCE_MS,
    appName: 'city-chain',
  });
  const db = client.db(nameIn(url));
  const txs = db.collection<Kept>('txs');
  const cursors = db.collection<{ _id: string; next: number }>('cursors');
  let isIndexed = false;
  const index = async (): Promise<void> => {
    if (isIndexed) return;
    await txs.createIndex({ expires_from: 1 }, { expireAfterSeconds: KEPT_DAYS * SECONDS_A_DAY });
    await txs.createIndex({ created_at: 1 });
    isIndexed = true;
  };
  return {
    cursor: async (city) => (await cursors.findOne({ _id: city }))?.next ?? 0,
    write: async (rows, { city, next }) => {
      try {
        await index();
        if (rows.length > 0) await txs.bulkWrite(rows.flatMap(writesOf), { ordered: false });
        await cursors.updateOne({ _id: city }, { $set: { next } }, { upsert: true });
        return WRITTEN;
      } catch (error) {
        return failed(error);
      }
    },
    group: async (question) => {
      const found = await txs.aggregate(pipelineOf(question)).toArray();
      const all = found.map(
        ({ _id, txs: count, bytes }) => Object.assign({}, _id, { txs: count, bytes }) as Answer,
      );
      // Over nothing there is one answer where no groups are asked for, as SQL has it.
      return all.length === 0 && question.by.length === 0 ? [{ txs: 0, bytes: 0 }] : all;
    },
    close: () => client.close(),
  };
}

/** Of the data base. The hosts before it may be several, which no URL of the web has. */
function nameIn(url: string): string {
  const named = /^[^/]*\/\/[^/]*\/([^?]+)/.exec(url)?.[1];
  return named === undefined ? DEFAULT_NAME : decodeURIComponent(named);
}

/** What an earlier number said is replaced; what a later one said stays. */
function writesOf({ tx_id: _id, ...row }: MirrorRow) {
  const { state, ordered_at, number, ...first } = row;
  const expires_from = new Date(row.created_at);
  const made = { $setOnInsert: { ...first, state, ordered_at, number, expires_from } };
  const later = {
    filter: { _id, number: { $lte: number } },
    update: { $set: { state, ordered_at, number } },
  };
  return [{ updateOne: { filter: { _id }, update: made, upsert: true } }, { updateOne: later }];
}

/** A word of the server about these rows, not about itself: documents that fail validation, or are too large. */
const ROW_FAULTS: ReadonlySet<number> = new Set([2, 14, 121, 10_334, 17_280, 17_419]);

/** Only what the driver or the server says is an outcome; anything else is a fault of ours. */
function failed(error: unknown): Outcome {
  if (!(error instanceof MongoError)) throw error;
  return { outcome: isRefusal(error) ? 'refused' : 'unreachable', why: error.message };
}

function isRefusal(error: MongoError): boolean {
  if (error instanceof MongoBulkWriteError) {
    const all = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
    return all.some(({ code }) => ROW_FAULTS.has(code));
  }
  return error instanceof MongoServerError && ROW_FAULTS.has(Number(error.code));
}

function pipelineOf({ by, fromMs = 0, toMs = 2 ** 53 - 1 }: Question): Document[] {
  const _id = Object.fromEntries(by.map((group) => [group, FIELDS[group]]));
  return [
    { $match: { created_at: { $gte: fromMs, $lt: toMs } } },
    { $group: { _id, txs: { $sum: 1 }, bytes: { $sum: '$bytes' } } },
    { $sort: { _id: 1 } },
  ];
}
