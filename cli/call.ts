/**
 * `city-chain call CONTRACT INPUT`: a contract that the city runs does something with its cells, or shows them.
 *
 *   $ city-chain call register@1 haruka
 *   7q3k...x2ya  done in 0.14 s
 *   $ city-chain call register@1 haruka --look
 *   9c41...07de  4kqz...p3wa
 */
import { Command } from 'commander';
import type { CityClient } from '#dapp/client.ts';
import { cellsOf } from '#dapp/call.ts';
import { hex, unhex, utf8 } from '#lib/bytes.ts';
import { Unfit, wholeNumber } from './unfit.ts';
import type { Whereabouts } from './whereabouts.ts';
import { keysOf, withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly keys?: string;
  readonly object: readonly Uint8Array[];
  readonly look?: boolean;
  readonly within: number;
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('call')
      .description('call a contract that the city runs')
      .argument('<contract>', 'with its version, such as register@1')
      .argument('<input>', 'for register@1 a NAME to have, or NAME KEY to hand it on')
      .option('--keys <file>', 'who calls, as `keys new` makes it; else you')
      .option(
        '--object <key>',
        'what it may touch, in hexadecimal; else what it needs',
        readKey,
        [],
      )
      .option('--look', 'call nothing: show what is there that it would touch')
      .option('--within <s>', 'how long to wait', wholeNumber('--within', 1, 3_600), 30),
  ).action(run);
}

const KEY_BYTES = 32;

function readKey(text: string, before: readonly Uint8Array[]): readonly Uint8Array[] {
  const key = unhex(text);
  if (key?.length === KEY_BYTES) return [...before, key];
  throw new Unfit(`--object is '${text.slice(0, 80)}', expected ${KEY_BYTES} bytes in hexadecimal`);
}

async function run(contract: string, text: string, options: Options): Promise<void> {
  const input = utf8(text);
  const objects = options.object.length > 0 ? options.object : cellsOf(contract, input);
  await withCity(options, (city) =>
    options.look === true
      ? look(city, contract, objects, options)
      : call(city, contract, input, { ...options, object: objects }),
  );
}

async function call(
  city: CityClient,
  contract: string,
  input: Uint8Array,
  { keys: file, object: objects, within, json }: Options,
): Promise<void> {
  const keys = keysOf(file, (line) => console.error(line));
  const startedAt = Date.now();
  const done = await city.call(contract, input, { keys, objects, withinMs: within * 1_000 });
  const ms = Date.now() - startedAt;
  console.log(
    json === true
      ? JSON.stringify({ ...done, contract, ms })
      : `${done.txId}  done in ${(ms / 1_000).toFixed(2)} s`,
  );
}

async function look(
  city: CityClient,
  contract: string,
  objects: readonly Uint8Array[],
  { json }: Options,
): Promise<void> {
  for (const each of objects) {
    const [key, bytes] = [hex(each), await city.cell(contract, each)];
    const text = bytes === undefined ? undefined : shown(bytes);
    console.log(json === true ? JSON.stringify({ key, text }) : `${key}  ${text ?? '(nothing)'}`);
  }
}

/** Whoever made it may have put there what a terminal obeys. */
const shown = (bytes: Uint8Array): string =>
  [...bytes].every((byte) => byte >= 0x20 && byte < 0x7f)
    ? String.fromCharCode(...bytes)
    : `0x${hex(bytes)}`;
