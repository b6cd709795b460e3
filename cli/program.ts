/** The words of the `city-chain` command: one file for each of them. */
import { Command, CommanderError } from 'commander';
import { command as sim } from '#simulations/main.ts';
import { command as bench } from './bench.ts';
import { command as completions } from './completions.ts';
import { command as doctor } from './doctor.ts';
import { command as keys } from './keys.ts';
import { command as kill } from './kill.ts';
import { command as node } from './node.ts';
import { command as nodes } from './nodes.ts';
import { command as policy } from './policy.ts';
import { command as rvh } from './rvh.ts';
import { command as send } from './send.ts';
import { command as watch } from './watch.ts';
import { command as slo } from './slo.ts';
import { command as top } from './top.ts';
import { command as tx } from './tx.ts';
import { command as ttl } from './ttl.ts';
import { command as up } from './up.ts';
import { EXIT, explain } from './unfit.ts';
import { VERSION } from './version.ts';
import { command as year } from './year.ts';

const program = new Command('city-chain')
  .description("keeps people's small text transactions alive on the devices they already own")
  .version(VERSION, '--version')
  .exitOverride()
  .configureOutput({
    outputError: (text, write) => write(text.replace(/^error: /, 'city-chain: ')),
  });

for (const command of [
  up(),
  node(),
  top(),
  kill(),
  send(),
  tx(),
  watch(),
  nodes(),
  keys(),
  doctor(),
  sim().addCommand(year()),
  bench(),
  rvh(),
  policy(),
  slo(),
  ttl(),
  completions(),
]) {
  program.addCommand(command.copyInheritedSettings(program));
}

// A reader that went away, as `head` does, ends no cluster; what only shows ends by itself (top.ts).
process.stdout.on('error', () => undefined);

export async function run(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help ends here too, and is not a fault.
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.unfit;
    } else {
      const { code, line } = explain(error, process.argv.includes('--json'));
      console.error(line);
      // Whatever it had opened would keep it alive: a server, a connection, a thread.
      process.exit(code);
    }
  }
}
