/** The thread of a database: opens it, carries out groups of calls one after another, closes it. */
import { parentPort, workerData } from 'node:worker_threads';
import { packEnd, unpackCalls } from './calls.ts';
import { Database } from './database.ts';

const port = parentPort!;

/** Says that the file is open, or why it is not; then answers groups until it is told to close. */
function main(path: string): void {
  let database: Database;
  try {
    database = new Database(path);
  } catch (error) {
    port.postMessage((error as Error).message);
    return;
  }
  port.postMessage('open');
  port.on('message', (message: Uint8Array | 'close') => {
    if (message === 'close') {
      database.close();
      port.postMessage('closed');
      port.close();
      return;
    }
    const end = packEnd(database.run(unpackCalls(message)));
    port.postMessage(end, [end.buffer]);
  });
}

main(workerData as string);
