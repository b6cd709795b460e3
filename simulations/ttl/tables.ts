/** The owner's tables of keeping, as data: each case with the arrivals that the owner asked about. */
import {
  ANCHOR_PIECES,
  DECIMAL,
  daysKept,
  kilobytes,
  LIGHT_PIECES,
  megabytes,
  terabytes,
  type Keeping,
} from './keeping.ts';

export interface Case {
  readonly name: string;
  readonly keeping: Omit<Keeping, 'perDay'>;
  /** Transactions a day that the owner gave a figure for. */
  readonly perDay: readonly number[];
  readonly kind: 'lights' | 'anchors';
}

const NODES = 100_000;
/** Anchors of a continent. */
const ANCHORS = 3;

const lights = (sizeKb: number, capMb: number, perDay: readonly number[]): Case => ({
  name: `lights ${sizeKb} KB, ${capMb} MB, ${NODES.toLocaleString('en')} nodes`,
  kind: 'lights',
  perDay,
  keeping: {
    capBytes: megabytes(capMb),
    devices: NODES,
    pieces: LIGHT_PIECES,
    sizeBytes: kilobytes(sizeKb),
  },
});

const anchors = (
  cap: string,
  capBytes: number,
  sizeKb: number,
  where: keyof typeof ANCHOR_PIECES,
  perDay: readonly number[],
): Case => ({
  name: `anchors ${cap} x ${ANCHORS}, ${sizeKb} KB, ${where === 'alone' ? 'Asia only' : 'split'}`,
  kind: 'anchors',
  perDay,
  keeping: {
    capBytes,
    devices: ANCHORS,
    pieces: ANCHOR_PIECES[where],
    sizeBytes: kilobytes(sizeKb),
  },
});

/** Columns of the owner's table. */
export const ARRIVALS: readonly number[] = [1e5, 1e6, 5e6, 1e7, 5e7];

export const CASES: readonly Case[] = [
  lights(64, 100, [1e5, 1e6]),
  lights(16, 100, [1e6]),
  lights(16, 500, [1e5, 1e6, 5e6, 1e7]),
  anchors('1000 TB', terabytes(1_000), 16, 'alone', ARRIVALS),
  anchors('1000 TB', terabytes(1_000), 16, 'split', [1e6, 5e7]),
  anchors('500 MB', megabytes(500), 16, 'alone', [1e5, 1e6]),
  anchors('500 MB', megabytes(500), 16, 'split', [1e5, 1e6]),
  anchors('100 MB', megabytes(100), 64, 'alone', [1e5]),
  anchors('100 MB', megabytes(100), 64, 'split', [1e5]),
];

/** The owner's one decimal figure: 500 MB anchors, 16 KB, 100 k a day, alone and split. */
export const DECIMAL_DAYS = (['alone', 'split'] as const).map((where) => ({
  where,
  days: daysKept({
    capBytes: megabytes(500, DECIMAL),
    devices: ANCHORS,
    pieces: ANCHOR_PIECES[where],
    perDay: 1e5,
    sizeBytes: kilobytes(16, DECIMAL),
  }),
}));
