/**
 * The database of small state: one SQLite file, used by one thread of one process.
 *
 *   kept(key, sum, value)     sum = CRC-32 of key and value
 *   total                     the sum of all sums, mod 2^32: which rows there are
 *
 * SQLite notices damage to its structure, and not to its content, and ends its log in silence where a
 * frame has rotted. Here each row carries a checksum, the total says that no row is missing, and both
 * and the log are looked at when the file opens: it opens whole or not at all, since a vote that cannot
 * be found would be cast again. Rows are checked once more when they are read.
 *
 * Durability: WAL with `synchronous=FULL`, so that a commit is synced before it is answered. Opening
 * copies the log into the database and empties it, because after a sync that failed in an earlier life
 * a later sync of the same log proves nothing (decision 0014).
 */
import { existsSync, readFileSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { Write } from '#protocols/effect.ts';
import type { StoreEntry } from '../ports.ts';
import type { Answer, Call, Ended } from './calls.ts';
import { isLogDamaged } from './log-check.ts';

/** `cckv`: what the file says of itself. */
const APPLICATION_ID = 0x63636b76;
const VERSION = 1;
/** What the file may grow to. Small state that is larger is not small. */
const BYTES_MAX = 1024 * 1024 * 1024;
const PAGE_BYTES = 4_096;
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
const encoder = new TextEncoder();

type SqliteError = Error & { readonly errcode?: number; readonly errstr?: string };
type Row = { readonly key: string; readonly sum: number; readonly value: Uint8Array };

export class Database {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #sumOf: StatementSync;
  readonly #read: StatementSync;
  readonly #scan: StatementSync;
  readonly #setTotal: StatementSync;
  #total = 0;
  #failure: string | undefined;

  /** Throws a sentence for the operator where the file cannot be used. */
  constructor(path: string, bytesMax = BYTES_MAX) {
    this.#db = opened(path, bytesMax);
    const sql = (text: string): StatementSync => this.#db.prepare(text);
    this.#insert = sql('INSERT OR REPLACE INTO kept (key, sum, value) VALUES (?, ?, ?)');
    this.#delete = sql('DELETE FROM kept WHERE key = ?');
    this.#sumOf = sql('SELECT sum FROM kept WHERE key = ?');
    this.#read = sql('SELECT key, sum, value FROM kept WHERE key = ?');
    this.#scan = sql('SELECT key, sum, value FROM kept WHERE key >= ? ORDER BY key');
    this.#setTotal = sql('UPDATE total SET sum = ?');
    this.#total = sql('SELECT sum FROM total').get()!['sum'] as number;
  }

  /** Carries out a group of calls, in order, in one transaction. Answers when it is durable. */
  run(calls: readonly Call[]): Ended {
    if (this.#failure !== undefined) return { as: 'failed', error: this.#failure };
    const before = this.#total;
    try {
      this.#db.exec('BEGIN');
      const answers = calls.map((call) => this.#answer(call));
      if (this.#total !== before) this.#setTotal.run(this.#total);
      this.#db.exec('COMMIT');
      return { as: 'done', answers };
    } catch (error) {
      this.#total = before;
      return this.#undo(error as SqliteError);
    }
  }

  close(): void {
    // Closing writes to the disk: not after it failed.
    if (this.#failure === undefined) this.#db.close();
  }

  #answer(call: Call): Answer {
    switch (call.do) {
      case 'commit':
        for (const write of call.writes) this.#write(write);
        return { do: 'commit' };
      case 'read': {
        const row = this.#read.get(call.key) as Row | undefined;
        return { do: 'read', value: row && (damageIn(row) ?? row.value) };
      }
      default:
        return { do: 'scan', entries: this.#under(call.prefix) };
    }
  }

  #write({ key, value }: Write): void {
    const old = this.#sumOf.get(key) as { readonly sum: number } | undefined;
    if (old !== undefined) this.#total = (this.#total - old.sum) >>> 0;
    if (value === undefined) {
      if (old !== undefined) this.#delete.run(key);
      return;
    }
    const sum = sumOf(key, value);
    this.#total = (this.#total + sum) >>> 0;
    this.#insert.run(key, sum, value);
  }

  #under(prefix: string): readonly StoreEntry[] | string {
    const entries: StoreEntry[] = [];
    for (const row of this.#scan.iterate(prefix) as Iterable<Row>) {
      if (!row.key.startsWith(prefix)) break;
      const damage = damageIn(row);
      if (damage !== undefined) return damage;
      entries.push([row.key, row.value]);
    }
    return entries;
  }

  /** No room is a refusal, and the next group may have some; everything else is the end. */
  #undo(error: SqliteError): Ended {
    const why = `${error.message} (${error.errstr ?? error.name})`;
    if (((error.errcode ?? 0) & 0xff) === SQLITE_FULL) {
      try {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        return { as: 'refused', error: why };
      } catch (again) {
        return this.#fail(`${why}; then ${(again as Error).message}`);
      }
    }
    return this.#fail(why);
  }

  #fail(error: string): Ended {
    this.#failure = error;
    return { as: 'failed', error };
  }
}

const sumOf = (key: string, value: Uint8Array): number => crc32(value, crc32(encoder.encode(key)));

const damageIn = ({ key, sum, value }: Row): string | undefined =>
  sumOf(key, value) === sum ? undefined : `${key}: damaged on the disk`;

function opened(path: string, bytesMax: number): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 0 });
    prepare(db, `${path}-wal`);
    verify(db);
    db.exec(`PRAGMA max_page_count = ${Math.ceil(bytesMax / PAGE_BYTES)}`);
    return db;
  } catch (error) {
    db?.close();
    throw new Error(whyUnfit(path, error as SqliteError), { cause: error });
  }
}

function prepare(db: DatabaseSync, log: string): void {
  // Exclusive before WAL: then there is no shared memory, and a second process is refused.
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA locking_mode = EXCLUSIVE`);
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON');
  db.exec('PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF');
  db.exec('BEGIN IMMEDIATE');
  // Now that nobody else writes it, and before anything does.
  if (existsSync(log) && isLogDamaged(readFileSync(log))) {
    throw new Error('its log is damaged, and commits behind the damage would be lost');
  }
  const pragma = (name: string): unknown => db.prepare(`PRAGMA ${name}`).get()![name];
  const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (isEmpty) {
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION}`);
    db.exec(
      'CREATE TABLE kept (key TEXT PRIMARY KEY, sum INTEGER, value BLOB) STRICT, WITHOUT ROWID',
    );
    db.exec('CREATE TABLE total (sum INTEGER) STRICT; INSERT INTO total VALUES (0)');
  } else if (pragma('application_id') !== APPLICATION_ID) {
    throw new Error('not a store of city-chain');
  } else if (pragma('user_version') !== VERSION) {
    throw new Error(`of version ${String(pragma('user_version'))}, expected ${VERSION}`);
  }
  db.exec('COMMIT');
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()!;
  if (checkpoint['busy'] !== 0) throw new Error('its log cannot be copied into it');
}

function verify(db: DatabaseSync): void {
  let total = 0;
  for (const row of db.prepare('SELECT key, sum, value FROM kept').iterate()) {
    const damage = damageIn(row as Row);
    if (damage !== undefined) throw new Error(damage);
    total = (total + (row as Row).sum) >>> 0;
  }
  const expected = db.prepare('SELECT sum FROM total').get()?.['sum'];
  if (total !== expected) throw new Error('rows are missing');
}

function whyUnfit(path: string, error: SqliteError): string {
  if (((error.errcode ?? 0) & 0xff) === SQLITE_BUSY) {
    return `${path}: in use by another process: stop it, or name another directory`;
  }
  return `${path}: cannot be used (${error.message}): expected a whole store of small state; move it away to begin with an empty one`;
}
