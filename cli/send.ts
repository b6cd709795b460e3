/**
 * `city-chain send`: one text into a city, and its way as it goes.
 *
 *   $ city-chain send "Hello"
 *   7q3k...x2ya  FRESH > POH_ACK 25/42 > COMMITTED in 0.11 s
 */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { Goal, Submission } from '#dapp/submission.ts';
import { ROOTS } from '#protocols/rooting.messages.ts';
import { TEXT_BYTES_MAX } from '#protocols/transaction.ts';
import { readCard } from './city/card.ts';
import { Unfit, wholeNumber } from './unfit.ts';
import { wayOf, type Way } from './way.ts';
import type { Whereabouts } from './whereabouts.ts';
import { keysOf, withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly file?: string;
  readonly keys?: string;
  readonly to?: string;
  readonly until: Goal;
  readonly within: number;
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('send')
      .description('send a text into a city, and show its way')
      .argument('[text]', 'the text; without it, --file or standard input')
      .option('--file <file>', 'the text of a file')
      .option('--keys <file>', 'the sender, as `keys new` makes it; else your own')
      .option('--to <file>', 'the receiver, as `keys show --json` prints it: complete when claimed')
      .addOption(
        new Option('--until <state>', 'how far to follow it')
          .choices(['accepted', 'POH_ACK', 'COMMITTED', ...ROOTS])
          .default('COMMITTED'),
      )
      .option('--within <s>', 'how long to wait', wholeNumber('--within', 1, 3_600), 30),
  ).action(run);
}

async function run(given: string | undefined, options: Options): Promise<void> {
  const text = textOf(given, options.file);
  const asJson = options.json === true;
  const keys = keysOf(options.keys, (line) => console.error(line));
  const card = options.to === undefined ? undefined : readCard(options.to);
  const to = card === undefined ? {} : { receiver: card.receiver, readers: [card.reader] };
  await withCity(options, async (city) => {
    const { until, within } = options;
    const sent = city.submit(text, { keys, until, withinMs: within * 1_000, ...to });
    await (asJson ? printJson(sent) : draw(sent));
  });
}

function textOf(given: string | undefined, file: string | undefined): Uint8Array {
  if (given !== undefined && file !== undefined)
    throw new Unfit('a text and --file were given, expected one of them');
  if (given === undefined && file === undefined && process.stdin.isTTY)
    throw new Unfit(`no text was given, expected one: city-chain send "Hello"`);
  const bytes = given === undefined ? readFileSync(file ?? 0) : Buffer.from(given);
  if (bytes.length > TEXT_BYTES_MAX)
    throw new Unfit(`the text has ${bytes.length} bytes, expected at most ${TEXT_BYTES_MAX}`);
  return bytes;
}

async function printJson(sent: Submission): Promise<void> {
  const { txId } = sent;
  const startedAt = Date.now();
  for await (const step of sent)
    console.log(JSON.stringify({ txId, ...step, ms: Date.now() - startedAt }));
}

const redraw = ({ line }: Way): void => void process.stdout.write(`\r\u001b[2K${line}`);

async function draw(sent: Submission): Promise<void> {
  const isLive = process.stdout.isTTY;
  try {
    const { line } = await wayOf(sent, isLive ? redraw : undefined);
    process.stdout.write(`${isLive ? '\r\u001b[2K' : ''}${line}\n`);
  } catch (error) {
    if (isLive) process.stdout.write('\n');
    throw error;
  }
}
