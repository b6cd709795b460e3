/**
 * Replays scenarios of supervision, so that an independent recording (of OTP's own supervisor, say)
 * can be compared with ours, event by event.
 *
 *   node simulations/supervision-replay.ts [--otp] [scenarios.jsonl]        or from standard input
 *
 * One scenario a line goes in, one outcome a line comes out:
 *
 *   in:  {"name":"rest_for_one_middle","flags":{"strategy":"rest_for_one","intensity":100,"period":5},
 *         "setup":[],"children":[{"id":"a"},{"id":"b"},{"id":"c"}],"steps":[{"op":["exit","b","crash"]}]}
 *   out: {"name":"rest_for_one_middle","start_events":[["started","a",1],["started","b",1],...],
 *         "steps":[{"op":["exit","b","crash"],"result":"ok","events":[["exiting","b",1,"crash"],...]}],
 *         "final":{"sup":"alive","children":[["a",["running","a",1]],["b",["running","b",2]],...]}}
 *
 * `flags`     strategy (also `simple_one_for_one`), intensity, period (seconds), auto_shutdown
 * `children`  id, restart, shutdown (milliseconds, `brutal_kill`, `infinity`), type, significant, and
 *             ours: backoff. What is left out has OTP's default. An element with `flags` and `children`
 *             of its own is a supervisor; `tree` is another word for `children`.
 * `setup`     before the start: `["fail",id,n]` the next n starts fail with `cannot_start`,
 *             `["ignore",id]` the next start is declined, `["ignore_shutdown",id]` (or as the event is
 *             called, `ignoring_shutdown`) it has to be killed,
 *             `["slow",id,ms]` it takes so long to stop
 * `steps`     `["exit",id,reason]`, `["exit_many",[ids],reason]`, `["kill",id]`, `["failnext",id,n]`,
 *             `["ignorenext",id]`, `["start_child",spec]`, `["terminate_child",id]`, `["restart_child",id]`,
 *             `["delete_child",id]`, `["get_childspec",id]`, `["dyn",id]`, `["dyn_terminate",id]`,
 *             `["send_sup",any]`, `["sleep",ms]`, `"which"`, `"count"`, `"stop"`; all of `setup`; and
 *             `["burst",[step,...]]`: all said before anybody does anything
 *
 * Events: `started`, `start_failed`, `ignored`, `exiting` (by itself, with its reason), `stopped` (by its
 * supervisor), `killed`, `ignoring_shutdown`; numbers in them are incarnations, failed starts not
 * counted. Results are what OTP answers, atoms as strings, tuples as arrays; of a child specification
 * only what can be compared. A child is `["running",id,incarnation]`, `"restarting"` or `"undefined"`;
 * of a dynamic supervisor the children have no id but `"undefined"`. Where the start fails, `start` has
 * the answer, and nothing is played. A supervisor that is no more is `["exited",reason]`.
 *
 * With `--otp` a supervisor gives up with `shutdown`, as OTP's does. A line that is no scenario is said
 * by number on standard error, and the exit code is 2.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { replay, type ReplayOptions } from './supervision/replay.ts';
import { readScenario, UnfitScenario } from './supervision/scenario.ts';

function main(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { otp: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const from = positionals[0];
  const lines = readFileSync(from ?? 0, 'utf8').split('\n');
  let code = 0;
  for (const [i, line] of lines.entries())
    if (line.trim() !== '' && !replayLine(line, `${from ?? 'stdin'}:${i + 1}`, values)) code = 2;
  return code;
}

function replayLine(line: string, where: string, options: ReplayOptions): boolean {
  try {
    process.stdout.write(`${JSON.stringify(replay(readScenario(line), options))}\n`);
    return true;
  } catch (error) {
    if (!(error instanceof UnfitScenario)) throw error;
    process.stderr.write(`${where}: ${error.message}\n`);
    return false;
  }
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
