/**
 * Metrics of the policy: which version each delegate of a process follows, and what its operator's file came
 * to. Asked at each look; a delegate that does not answer is in none of them.
 */
import { Gauge, type Registry } from './prometheus.ts';

/** What one delegate says. */
export interface PolicySeen {
  readonly city: string;
  readonly version: number;
  /** Its operator wants something else than what is in force. */
  readonly isWished: boolean;
  /** The last edit of its operator's file was none. */
  readonly isRefused: boolean;
  /** The policy that it follows is one of a city whose reads or writes burn their budget. */
  readonly isStrained: boolean;
}

export type PolicyLook = () => Promise<readonly PolicySeen[]>;

const FIGURES = {
  version:
    'Versions of the policy that delegates of a city follow in this process: the oldest and the newest.',
  wished: 'Delegates in this process whose operators want another policy than the one in force.',
  strained: 'Delegates in this process by whose policy the city is strained.',
  refused: 'Delegates in this process whose last edit of the policy file was refused.',
} as const;

export function showPolicy(registry: Registry, look: PolicyLook): void {
  const registers = [registry];
  let looking: Promise<readonly PolicySeen[]> | undefined;
  // All that is shown at once is of one look.
  const latest: PolicyLook = () => (looking ??= look().finally(() => (looking = undefined)));
  const version: Gauge<'city' | 'which'> = new Gauge({
    name: 'city_chain_policy_version',
    help: FIGURES.version,
    labelNames: ['city', 'which'],
    registers,
    collect: async () => {
      version.reset();
      for (const [city, seen] of byCity(await latest())) {
        const versions = seen.map((each) => each.version);
        version.set({ city, which: 'oldest' }, Math.min(...versions));
        version.set({ city, which: 'newest' }, Math.max(...versions));
      }
    },
  });
  const counting = (
    what: 'wished' | 'refused' | 'strained',
    is: (seen: PolicySeen) => boolean,
  ): void => {
    const gauge: Gauge<'city'> = new Gauge({
      name: `city_chain_policy_${what}`,
      help: FIGURES[what],
      labelNames: ['city'],
      registers,
      collect: async () => {
        gauge.reset();
        for (const [city, seen] of byCity(await latest()))
          gauge.set({ city }, seen.filter(is).length);
      },
    });
  };
  counting('wished', ({ isWished }) => isWished);
  counting('strained', ({ isStrained }) => isStrained);
  counting('refused', ({ isRefused }) => isRefused);
}

const byCity = (all: readonly PolicySeen[]): Map<string, PolicySeen[]> =>
  Map.groupBy(all, ({ city }) => city);
