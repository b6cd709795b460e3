/**
 * A MongoDB on the wire: enough of the protocol (OP_MSG, and OP_QUERY for the first hello) and of the commands for the
 * official driver to write and read a mirror. It evaluates what it is asked: filters, updates and pipelines of the
 * operators below, and refuses any other by its name.
 *
 * By itself it is a server alone. As the primary of a replica set it has sessions and retryable writes: a write that comes
 * again under the number that it had in its session is answered as it was, and not done again.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { BSON, type Document } from 'mongodb';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER = 16;

interface Request {
  readonly id: number;
  readonly op: number;
  readonly command: Document;
}

export class MongoDouble {
  readonly collections = new Map<string, Map<unknown, Document>>();
  readonly indexes: Document[] = [];
  /** Answers to writes, while set. */
  isReadOnly = false;
  /** Of so many writes the answer is lost, with its connection. */
  losing = 0;
  /** Writes that were done, and those that came again. */
  done = 0;
  again = 0;
  readonly #answered = new Map<string, Document>();
  readonly #set: string | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, set: string | undefined) {
    this.#server = server;
    this.#set = set;
  }

  /** `set`: the name of a replica set, whose primary this is, and all there is of it. */
  static async start(set?: string): Promise<MongoDouble> {
    const server = createServer();
    const double = new MongoDouble(server, set);
    server.on('connection', (socket) => double.#serve(socket));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return double;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `mongodb://${this.host}/test${this.#set === undefined ? '' : `?replicaSet=${this.#set}`}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }

  of(name: string): Map<unknown, Document> {
    const found = this.collections.get(name) ?? new Map<unknown, Document>();
    this.collections.set(name, found);
    return found;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let read = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      read = Buffer.concat([read, bytes]);
      while (read.length >= HEADER && read.length >= read.readInt32LE(0)) {
        const length = read.readInt32LE(0);
        const request = requestOf(read.subarray(0, length));
        read = read.subarray(length);
        const answer = this.#answer(request.command);
        if (answer === LOST) socket.destroy();
        else socket.write(replyTo(request, answer));
      }
    });
  }

  #answer(command: Document): Document {
    const [name] = Object.keys(command);
    switch (name) {
      case 'hello':
      case 'ismaster':
      case 'isMaster':
        return this.#hello();
      case 'ping':
      case 'endSessions':
        return { ok: 1 };
      case 'createIndexes':
        this.indexes.push(...(command['indexes'] as Document[]));
        return { ok: 1 };
      case 'update':
        return this.#once(command, () =>
          this.#update(this.of(command['update'] as string), command['updates'] as Document[]),
        );
      case 'find': {
        const found = [...this.of(command['find'] as string).values()];
        return cursorOf(found.filter((each) => fits(each, command['filter'] as Document)));
      }
      case 'aggregate':
        return cursorOf(
          run(
            [...this.of(command['aggregate'] as string).values()],
            command['pipeline'] as Document[],
          ),
        );
      default:
        return {
          ok: 0,
          code: 59,
          codeName: 'CommandNotFound',
          errmsg: `no such command: '${name}'`,
        };
    }
  }

  #hello(): Document {
    if (this.#set === undefined) return HELLO;
    const { host } = this;
    return { ...HELLO, setName: this.#set, setVersion: 1, hosts: [host], me: host, primary: host };
  }

  /** A write that has a number in its session is done once. */
  #once({ lsid, txnNumber }: Document, write: () => Document): Document {
    if (txnNumber === undefined) return write();
    const name = `${String((lsid as Document)['id'])}/${String(txnNumber)}`;
    const before = this.#answered.get(name);
    if (before !== undefined) {
      this.again++;
      return before;
    }
    this.done++;
    const answer = write();
    this.#answered.set(name, answer);
    if (this.losing === 0) return answer;
    this.losing--;
    return LOST;
  }

  #update(collection: Map<unknown, Document>, updates: readonly Document[]): Document {
    if (this.isReadOnly) return { ok: 0, code: 10_107, errmsg: 'not primary' };
    const writeErrors: Document[] = [];
    let n = 0;
    for (const [index, { q, u, upsert }] of updates.entries()) {
      const found = [...collection.values()].find((each) => fits(each, q as Document));
      const made = found ?? (upsert === true ? { ...(q as Document) } : undefined);
      if (made === undefined) continue;
      if (found === undefined) Object.assign(made, u['$setOnInsert']);
      const after: Document = { ...made, ...(u['$set'] as Document) };
      if (Number(after['bytes'] ?? 0) < 0) {
        writeErrors.push({ index, code: 121, errmsg: 'Document failed validation' });
        continue;
      }
      collection.set(after['_id'], after);
      n++;
    }
    return { ok: 1, n, nModified: n, ...(writeErrors.length === 0 ? {} : { writeErrors }) };
  }
}

/** No answer at all. */
const LOST: Document = {};

const HELLO: Document = {
  ok: 1,
  helloOk: true,
  isWritablePrimary: true,
  ismaster: true,
  minWireVersion: 0,
  maxWireVersion: 21,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  readOnly: false,
};

const cursorOf = (firstBatch: readonly Document[]): Document => ({
  ok: 1,
  cursor: { id: BSON.Long.ZERO, ns: 'test.double', firstBatch },
});

function requestOf(bytes: Buffer): Request {
  const [id, op] = [bytes.readInt32LE(4), bytes.readInt32LE(12)];
  return { id, op, command: op === OP_QUERY ? queryOf(bytes) : sectionsOf(bytes) };
}

function queryOf(bytes: Buffer): Document {
  const name = bytes.indexOf(0, HEADER + 4);
  return BSON.deserialize(bytes.subarray(name + 1 + 8), { allowObjectSmallerThanBufferSize: true });
}

/** The command's document, and the lists that stand behind it. */
function sectionsOf(bytes: Buffer): Document {
  const command: Document = {};
  let at = HEADER + 4;
  while (at < bytes.length) {
    const kind = bytes[at++];
    const section = bytes.subarray(at, at + bytes.readInt32LE(at));
    Object.assign(command, kind === 0 ? BSON.deserialize(section) : listOf(section));
    at += section.length;
  }
  return command;
}

function listOf(section: Buffer): Document {
  const name = section.indexOf(0, 4);
  const documents: Document[] = [];
  for (let at = name + 1; at < section.length; at += section.readInt32LE(at)) {
    documents.push(BSON.deserialize(section.subarray(at, at + section.readInt32LE(at))));
  }
  return { [section.toString('utf8', 4, name)]: documents };
}

function replyTo({ id, op }: Request, answer: Document): Buffer {
  const body = Buffer.from(BSON.serialize(answer));
  const isQuery = op === OP_QUERY;
  // OP_REPLY: flags, cursor, from, count. OP_MSG: flags, and a section of kind 0.
  const before = isQuery ? Buffer.alloc(20) : Buffer.alloc(5);
  if (isQuery) before.writeInt32LE(1, 16);
  const header = Buffer.alloc(HEADER);
  header.writeInt32LE(HEADER + before.length + body.length, 0);
  header.writeInt32LE(id, 8);
  header.writeInt32LE(isQuery ? OP_REPLY : OP_MSG, 12);
  return Buffer.concat([header, before, body]);
}

const COMPARISONS: Readonly<Record<string, (value: number, than: number) => boolean>> = {
  $gte: (value, than) => value >= than,
  $lt: (value, than) => value < than,
  $lte: (value, than) => value <= than,
};

function fits(document: Document, filter: Document): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    const value: unknown = document[name];
    if (typeof wanted !== 'object' || wanted === null) return value === wanted;
    return Object.entries(wanted as Document).every(([word, than]) =>
      known(COMPARISONS, word)(Number(value), Number(than)),
    );
  });
}

function known<T>(table: Readonly<Record<string, T>>, word: string): T {
  const found = table[word];
  if (found === undefined) throw new Error(`the double does not know ${word}`);
  return found;
}

const STAGES: Readonly<Record<string, (all: readonly Document[], of: Document) => Document[]>> = {
  $match: (all, filter) => all.filter((each) => fits(each, filter)),
  $group: grouped,
  $sort: (all) =>
    all.toSorted((a, b) => (JSON.stringify(a['_id']) < JSON.stringify(b['_id']) ? -1 : 1)),
};

const run = (all: readonly Document[], pipeline: readonly Document[]): Document[] =>
  pipeline.reduce<Document[]>(
    (left, stage) => {
      const [[word, of]] = Object.entries(stage) as [[string, Document]];
      return known(STAGES, word)(left, of);
    },
    [...all],
  );

function grouped(all: readonly Document[], { _id, ...sums }: Document): Document[] {
  const groups = new Map<string, Document>();
  for (const each of all) {
    const id = valueOf(_id, each) as Document;
    const group = groups.get(JSON.stringify(id)) ?? { _id: id };
    for (const [name, { $sum }] of Object.entries(sums) as [string, Document][]) {
      group[name] = Number(group[name] ?? 0) + Number(valueOf($sum, each));
    }
    groups.set(JSON.stringify(id), group);
  }
  return [...groups.values()];
}

/** An expression over a document. */
function valueOf(expression: unknown, of: Document): unknown {
  if (typeof expression === 'string' && expression.startsWith('$')) return of[expression.slice(1)];
  if (typeof expression !== 'object' || expression === null) return expression;
  const entries = Object.entries(expression);
  const [[word, operands] = ['', undefined]] = entries as [string, unknown][];
  if (word === '$subtract' || word === '$mod') {
    const [a, b] = (operands as unknown[]).map((each) => Number(valueOf(each, of)));
    return word === '$mod' ? a! % b! : a! - b!;
  }
  return Object.fromEntries(entries.map(([name, inner]) => [name, valueOf(inner, of)]));
}
