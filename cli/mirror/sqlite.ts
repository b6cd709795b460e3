/**
 * A sink on this machine: one SQLite file, with the SQLite that Node brings. Rows and cursors are one commit.
 *
 * It stays with one process, which writes some hundred rows at a time; a reader beside it sees what is committed.
 */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { MirrorRow } from '#protocols/mirror/row.ts';
import {
  DAY_MS,
  KEPT_DAYS,
  type Answer,
  type Cursor,
  type Group,
  type Outcome,
  type Question,
  type Sink,
  WRITTEN,
} from './sink.ts';

const TABLES = `
  CREATE TABLE IF NOT EXISTS txs (
    tx_id TEXT PRIMARY KEY, continent TEXT NOT NULL, city TEXT NOT NULL, to_city TEXT NOT NULL,
    kind TEXT NOT NULL, state TEXT NOT NULL, bytes INTEGER NOT NULL CHECK (bytes >= 0),
    created_at INTEGER NOT NULL, ordered_at INTEGER, number INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS txs_created_at ON txs (created_at);
  CREATE TABLE IF NOT EXISTS cursors (city TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;
const PUT = `
  INSERT INTO txs VALUES (:tx_id, :continent, :city, :to_city, :kind, :state, :bytes, :created_at, :ordered_at, :number)
  ON CONFLICT (tx_id) DO UPDATE SET
    state = excluded.state, ordered_at = excluded.ordered_at, number = excluded.number
  WHERE excluded.number >= number
`;
const MOVE =
  'INSERT INTO cursors VALUES (:city, :next) ON CONFLICT (city) DO UPDATE SET next = excluded.next';
/** What the columns themselves refuse: a row that will never fit. */
const CONSTRAINT = 19;
const MISMATCH = 20;

const EXPRESSIONS: Readonly<Record<Group, string>> = {
  continent: 'continent',
  city: 'city',
  kind: 'kind',
  state: 'state',
  day: `created_at / ${DAY_MS} * ${DAY_MS}`,
};

export function sqliteSink(file: string, now: () => number): Sink {
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${TABLES}`);
  const [putRow, move] = [db.prepare(PUT), db.prepare(MOVE)];
  const kept = db.prepare('SELECT next FROM cursors WHERE city = ?');
  const forget = db.prepare('DELETE FROM txs WHERE created_at < ?');
  const commit = (rows: readonly MirrorRow[], { city, next }: Cursor): void => {
    db.exec('BEGIN');
    try {
      for (const row of rows) putRow.run(row as unknown as Record<string, SQLInputValue>);
      forget.run(now() - KEPT_DAYS * DAY_MS);
      move.run({ city, next });
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  };
  return {
    cursor: async (city) => Number(kept.get(city)?.['next'] ?? 0),
    write: async (rows, at) => {
      try {
        commit(rows, at);
        return WRITTEN;
      } catch (error) {
        return failed(error);
      }
    },
    group: async (question) => grouped(db, question),
    close: async () => db.close(),
  };
}

/** Only what SQLite itself says is an outcome; anything else is a fault of ours. */
function failed(error: unknown): Outcome {
  const { errcode, message: why } = error as { errcode?: number; message: string };
  if (errcode === undefined) throw error;
  const isRefusal = [CONSTRAINT, MISMATCH].includes(errcode & 0xff);
  return { outcome: isRefusal ? 'refused' : 'unreachable', why };
}

function grouped(db: DatabaseSync, { by, fromMs = 0, toMs = 2 ** 53 - 1 }: Question): Answer[] {
  const columns = by.map((group) => `${EXPRESSIONS[group]} AS "${group}"`);
  const grouping = by.length === 0 ? '' : `GROUP BY ${by.map((_, i) => i + 1).join(', ')}`;
  const query = db.prepare(
    `SELECT ${[...columns, 'count(*) AS txs', 'coalesce(sum(bytes), 0) AS bytes'].join(', ')}
     FROM txs WHERE created_at >= ? AND created_at < ? ${grouping}
     ${by.length === 0 ? '' : `ORDER BY ${by.map((_, i) => i + 1).join(', ')}`}`,
  );
  // Rows of SQLite have no prototype.
  return query.all(fromMs, toMs).map((row) => Object.assign({}, row) as unknown as Answer);
}
