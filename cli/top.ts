/** `city-chain top`: the live tree of a running cluster, drawn anew each second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { text } from '#lib/bytes.ts';
import type { Filter, Subject } from '#protocols/subjects.ts';
import { LOOK } from '#runtime/operator.ts';
import type { Wire } from '#runtime/ports.ts';
import { connectWire } from './connect.ts';
import { draw, hasAll, readLook, type Look } from './sights.ts';
import { EXIT, Failed } from './unfit.ts';
import { urlOf } from './whereabouts.ts';

interface Options {
  readonly nats?: string;
  readonly data: string;
  readonly once?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** How long answers are waited for: processes of one machine answer in a few milliseconds. */
const ANSWERS_MS = 400;
/** Those of a crowded machine when it is their turn; whoever hangs for longer than this is shown by `up` alone. */
const ROUNDS_MAX = 25;
const EVERY_MS = 1_000;
const ROWS_MAX = 40;
const CLEAR = '\u001b[H\u001b[2J';

export function command(): Command {
  return new Command('top')
    .description('show the live tree of a running cluster: actors, mailboxes, restarts')
    .option('--nats <url>', 'where the cluster is; else NATS_URL, else what `up` wrote down')
    .option('--data <folder>', 'the folder of `up`', 'data')
    .option('--once', 'print it once')
    .option('--all', 'every actor, not only those with something to tell')
    .option('--json', 'print JSON, once')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const wire = await connectWire(urlOf(options));
  const isOnce = options.once === true || options.json === true;
  // Nobody reads any more.
  process.stdout.once('error', () => process.exit(EXIT.done));
  try {
    for (;;) {
      const looks = await look(wire, isOnce);
      if (looks.length === 0 && isOnce) throw new Failed('no process answers; is the cluster up?');
      if (options.json === true) console.log(JSON.stringify(looks, null, 2));
      else show(looks, options, isOnce);
      if (isOnce) return;
      await sleep(EVERY_MS);
    }
  } finally {
    await wire.close();
  }
}

function show(looks: readonly Look[], { all }: Options, isOnce: boolean): void {
  const colours = process.stdout.isTTY;
  const rowsMax = isOnce ? 10_000 : ROWS_MAX;
  const drawn = draw(looks, { all: all === true, colours, rowsMax });
  if (isOnce) process.stdout.write(`${drawn}\n`);
  else process.stdout.write(colours ? `${CLEAR}${drawn}\n` : `${drawn}\n\n`);
}

/**
 * What every process says of itself. Anybody may answer, so all are heard for a while; `untilAll` waits on for those that
 * `up` says are running.
 */
export async function look(wire: Wire, untilAll: boolean): Promise<Look[]> {
  const heard = { looks: [] as Look[], isNobodyThere: false };
  const inbox = `_INBOX.top.${process.pid}.${Date.now()}`;
  const leave = wire.listen(inbox as Filter, ({ bytes, nobody }) => {
    const answer = nobody ? undefined : readLook(text(bytes));
    if (answer !== undefined) heard.looks.push(answer);
    heard.isNobodyThere = nobody;
  });
  wire.send(LOOK, new Uint8Array(0), { reply: inbox as Subject });
  for (let rounds = untilAll ? ROUNDS_MAX : 1; rounds > 0; rounds--) {
    await sleep(ANSWERS_MS);
    if (heard.isNobodyThere || hasAll(heard.looks)) break;
  }
  leave();
  return heard.looks;
}
