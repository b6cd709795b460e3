/**
 * `city-chain ttl`: how long things are kept, and what it takes to keep them longer.
 *
 *   city-chain ttl                                           the owner's tables
 *   city-chain ttl --per-day 5M --size 16KB --cap 500MB      one case: days, overheads, what to write down
 *   city-chain ttl --days 180 --per-day 5M                   turned around: how many lights, how many TB
 *   city-chain ttl --anchors 3 --cap 1000TB --split          anchors instead of lights
 *
 * Units are binary: KB = 1024 bytes. What is computed is in ttl-report.ts.
 */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { svg } from '#simulations/plot/svg.ts';
import { ANCHOR_PIECES, LIGHT_PIECES } from '#simulations/ttl/keeping.ts';
import { bytes, count, decimal } from './quantity.ts';
import { print } from './ttl-print.ts';
import { reportOf, type Asked } from './ttl-report.ts';
import { Unfit, wholeNumber } from './unfit.ts';

interface Options {
  readonly lights: string;
  readonly anchors?: string;
  readonly split?: boolean;
  readonly cap?: string;
  readonly size: string;
  readonly perDay: string;
  readonly days?: string;
  readonly k: string;
  readonly pieces?: string;
  readonly capsules?: boolean;
  readonly plot?: string;
  readonly json?: boolean;
}

export function command(): Command {
  return new Command('ttl')
    .description('how long things are kept, and what it takes to keep them longer')
    .option('--lights <count>', 'lights that keep, online or not', '100k')
    .option('--anchors <count>', 'anchors of a continent instead of lights')
    .option('--split', 'anchors: two continents share the pieces')
    .option('--cap <bytes>', 'what a device gives (default: lights 500MB, anchors 1000TB)')
    .option('--size <bytes>', 'of a transaction', '16KB')
    .option('--per-day <count>', 'transactions a day', '1M')
    .option('--days <days>', 'turned around: what is needed to keep for so long')
    .option('-k <pieces>', 'pieces that suffice', '10')
    .option('--pieces <count>', 'of a transaction on these devices (default: 30, anchors 12 or 6)')
    .option('--capsules', 'holders keep their capsule beside the piece')
    .option('--plot <file.svg>', 'write the days over arrivals as SVG')
    .option('--json', 'print JSON')
    .action(run);
}

function run(options: Options): void {
  const report = reportOf(askedBy(options));
  if (options.plot !== undefined) write(options.plot, svg(report.chart));
  if (options.json === true) console.log(JSON.stringify(report, null, 2));
  else console.log(print(report));
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Unfit(`--plot cannot write '${file}': ${(error as Error).message}`);
  }
}

function askedBy(options: Options): Asked {
  const isAnchors = options.anchors !== undefined;
  if (options.split === true && !isAnchors) throw new Unfit('--split is for --anchors only');
  const anchorPieces = options.split === true ? ANCHOR_PIECES.split : ANCHOR_PIECES.alone;
  const pieces = String(isAnchors ? anchorPieces : LIGHT_PIECES);
  const devices = whole(
    isAnchors ? '--anchors' : '--lights',
    isAnchors ? options.anchors! : options.lights,
  );
  return {
    kind: isAnchors ? 'anchors' : 'lights',
    keeping: {
      devices,
      capBytes: bytes('--cap')(options.cap ?? (isAnchors ? '1000TB' : '500MB')),
      pieces: wholeNumber('--pieces', 1, PIECES_MAX)(options.pieces ?? pieces),
      perDay: count('--per-day')(options.perDay),
      sizeBytes: bytes('--size')(options.size),
      k: wholeNumber('-k', 1, PIECES_MAX - 1)(options.k),
    },
    days: options.days === undefined ? undefined : decimal('--days', 1e-3, 1e6)(options.days),
    keepsCapsules: options.capsules === true,
  };
}

function whole(option: string, text: string): number {
  const devices = count(option)(text);
  if (Number.isSafeInteger(devices)) return devices;
  throw new Unfit(`${option} is '${text}', expected a whole number of devices`);
}
