/**
 * The way in of a drill: a socket in the data folder, a line of JSON each way. Not over the bus, which is among what
 * is damaged; and nobody gets in who could not do as much to these files. Each deed is in `up/audit.jsonl` first.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openAuditLog, type AuditLog } from '#runtime/seen/audit-log.ts';
import { Failed, Unfit } from '../unfit.ts';
import { clockFileOf } from './clock-file.ts';
import { readDeed, type Deed, type DrillAnswer } from './deeds.ts';
import { Exercise, type Exercised } from './exercise.ts';

const socketIn = (folder: string): string => join(folder, 'drill.sock');

/** Answers until the result is called. */
export async function answerDrills(
  folder: string,
  on: Omit<Exercised, 'clockFileOf'>,
): Promise<() => void> {
  mkdirSync(join(folder, 'up'), { recursive: true });
  const path = socketIn(folder);
  // Whoever had it is gone: the folder is locked.
  rmSync(path, { force: true });
  const audit = openAuditLog(join(folder, 'up', 'audit.jsonl'), on.clock.wall);
  const exercise = new Exercise({ ...on, clockFileOf: (id) => clockFileOf(folder, id) });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    createInterface({ input: socket }).on('line', (line) =>
      socket.write(`${JSON.stringify(answer(exercise, audit, line))}\n`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Unfit(`${path}: ${error.message}`)));
    server.listen(path, resolve);
  });
  return () => {
    server.close();
    for (const socket of open) socket.destroy();
    audit.close();
  };
}

function answer(exercise: Exercise, audit: AuditLog, line: string): DrillAnswer {
  const deed = readDeed(line);
  if (!deed.ok) return { refused: deed.error };
  const { who, did, to, forMs } = deed.value;
  if (did !== 'look') audit.write({ who, did: forMs > 0 ? `${did} for ${forMs} ms` : did, to });
  return exercise.do(deed.value);
}

type Asked = Partial<Deed> & Pick<Deed, 'did'>;

/** The director's side: one question after the other. */
export class Drilling {
  readonly #socket: Socket;
  readonly #answers: AsyncIterator<string>;
  readonly #who: string;
  #last: Promise<unknown> = Promise.resolve();

  static async open(folder: string, who: string): Promise<Drilling> {
    const socket = connect(socketIn(folder));
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve).once('error', () => reject(new Unfit(none(folder))));
    });
    return new Drilling(socket, who);
  }

  private constructor(socket: Socket, who: string) {
    this.#socket = socket;
    this.#who = who;
    socket.on('error', () => undefined);
    this.#answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  ask(deed: Asked): Promise<DrillAnswer> {
    const answer = this.#last.then(() => this.#ask(deed));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #ask(deed: Asked): Promise<DrillAnswer> {
    this.#socket.write(`${JSON.stringify({ who: this.#who, ...deed })}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Failed('the cluster is gone');
    return JSON.parse(value) as DrillAnswer;
  }
}

const none = (folder: string): string =>
  `no cluster for drills runs in ${folder}: start one with 'city-chain up --drill'`;
