/**
 * `city-chain slo live`: how reads and writes of a running city do, by the objective of its policy: what each delegate saw,
 * and whether the city is strained. Latencies are in `/metrics`.
 */
import { Command } from 'commander';
import { MILLION } from '#config/policy.ts';
import { catalogue } from '#protocols/codec.ts';
import { About, AboutCity } from '#protocols/sending.messages.ts';
import { AskSlo, SloStatus } from '#protocols/slo.messages.ts';
import { place, type NodeAddress } from '#protocols/subjects.ts';
import { askCity } from './ask-city.ts';
import { table } from './table.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';
import { withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('live').description('how reads and writes of a running city do'),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const delegates = await delegatesOf(options);
  const all = await Promise.all(delegates.map((node) => statusOf(options, node)));
  console.log(options.json === true ? JSON.stringify(all.map(jsonOf), null, 2) : textOf(all));
}

async function delegatesOf(city: Whereabouts): Promise<readonly NodeAddress[]> {
  const { genesis } = await askCity({
    url: urlOf(city),
    city: place(cityOf(city)),
    role: 'ingress',
    message: About.of({}),
    hears: catalogue(AboutCity),
    says: catalogue(About),
  });
  return genesis.delegates.map(({ node }) => node);
}

const statusOf = (city: Whereabouts, node: NodeAddress): Promise<SloStatus> =>
  askCity({
    url: urlOf(city),
    city: place(cityOf(city)),
    role: 'slo',
    node,
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

const jsonOf = (status: SloStatus) => ({
  node: status.node,
  verdict: status.verdict,
  isStrained: status.isStrained,
  windowS: status.windowMs / 1_000,
  goodShare: status.goodMillionths / MILLION,
  reads: status.reads,
  writes: status.writes,
});

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
export function textOf(all: readonly SloStatus[]): string {
  const [first] = all;
  if (first === undefined) return 'there are no delegates';
  const spanText = (window: Window): string => {
    const seconds = (PARTS[window] * first.windowMs) / 1_000;
    return seconds < 120 ? `${seconds} s` : `${seconds / 60} min`;
  };
  const rows = all.flatMap((status) => [rowOf(status, 'reads'), rowOf(status, 'writes')]);
  const good = ['fastShort', 'fastLong'].map((window) => `good in ${spanText(window as Window)}`);
  const burns = WINDOWS.map((window) => `burn ${spanText(window)}`);
  const is = all.some(({ isStrained }) => isStrained)
    ? 'The city is strained: boosts with `strained` apply.'
    : 'The city is not strained.';
  return [
    table([['delegate', '', ...good, ...burns, 'sees'], ...rows]),
    '',
    `${(first.goodMillionths / MILLION) * 100} % are to be good; burn 1: the budget just lasts. ${is}`,
  ].join('\n');
}
