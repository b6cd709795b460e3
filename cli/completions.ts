/** `city-chain completions <shell>`: what to put into a shell's start-up file, made from the commands. */
import { Argument, Command } from 'commander';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function command(): Command {
  return new Command('completions')
    .description('print completions for a shell')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell, _: object, self: Command) => {
      console.log(write[shell](wordsOf(self.parent!)));
    });
}

/** Each command with its own commands and all their options. */
type Words = readonly (readonly [name: string, words: readonly string[]])[];

const wordsOf = (program: Command): Words =>
  program.commands.map((each) => [
    each.name(),
    [
      ...each.commands.map((own) => own.name()),
      ...new Set([each, ...each.commands].flatMap(optionsOf)),
    ],
  ]);

const optionsOf = ({ options }: Pick<Command, 'options'>): string[] =>
  options.map((option) => option.long ?? option.short ?? '');

const write: Readonly<Record<Shell, (words: Words) => string>> = {
  bash: (words) => `_city_chain() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_WORDS[1]}" in
${words.map(([name, own]) => `    ${name}) words="${own.join(' ')}" ;;`).join('\n')}
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${words.map(([name]) => name).join(' ')}"
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _city_chain city-chain`,
  zsh: (words) => `autoload -U +X bashcompinit && bashcompinit\n${write.bash(words)}`,
  fish: (words) => words.flatMap(([name, own]) => fishLines(name, own)).join('\n'),
};

const fishLines = (name: string, words: readonly string[]): string[] => [
  `complete -c city-chain -n __fish_use_subcommand -f -a ${name}`,
  ...words.map((word) => {
    const own = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
    return `complete -c city-chain -n '__fish_seen_subcommand_from ${name}' ${own}`;
  }),
];
