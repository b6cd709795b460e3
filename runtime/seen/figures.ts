/**
 * Figures as Prometheus metrics: each name of the list (protocols/figures.ts) is one metric of the process, over all of
 * its actors. All are there from the start, with each word of their label, so that the first event of a kind is an
 * increase and not a beginning.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { FIGURES, type Figure, type FigureName } from '#protocols/figures.ts';
import type { Observer } from '../ports.ts';
import { LATENCY_EDGES } from './latency.ts';

type Take = (value: number, labels: Readonly<Record<string, string>>) => void;

/** What takes in the numbers that actors say. */
export function countFigures(registry: Registry): NonNullable<Observer['figure']> {
  const takers = new Map<FigureName, (value: number, word: string | undefined) => void>();
  for (const [name, of] of Object.entries(FIGURES) as [FigureName, Figure][]) {
    const { by } = of;
    const take = takerOf(registry, name, of);
    takers.set(name, (value, word) =>
      take(value, by === undefined || word === undefined ? {} : { [by.label]: word }),
    );
  }
  return (_, { name, value, word }) => takers.get(name)!(value, word);
}

function takerOf(registry: Registry, name: string, of: Figure): Take {
  const { help, by, is, edges } = of;
  const options = { name, help, labelNames: by === undefined ? [] : [by.label] };
  const registers = [registry];
  if (is === 'level') {
    const gauge = new Gauge({ ...options, registers });
    return (value, labels) => gauge.set({ ...labels }, value);
  }
  if (is === 'count') {
    const counter = new Counter({ ...options, registers });
    for (const labels of labelsOf(of)) counter.inc(labels, 0);
    return (value, labels) => counter.inc({ ...labels }, value);
  }
  const buckets = edges === undefined ? LATENCY_EDGES : [...edges];
  const spread = new Histogram({ ...options, registers, buckets });
  for (const labels of labelsOf(of)) spread.zero(labels);
  const unit = is === 'took' ? 1_000 : 1;
  return (value, labels) => spread.observe({ ...labels }, value / unit);
}

/** Each word that is known before anybody says it. */
function labelsOf({ by }: Figure): Record<string, string>[] {
  if (by === undefined) return [{}];
  return by.words === 'continent' ? [] : by.words.map((word) => ({ [by.label]: word }));
}
