/**
 * Prometheus metrics of one process. Base units, counters end in `_total`, and labels are roles and
 * closed words, and the cities whose nodes live here, never addresses: a process with ten thousand actors
 * has as many series as one with ten. The engine counts; this reads its numbers when it is asked.
 */
import { Counter, Gauge, Histogram, Registry } from './prometheus.ts';
import { roleOf } from '#protocols/subjects.ts';
import type { PieceTally } from '#protocols/effect.ts';
import type { Observer, Pool, WireState } from '../ports.ts';
import type { System } from '../system.ts';
import type { Cities } from './cities.ts';
import { countFigures } from './figures.ts';
import { LATENCY_EDGES } from './latency.ts';
import { showPolicy, type PolicyLook } from './policy-metrics.ts';
import { showProcess } from './process-metrics.ts';
import { showFill, showPieces, watchedPool } from './work-metrics.ts';

export interface Metrics {
  readonly observer: Observer;
  /** The system whose tallies are shown; set once it is made. */
  readonly show: (system: System) => void;
  /** The piece stores that are shown. */
  readonly pieces: (tally: () => Promise<PieceTally>) => void;
  /** Of those stores the ones of a role, by city. */
  readonly fill: (
    role: 'light' | 'anchor',
    tallies: ReadonlyMap<string, () => Promise<PieceTally>>,
  ) => void;
  /** The policy that delegates of this process follow. */
  readonly policy: (look: PolicyLook) => void;
  /** The pool, as whoever is shown uses it. */
  readonly pool: (pool: Pool) => Pool;
  readonly text: () => Promise<string>;
  readonly contentType: string;
}

export function makeMetrics(labels: Readonly<Record<string, string>>, cities: Cities): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels(labels);
  showProcess(registry);
  return {
    observer: observe(registry, cities),
    show: (system) => showTallies(registry, system),
    pieces: (tally) => showPieces(registry, tally),
    fill: (role, tallies) => showFill(registry, role, tallies),
    policy: (look) => showPolicy(registry, look),
    pool: (pool) => watchedPool(registry, pool),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function observe(registry: Registry, cities: Cities): Observer {
  const registers = [registry];
  const asks = new Histogram({
    name: 'city_chain_ask_seconds',
    help: 'Time from an ask to its outcome.',
    labelNames: ['role', 'outcome'],
    buckets: LATENCY_EDGES,
    registers,
  });
  const malformed = new Counter({
    name: 'city_chain_malformed_total',
    help: 'Messages that were not what they should be, and were dropped.',
    registers,
  });
  const link = new Counter({
    name: 'city_chain_link_events_total',
    help: 'What links between nodes noticed: loss, repetition, reordering, and so on.',
    labelNames: ['what'],
    registers,
  });
  const wire = new Counter({
    name: 'city_chain_wire_states_total',
    help: 'How often the wire came up or went down.',
    labelNames: ['state'],
    registers,
  });
  const dropped = new Counter({
    name: 'city_chain_wire_dropped_total',
    help: 'Messages that the wire did not take.',
    labelNames: ['why'],
    registers,
  });
  const forbidden = new Counter({
    name: 'city_chain_wire_forbidden_total',
    help: 'Messages and listeners that the broker refused.',
    labelNames: ['what'],
    registers,
  });
  let wireState: WireState | undefined;
  return {
    asked: (asker, outcome, tookMs) => {
      const role = asker === undefined ? 'outside' : roleOf(asker);
      asks.observe({ role, outcome }, tookMs / 1_000);
    },
    figure: countFigures(registry, cities),
    malformed: () => malformed.inc(),
    link: (_, what, count) => link.inc({ what }, count),
    // A wire that is down may say so again, for another reason.
    wire: (state) => {
      if (state !== wireState) wire.inc({ state });
      wireState = state;
    },
    dropped: (_, why) => dropped.inc({ why }),
    forbidden: (what) => forbidden.inc({ what }),
  };
}

const TALLIES = {
  handled: 'Inputs that actors handled.',
  started: 'Incarnations of actors that started.',
  restarted: 'Restarts of actors.',
  failed: 'Actors that crashed or were killed.',
} as const;

function showTallies(registry: Registry, system: System): void {
  const registers = [registry];
  for (const [what, help] of Object.entries(TALLIES)) {
    const counter = new Counter({
      name: `city_chain_actors_${what}_total`,
      help,
      labelNames: ['role'],
      registers,
      collect: () => {
        counter.reset();
        for (const [role, tally] of system.tallies) {
          counter.inc({ role }, tally[what as keyof typeof TALLIES]);
        }
      },
    });
  }
  showDeadLetters(registry, system);
  showMailboxes(registry, system);
}

function showDeadLetters(registry: Registry, system: System): void {
  const counter = new Counter({
    name: 'city_chain_dead_letters_total',
    help: 'Messages that reached nobody.',
    labelNames: ['role', 'why'],
    registers: [registry],
    collect: () => {
      counter.reset();
      for (const [role, { dead }] of system.tallies) {
        for (const [why, count] of dead) counter.inc({ role, why }, count);
      }
    },
  });
}

function showMailboxes(registry: Registry, system: System): void {
  showSights(registry, 'city_chain_mailbox_messages', 'Messages that wait in mailboxes.', () =>
    system.look().map(({ address, waiting }) => [roleOf(address), waiting]),
  );
  showSights(registry, 'city_chain_actors', 'Actors that live.', () =>
    system.look().map(({ address }) => [roleOf(address), 1]),
  );
}

/** Each looks by itself: what one sets while another is collected is seen at the next scrape only. */
function showSights(
  registry: Registry,
  name: string,
  help: string,
  look: () => readonly (readonly [role: string, count: number])[],
): void {
  const gauge: Gauge<'role'> = new Gauge({
    name,
    help,
    labelNames: ['role'],
    registers: [registry],
    collect: () => {
      gauge.reset();
      for (const [role, count] of look()) gauge.inc({ role }, count);
    },
  });
}

/** Several observers as one. */
export function observers(...all: readonly Observer[]): Observer {
  const merged: Record<string, (...args: never[]) => void> = {};
  for (const name of OBSERVED) {
    const hearing = all.map((each) => each[name]).filter((hear) => hear !== undefined);
    if (hearing.length === 0) continue;
    merged[name] = (...args) => {
      for (const hear of hearing) (hear as (...args: never[]) => void)(...args);
    };
  }
  return merged;
}

const OBSERVED = [
  'spawned',
  'ended',
  'handled',
  'span',
  'asked',
  'figure',
  'deadLetter',
  'malformed',
  'link',
  'wire',
  'dropped',
  'forbidden',
  'fault',
] as const satisfies readonly (keyof Observer)[];
