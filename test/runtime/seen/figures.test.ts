/** Figures of actors, as Prometheus sees them. */
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { figure, FIGURES, LAYERS, layerTook } from '#protocols/figures.ts';
import { address, nodeAddress, place } from '#protocols/subjects.ts';
import { countFigures } from '#runtime/seen/figures.ts';

const WHO = address(nodeAddress(place('asia.ishikawa.komatsu'), 'd1'), 'select');

it('has all of them from the start, each word of a label at nothing', async () => {
  const registry = new Registry();
  countFigures(registry);
  const text = await registry.metrics();
  for (const name of Object.keys(FIGURES)) expect(text).toContain(`# TYPE ${name} `);
  for (const layer of LAYERS)
    expect(text).toContain(`dag_layer_latency_seconds_count{layer="${layer}"} 0`);
  expect(text).toContain('city_chain_acts_total{says="lost"} 0');
  expect(text).toContain('city_chain_poisoned_total 0');
});

it('counts, sets, and spreads milliseconds over seconds', async () => {
  const registry = new Registry();
  const take = countFigures(registry);
  take(WHO, layerTook('S1', 1_000, 1_079));
  take(WHO, layerTook('S1', 1_000, 1_081));
  for (const value of [2, 3]) take(WHO, figure('city_chain_repaired_rows_total', value));
  for (const value of [0.2, 0.1]) take(WHO, figure('p_light', value, 'asia'));
  take(WHO, figure('online_pieces', 11));
  const text = await registry.metrics();
  expect(text).toContain('dag_layer_latency_seconds_bucket{le="0.08",layer="S1"} 1');
  expect(text).toContain('dag_layer_latency_seconds_sum{layer="S1"} 0.16');
  expect(text).toContain('city_chain_repaired_rows_total 5');
  expect(text).toContain('p_light{continent="asia"} 0.1');
  expect(text).toContain('online_pieces_bucket{le="11"} 1');
  expect(text).toContain('online_pieces_bucket{le="9"} 0');
});
