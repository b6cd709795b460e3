/** Figures of actors, as Prometheus sees them: by city, whose members may stand elsewhere. */
import { Registry } from '#runtime/seen/prometheus.ts';
import { expect, it } from 'vitest';
import { figure, FIGURES, LAYERS, layerTook } from '#protocols/figures.ts';
import { address, nodeAddress, place } from '#protocols/subjects.ts';
import { citiesOf } from '#runtime/seen/cities.ts';
import { countFigures } from '#runtime/seen/figures.ts';

const [KOMATSU, BARCELONA] = [
  place('asia.ishikawa.komatsu'),
  place('europe.catalonia.barcelona'),
] as const;
const [HERE, THERE] = [nodeAddress(KOMATSU, 'd1'), nodeAddress(BARCELONA, 'd1')] as const;
const WHO = address(HERE, 'select');
/** Keeps for Barcelona, in Tokyo. */
const ABROAD = nodeAddress(place('asia.tokyo.chiyoda'), 'b1');
const CITIES = citiesOf([HERE, THERE, ABROAD], (node) => (node === HERE ? KOMATSU : BARCELONA));

it('has all of them from the start, each word of a label at nothing in each city', async () => {
  const registry = new Registry();
  countFigures(registry, CITIES);
  const text = await registry.metrics();
  for (const name of Object.keys(FIGURES)) expect(text).toContain(`# TYPE ${name} `);
  for (const city of CITIES.all) {
    for (const layer of LAYERS)
      expect(text).toContain(`dag_layer_latency_seconds_count{city="${city}",layer="${layer}"} 0`);
    expect(text).toContain(`city_chain_acts_total{city="${city}",says="lost"} 0`);
    expect(text).toContain(`city_chain_poisoned_total{city="${city}"} 0`);
  }
  expect(text).not.toContain('tokyo');
});

it('counts, sets, and spreads milliseconds over seconds', async () => {
  const registry = new Registry();
  const take = countFigures(registry, CITIES);
  take(WHO, layerTook('S1', 1_000, 1_079));
  take(WHO, layerTook('S1', 1_000, 1_081));
  for (const value of [2, 3]) take(WHO, figure('city_chain_repaired_rows_total', value));
  for (const value of [0.2, 0.1]) take(WHO, figure('p_light', value, 'asia'));
  take(WHO, figure('online_pieces', 11));
  const text = await registry.metrics();
  const city = `city="${KOMATSU}"`;
  expect(text).toContain(`dag_layer_latency_seconds_bucket{le="0.08",${city},layer="S1"} 1`);
  expect(text).toContain(`dag_layer_latency_seconds_sum{${city},layer="S1"} 0.16`);
  expect(text).toContain(`city_chain_repaired_rows_total{${city}} 5`);
  expect(text).toContain(`p_light{${city},continent="asia"} 0.1`);
  expect(text).toContain(`online_pieces_bucket{le="11",${city}} 1`);
  expect(text).toContain(`online_pieces_bucket{le="9",${city}} 0`);
});

it('tells cities apart, by whose member somebody is', async () => {
  const registry = new Registry();
  const take = countFigures(registry, CITIES);
  take(address(HERE, 'repair'), figure('city_chain_repaired_rows_total', 1));
  take(address(THERE, 'repair'), figure('city_chain_repaired_rows_total', 2));
  take(address(ABROAD, 'repair'), figure('city_chain_repaired_rows_total', 4));
  const text = await registry.metrics();
  expect(text).toContain(`city_chain_repaired_rows_total{city="${KOMATSU}"} 1`);
  expect(text).toContain(`city_chain_repaired_rows_total{city="${BARCELONA}"} 6`);
});
