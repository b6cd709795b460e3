/**
 * `city-chain policy`: what an operator tunes, looked at before it is in force.
 *
 *   city-chain policy check FILE                     what is wrong, what is odd, which old names were read
 *   city-chain policy show FILE --at "2026-01-01T23:30 Asia/Tokyo" --p-light 0.05 --continents asia
 *                                                    what would hold then, why, and what it is worth
 *   city-chain policy diff A B                       what changes: keys, nines, bytes, storage
 *   city-chain policy set FILE pieces.k=12 ...       writes the file; comments stay
 *   city-chain policy status                         what is in force in each city, and what its operators want
 *   city-chain policy schema                         JSON Schema, for editors
 *
 * What is computed is in policy-report.ts, what is printed in policy-print.ts.
 */
import { Command } from 'commander';
import { adviceOn } from '#config/policy/advice.ts';
import type { Policy } from '#config/policy.ts';
import { policySchema } from '#config/policy/schema.ts';
import { hex } from '#lib/bytes.ts';
import { inForce } from '#protocols/policy.ts';
import { isEmpty, readPolicyFile, setInFile } from './policy-file.ts';
import { printDiff, printReport } from './policy-print.ts';
import { diffOf, reportOf } from './policy-report.ts';
import { moodOf, type MoodFlags } from './policy-mood.ts';
import { jsonOf, statusOf, statusText } from './policy-status.ts';
import { citiesOf, type Whereabouts } from './whereabouts.ts';
import { withCityOptions } from './with-city.ts';

interface Options extends MoodFlags {
  readonly strained?: boolean;
  readonly json?: boolean;
}

export function command(): Command {
  const policy = new Command('policy').description(
    'what an operator tunes: check, show, diff, set',
  );
  policy
    .command('check <file>')
    .description('say what is wrong with a policy file, and what is odd')
    .option('--json', 'print JSON')
    .action(check);
  withMood(policy.command('show [file]'))
    .description(
      'what would hold at some moment, why, and what it is worth (default: the defaults)',
    )
    .action(show);
  withMood(policy.command('diff <before> <after>'))
    .description('what one file changes against another: keys, nines, bytes, storage')
    .action(diff);
  policy
    .command('set <file> <changes...>')
    .description('write values into a file, such as pieces.k=12; comments stay')
    .option('--json', 'print JSON')
    .action(set);
  withCityOptions(policy.command('status'))
    .description('what is in force in running cities, and what waits for their operators')
    .action(status);
  policy
    .command('schema')
    .description('print the JSON Schema of a policy file, for editors')
    .action(() => console.log(JSON.stringify(policySchema(), null, 2)));
  return policy;
}

const withMood = (command: Command): Command =>
  command
    .option(
      '--at <time>',
      '23:30 Asia/Tokyo, 2026-01-01T23:30 Asia/Tokyo, or with Z (default: now)',
    )
    .option('--p-light <chances>', 'lights online: 0.05, or asia=0.05,europe=0.1', '0.1')
    .option(
      '--continents <names>',
      'those whose anchors are there, or how many: asia,europe=1 (default: all)',
    )
    .option('--strained', 'as if reads or writes burned their budget')
    .option('--city <place>', 'of the sender', 'asia.ishikawa.komatsu')
    .option('--per-day <count>', 'transactions a day', '1M')
    .option('--size <bytes>', 'of a transaction', '16KB')
    .option('--lights <count>', 'lights that keep, online or not', '100k')
    .option('--json', 'print JSON');

/** What no file says, and a city may find. */
const imagined = (policy: Policy, { strained }: Options): Policy => ({
  ...policy,
  isStrained: strained === true,
});

function check(file: string, { json }: Options): void {
  const { policy, notes, about } = readPolicyFile(file);
  const { digest } = inForce(1, policy);
  const advice = adviceOn(policy);
  if (json === true) {
    const found = advice.map(({ path, what }) => ({ key: path.join('.'), what }));
    console.log(JSON.stringify({ file, digest: hex(digest), notes, advice: found }, null, 2));
    return;
  }
  for (const note of notes) console.log(`${file}: ${note}`);
  if (isEmpty(file))
    console.log(`${file}: empty: that is the defaults here, and no edit to a running city`);
  for (const { path, what } of advice) console.log(about(path, `${path.join('.')}: ${what}`));
  const odd = advice.length === 0 ? 'nothing odd' : `${advice.length} to look at`;
  console.log(`${file}: a policy, ${odd}; ${hex(digest).slice(0, 16)}`);
}

function show(file: string | undefined, options: Options): void {
  const policy = imagined(readPolicyFile(file).policy, options);
  const report = reportOf(policy, moodOf(options, policy));
  if (options.json === true) console.log(JSON.stringify(report, shown, 2));
  else console.log(printReport(report, file ?? 'the defaults'));
}

function diff(before: string, after: string, options: Options): void {
  const [one, other] = [before, after].map((each) => {
    const { file, policy: read } = readPolicyFile(each);
    const policy = imagined(read, options);
    return { file, report: reportOf(policy, moodOf(options, policy)) };
  });
  const report = diffOf(one!, other!);
  if (options.json === true) console.log(JSON.stringify(report, shown, 2));
  else console.log(printDiff(report, before, after));
}

function set(file: string, changes: readonly string[], { json }: Options): void {
  const made = setInFile(file, changes);
  if (json === true) console.log(JSON.stringify({ file, changes: made }, null, 2));
  else
    for (const { key, before, after } of made) console.log(`${file}: ${key} ${before} -> ${after}`);
}

async function status(options: Whereabouts & { readonly json?: boolean }): Promise<void> {
  const all = await Promise.all(citiesOf(options).map((city) => statusOf(city, options)));
  if (options.json === true) console.log(JSON.stringify(all.map(jsonOf), shown, 2));
  else console.log(all.map(statusText).join('\n\n'));
}

/** Bytes and maps have no JSON of their own. */
function shown(_: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  return value instanceof Uint8Array ? hex(value) : value;
}
