/** Which sink a mirror's option means: a MongoDB by its URL, else a file of SQLite. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { Unfit } from '../unfit.ts';
import { mongoSink } from './mongo.ts';
import type { Sink } from './sink.ts';
import { sqliteSink } from './sqlite.ts';

export interface SinkOptions {
  readonly sink?: string;
  readonly data: string;
}

export const withSinkOption = (command: Command): Command =>
  command.option(
    '--sink <where>',
    'mongodb://..., or a file; else MONGODB_URL, else mirror.db in the data folder',
  );

/** What to call it, without secrets. */
export function whereOf({ sink, data }: SinkOptions): string {
  const named = sink ?? process.env['MONGODB_URL'];
  const where = named === undefined || named === '' ? join(data, 'mirror.db') : named;
  return where.replace(/\/\/[^@/]*@/, '//***@');
}

export function openSink({ sink, data }: SinkOptions): Sink {
  const named = sink ?? process.env['MONGODB_URL'] ?? '';
  if (/^mongodb(\+srv)?:\/\//.test(named)) return mongo(named);
  if (/^[a-z+]+:\/\//i.test(named)) {
    throw new Unfit(`--sink is '${named}', expected mongodb://host/name or a file`);
  }
  const file = named === '' ? join(data, 'mirror.db') : named;
  mkdirSync(dirname(file), { recursive: true });
  return sqliteSink(file, Date.now);
}

/** The driver says what is wrong with an address before it goes anywhere. */
function mongo(url: string): Sink {
  try {
    return mongoSink(url);
  } catch (error) {
    throw new Unfit(`--sink is no address of a MongoDB: ${(error as Error).message}`);
  }
}
