/** The words of the `city-chain` command: one file for each of them. */
import { Command, CommanderError } from 'commander';
import { EXIT, explain } from './unfit.ts';
import { VERSION } from './version.ts';

type Word = () => Promise<Command>;

/** Loaded when it is asked for: a process of a cluster needs a third of what all of them import. */
const WORDS: Readonly<Record<string, Word>> = {
  up: async () => (await import('./up.ts')).command(),
  node: async () => (await import('./node.ts')).command(),
  top: async () => (await import('./top.ts')).command(),
  gone: async () => (await import('./gone.ts')).command(),
  kill: async () => (await import('./kill.ts')).command(),
  send: async () => (await import('./send.ts')).command(),
  get: async () => (await import('./get.ts')).command(),
  claim: async () => (await import('./claim.ts')).command(),
  pieces: async () => (await import('./pieces.ts')).command(),
  repair: async () => (await import('./repair.ts')).command(),
  extend: async () => (await import('./extend.ts')).command(),
  erase: async () => (await import('./erase.ts')).command(),
  pay: async () => (await import('./pay.ts')).command(),
  balance: async () => (await import('./balance.ts')).command(),
  call: async () => (await import('./call.ts')).command(),
  tx: async () => (await import('./tx.ts')).command(),
  proof: async () => (await import('./proof.ts')).command(),
  verify: async () => (await import('./verify.ts')).command(),
  follow: async () => (await import('./follow.ts')).command(),
  chain: async () => (await import('./chain.ts')).command(),
  watch: async () => (await import('./watch.ts')).command(),
  nodes: async () => (await import('./nodes.ts')).command(),
  mirror: async () => (await import('./mirror.ts')).command(),
  analytics: async () => (await import('./analytics.ts')).command(),
  audit: async () => (await import('./audit.ts')).command(),
  delegates: async () => (await import('./delegates.ts')).command(),
  evidence: async () => (await import('./evidence.ts')).command(),
  bond: async () => (await import('./bond.ts')).command('bond'),
  unbond: async () => (await import('./bond.ts')).command('unbond'),
  elect: async () => (await import('./elect.ts')).command(),
  rewards: async () => (await import('./rewards.ts')).command(),
  payee: async () => (await import('./payee.ts')).command(),
  keys: async () => (await import('./keys.ts')).command(),
  doctor: async () => (await import('./doctor.ts')).command(),
  sim: async () =>
    (await import('#simulations/main.ts'))
      .command()
      .addCommand((await import('./year.ts')).command())
      .addCommand((await import('./tokyo-paris.ts')).command()),
  bench: async () => (await import('./bench.ts')).command(),
  chaos: async () => (await import('./chaos.ts')).command(),
  rvh: async () => (await import('./rvh.ts')).command(),
  policy: async () => (await import('./policy.ts')).command(),
  slo: async () =>
    (await import('./slo.ts')).command().addCommand((await import('./slo-live.ts')).command()),
  ttl: async () => (await import('./ttl.ts')).command(),
  completions: async () => (await import('./completions.ts')).command(),
};
/** Of all words: these tell about the others. */
const OF_ALL = new Set(['completions']);

const program = new Command('city-chain')
  .description("keeps people's small text transactions alive on the devices they already own")
  .version(VERSION, '--version')
  // What stands behind a word of a word is for that: `sim year --json`, and not `sim --json`.
  .enablePositionalOptions()
  .exitOverride()
  .configureOutput({
    outputError: (text, write) => write(text.replace(/^error: /, 'city-chain: ')),
  });

/** The one that is asked for; all where none is, as for help, or where it is not a word. */
async function addWords(asked: string | undefined): Promise<void> {
  const isOne = asked !== undefined && Object.hasOwn(WORDS, asked) && !OF_ALL.has(asked);
  const words = isOne ? [WORDS[asked]!] : Object.values(WORDS);
  for (const word of words) program.addCommand((await word()).copyInheritedSettings(program));
}

// A reader that went away, as `head` does, ends no cluster; what only shows ends by itself (top.ts).
process.stdout.on('error', () => undefined);

export async function run(): Promise<void> {
  try {
    await addWords(process.argv[2]);
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
