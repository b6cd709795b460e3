/**
 * `city-chain pieces ID`: who holds what of a transaction, each asked and its piece checked.
 *
 *   7q3k...x2ya  COMMITTED  40 of 42 rows are held, any 10 bring it back
 *   lights   ████████ ███████████████████ ██    anchors  ████████████
 */
import { Command } from 'commander';
import type { Pieces } from '#dapp/reads.ts';
import { table } from './table.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly live?: boolean;
  readonly json?: boolean;
}

type Row = Pieces['rows'][number];

export function command(): Command {
  return withCityOptions(
    new Command('pieces')
      .description('show who holds what of a transaction: row, holder, online, held or not')
      .argument('<id>', 'as `send` prints it')
      .option('--live', 'look again every two seconds, until it is interrupted'),
  ).action(run);
}

const LIVE_MS = 2_000;
const HOME = '\u001b[H\u001b[J';

async function run(id: string, options: Options): Promise<void> {
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.abort());
  const isLive = options.live === true;
  await withCity(options, async (city) => {
    for (;;) {
      const pieces = await city.pieces(id);
      if (options.json === true) console.log(JSON.stringify({ txId: id, ...plain(pieces) }));
      else console.log(`${isLive && process.stdout.isTTY ? HOME : ''}${drawn(id, pieces)}`);
      if (!isLive || asked.signal.aborted) return;
      await paused(asked.signal);
    }
  });
}

function paused(asked: AbortSignal): Promise<void> {
  const either = AbortSignal.any([asked, AbortSignal.timeout(LIVE_MS)]);
  return new Promise((resolve) => {
    if (either.aborted) resolve();
    either.addEventListener('abort', () => resolve(), { once: true });
  });
}

const plain = ({ state, need, lights, rows }: Pieces) => ({ state, need, lights, rows });

const kindOf = ({ lights }: Pieces, { row }: Row): string => (row < lights ? 'light' : 'anchor');

/** The map, and a line for each row. */
export function drawn(id: string, pieces: Pieces): string {
  const { state, need, rows } = pieces;
  const held = new Set(rows.filter(({ is }) => is === 'held').map(({ row }) => row));
  const all = new Set(rows.map(({ row }) => row));
  const summary = `${id}  ${state}  ${held.size} of ${all.size} rows are held, any ${need} bring it back`;
  const lines = rows.map((row) => [
    `${row.row}`,
    kindOf(pieces, row),
    row.holder,
    row.isOnline ? 'online' : 'away',
    row.is,
  ]);
  const strips = ['light', 'anchor'].map(
    (kind) =>
      `${`${kind}s`.padEnd(8)} ${strip(rows.filter((row) => kindOf(pieces, row) === kind))}`,
  );
  return [summary, ...strips, '', table(lines)].join('\n');
}

const GLYPHS: Readonly<Record<Row['is'], string>> = {
  held: '█',
  damaged: '▒',
  wrong: '!',
  missing: '·',
  silent: '?',
};

/** One sign a row: the best that anybody shows of it. */
function strip(rows: readonly Row[]): string {
  const best = new Map<number, Row['is']>();
  for (const { row, is } of rows) if (best.get(row) !== 'held') best.set(row, is);
  return Array.from(best.values(), (is) => GLYPHS[is]).join('');
}
