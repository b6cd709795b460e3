/**
 * Metrics of the policy: which version each delegate of a process follows, and what its operator's file came
 * to. Asked at each look; a delegate that does not answer is in none of them.
 */
import { Gauge, type Registry } from 'prom-client';

/** What one delegate says. */
export interface PolicySeen {
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
    'Versions of the policy that delegates of this process follow: the oldest and the newest.',
  wished: 'Delegates of this process whose operators want another policy than the one in force.',
  strained: 'Delegates of this process by whose policy the city is strained.',
  refused: 'Delegates of this process whose last edit of the policy file was refused.',
} as const;

export function showPolicy(registry: Registry, look: PolicyLook): void {
  const registers = [registry];
  let looking: Promise<readonly PolicySeen[]> | undefined;
  // All that is shown at once is of one look.
  const latest: PolicyLook = () => (looking ??= look().finally(() => (looking = undefined)));
  const version: Gauge<'which'> = new Gauge({
    name: 'city_chain_policy_version',
    help: FIGURES.version,
    labelNames: ['which'],
    registers,
    collect: async () => {
      const versions = (await latest()).map((each) => each.version);
      version.reset();
      if (versions.length === 0) return;
      version.set({ which: 'oldest' }, Math.min(...versions));
      version.set({ which: 'newest' }, Math.max(...versions));
    },
  });
  const counting = (
    what: 'wished' | 'refused' | 'strained',
    is: (seen: PolicySeen) => boolean,
  ): void => {
    const gauge: Gauge = new Gauge({
      name: `city_chain_policy_${what}`,
      help: FIGURES[what],
      registers,
      collect: async () => gauge.set((await latest()).filter(is).length),
    });
  };
  counting('wished', ({ isWished }) => isWished);
  counting('strained', ({ isStrained }) => isStrained);
  counting('refused', ({ isRefused }) => isRefused);
}
