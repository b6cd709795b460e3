/**
 * Figures as Prometheus metrics: each name of the list (protocols/figures.ts) is one metric of the process, over all of
 * its actors of a city. All are there from the start, for each city and with each word of their label, so that the first
 * event of a kind is an increase and not a beginning.
 */
import { Counter, Gauge, Histogram, type Registry } from './prometheus.ts';
import { FIGURES, type Figure, type FigureName } from '#protocols/figures.ts';
import { nodeOf } from '#protocols/subjects.ts';
import type { Observer } from '../ports.ts';
import type { Cities } from './cities.ts';
import { LATENCY_EDGES } from './latency.ts';

type Take = (value: number, labels: Readonly<Record<string, string>>) => void;

/** What takes in the numbers that actors say. */
export function countFigures(
  registry: Registry,
  { all, of: cityOf }: Cities,
): NonNullable<Observer['figure']> {
  const takers = new Map<FigureName, (city: string, value: number, word?: string) => void>();
  for (const [name, of] of Object.entries(FIGURES) as [FigureName, Figure][]) {
    const { by } = of;
    const take = takerOf(registry, name, of, all);
    takers.set(name, (city, value, word) =>
      take(value, by === undefined || word === undefined ? { city } : { city, [by.label]: word }),
    );
  }
  return (who, { name, value, word }) => takers.get(name)!(cityOf(nodeOf(who)), value, word);
}

function takerOf(registry: Registry, name: string, of: Figure, cities: Cities['all']): Take {
  const { help, by, is, edges } = of;
  const options = { name, help, labelNames: ['city', ...(by === undefined ? [] : [by.label])] };
  const registers = [registry];
  if (is === 'level') {
    const gauge = new Gauge({ ...options, registers });
    return (value, labels) => gauge.set({ ...labels }, value);
  }
  if (is === 'count') {
    const counter = new Counter({ ...options, registers });
    for (const labels of labelsOf(of, cities)) counter.inc(labels, 0);
    return (value, labels) => counter.inc({ ...labels }, value);
  }
  const buckets = edges === undefined ? LATENCY_EDGES : [...edges];
  const spread = new Histogram({ ...options, registers, buckets });
  for (const labels of labelsOf(of, cities)) spread.zero(labels);
  const unit = is === 'took' ? 1_000 : 1;
  return (value, labels) => spread.observe({ ...labels }, value / unit);
}

/** Each city, and each word that is known before anybody says it. */
function labelsOf({ by }: Figure, cities: Cities['all']): Record<string, string>[] {
  if (by === undefined) return cities.map((city) => ({ city }));
  const { label, words } = by;
  if (words === 'continent') return [];
  return cities.flatMap((city) => words.map((word) => ({ city, [label]: word })));
}
