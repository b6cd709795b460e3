/**
 * Judges the disks of a city that has run and was stopped, against what was sent:
 *
 *   $ node simulations/judge/main.ts data --sent sent.jsonl [--json]
 *
 * Exit code 0: all that anybody was told holds; 1: something does not, and each fault is a line.
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { offerBackends } from '#runtime/backends.ts';
import { readDisks } from './disks.ts';
import { judge, type Report } from './judge.ts';
import { readSent } from './sent.ts';

interface Options {
  readonly sent: string;
  readonly json?: boolean;
}

await new Command('judge')
  .description('what senders of a city were told, against what its disks hold')
  .argument('<data>', 'the data folder of a city that was stopped')
  .requiredOption('--sent <file>', 'what was sent, and told: see sent.ts')
  .option('--json', 'print JSON')
  .action(run)
  .parseAsync();

async function run(data: string, options: Options): Promise<void> {
  await offerBackends();
  const report = judge(readDisks(data), readSent(readFileSync(options.sent, 'utf8')));
  console.log(options.json === true ? JSON.stringify(report, null, 2) : textOf(report));
  process.exitCode = report.isKept ? 0 : 1;
}

function textOf(report: Report): string {
  const { sent, told, kept, delegates, leastPieces, leastHolders, damagedPieces, faults } = report;
  const { rooted, unrooted, faultsAbove } = report;
  const all = [...faults, ...faultsAbove];
  const ends = Object.entries(told).map(([as, count]) => `${count} ${as}`);
  return [
    `sent        ${sent}: ${ends.join(', ')}`,
    `kept        ${kept}; at least ${leastPieces ?? 0} intact pieces on ${leastHolders ?? 0} disks each`,
    `chains      ${delegates.map(({ node, height }) => `${node} ${height}`).join(', ')}`,
    `rooted      up to ${rooted} at the globe; ${unrooted.length} of those sent are not yet`,
    `damaged     ${damagedPieces} pieces`,
    ...all.map(({ who, what }) => `FAULT       ${who}: ${what}`),
    report.isKept ? 'nothing that anybody was told is lost' : `${all.length} faults`,
  ].join('\n');
}
