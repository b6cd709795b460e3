/** A small population for tests: six towns of a few hundred, flat days unless a test says otherwise. */
import { readPolicy } from '#config/policy/read.ts';
import type { Policy } from '#config/policy.ts';
import type { Day } from '#simulations/year/diary.ts';
import { ASSUMED, HOURS_A_DAY, type Settings } from '#simulations/year/settings.ts';
import { Year } from '#simulations/year/year.ts';

export const policyOf = (source: string): Policy => {
  const read = readPolicy(source, 'p.yaml');
  if (!read.ok) throw new Error(read.error);
  return read.value.policy;
};

/** Nothing is added by day or night, nor for the loss of anything. */
export const PLAIN = 'anchors: { survive_loss_of: none }\nboosts: []\n';

export const small = (more: Partial<Settings> = {}): Settings => ({
  ...ASSUMED,
  seed: 1,
  days: 5,
  startsAt: Date.UTC(2_026, 0, 1),
  policy: policyOf(PLAIN),
  continents: [{ continent: 'asia', fromDay: 0, dark: undefined }],
  lights: 2_400,
  perDay: 10_000,
  samplesPerDay: 100,
  sizeBytes: 16_384,
  livesDays: 1_000,
  readsPerHour: 200,
  people: [{ share: 1, online: 0.3 }],
  dayShape: Array.from({ length: HOURS_A_DAY }, () => 1),
  ...more,
});

export function daysOf(settings: Settings): Day[] {
  const year = new Year(settings);
  return Array.from({ length: settings.days }, () => year.nextDay()!);
}
