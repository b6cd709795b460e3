/**
 * `city-chain slo live`: how reads and writes of running cities do, by the objective of their policies: what each delegate
 * saw, and whether its city is strained. Latencies are in `/metrics`.
 */
import { Command } from 'commander';
import { MILLION } from '#config/policy.ts';
import { catalogue } from '#protocols/codec.ts';
import { AskSlo, SloStatus } from '#protocols/slo.messages.ts';
import { askDelegates, type Told } from './ask-delegates.ts';
import { table } from './table.ts';
import { citiesOf, type Whereabouts } from './whereabouts.ts';
import { withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('live').description('how reads and writes of running cities do'),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const cities = citiesOf(options);
  const all = await Promise.all(cities.map((city) => statusOf({ ...options, city })));
  if (options.json === true) console.log(JSON.stringify(all.flat().flatMap(jsonOf), null, 2));
  else console.log(cities.map((city, i) => textOf(city, all[i]!)).join('\n\n'));
}

const statusOf = (city: Whereabouts): Promise<readonly Told<SloStatus>[]> =>
  askDelegates(city, {
    role: 'slo',
    message: AskSlo.of({}),
    hears: catalogue(SloStatus),
    says: catalogue(AskSlo),
  });

type Window = keyof SloStatus['reads'];
const WINDOWS: readonly Window[] = ['fastShort', 'slowShort', 'fastLong', 'slowLong'];
/** Parts of the window that the policy names. */
const PARTS: Readonly<Record<Window, number>> = {
  fastShort: 1 / 12,
  slowShort: 1 / 2,
  fastLong: 1,
  slowLong: 6,
};

type Counted = SloStatus['reads'][Window];

const burnOf = ({ good, bad }: Counted, { goodMillionths }: SloStatus): number =>
  bad === 0 ? 0 : ((bad / (good + bad)) * MILLION) / (MILLION - goodMillionths);

const jsonOf = ({ told }: Told<SloStatus>) =>
  told === undefined
    ? []
    : [
        {
          node: told.node,
          verdict: told.verdict,
          isStrained: told.isStrained,
          windowS: told.windowMs / 1_000,
          goodShare: told.goodMillionths / MILLION,
          reads: told.reads,
          writes: told.writes,
        },
      ];

const share = ({ good, bad }: Counted): string => {
  const all = good + bad;
  return all === 0 ? '-' : `${((100 * good) / all).toFixed(2)} % of ${all}`;
};

const rowOf = (status: SloStatus, kind: 'reads' | 'writes'): readonly string[] => {
  const burns = WINDOWS.map((window) => burnOf(status[kind][window], status).toFixed(1));
  const { fastShort, fastLong } = status[kind];
  return [status.node, kind, share(fastShort), share(fastLong), ...burns, status.verdict];
};

/** Whoever asks while an edit takes hold may be told two objectives: each line is by its own. */
export function textOf(city: string, delegates: readonly Told<SloStatus>[]): string {
  const all = delegates.flatMap(({ told }) => told ?? []);
  const [first] = all;
  if (first === undefined) return `${city}: no delegate answers`;
  const spanText = (window: Window): string => {
    const seconds = (PARTS[window] * first.windowMs) / 1_000;
    return seconds < 120 ? `${seconds} s` : `${seconds / 60} min`;
  };
  const rows = delegates.flatMap(({ node, told }) =>
    told === undefined
      ? [[node, 'does not answer']]
      : [rowOf(told, 'reads'), rowOf(told, 'writes')],
  );
  const good = ['fastShort', 'fastLong'].map((window) => `good in ${spanText(window as Window)}`);
  const burns = WINDOWS.map((window) => `burn ${spanText(window)}`);
  const is = all.some(({ isStrained }) => isStrained)
    ? `${city} is strained: boosts with \`strained\` apply.`
    : `${city} is not strained.`;
  return [
    table([['delegate', '', ...good, ...burns, 'sees'], ...rows]),
    '',
    `${(first.goodMillionths / MILLION) * 100} % are to be good; burn 1: the budget just lasts. ${is}`,
  ].join('\n');
}
