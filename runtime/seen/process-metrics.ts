/**
 * Metrics of the process itself, under the names that dashboards for Node know. Each is looked up when it is asked for:
 * nothing ticks or watches between two scrapes, as a monitor of the loop would, a hundred times a second.
 */
import { Counter, Gauge, type Registry } from './prometheus.ts';

const MICROS = 1e6;

export function showProcess(registry: Registry): void {
  showCpu(registry);
  showMemory(registry);
  const startedAt = Math.round(Date.now() / 1_000 - process.uptime());
  show(
    registry,
    'process_start_time_seconds',
    'When the process started, in seconds since 1970.',
  )(() => startedAt);
  let before = performance.eventLoopUtilization();
  show(
    registry,
    'nodejs_eventloop_utilization',
    'The share of time in which the loop did not wait, since this was asked last.',
  )(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  });
}

function showCpu(registry: Registry): void {
  const seconds: Record<string, (used: NodeJS.CpuUsage) => number> = {
    process_cpu_user_seconds_total: ({ user }) => user / MICROS,
    process_cpu_system_seconds_total: ({ system }) => system / MICROS,
    process_cpu_seconds_total: ({ user, system }) => (user + system) / MICROS,
  };
  for (const [name, of] of Object.entries(seconds)) {
    const counter: Counter = new Counter({
      name,
      help: 'Time of the processor that this process took, its threads included.',
      registers: [registry],
      collect: () => {
        counter.reset();
        counter.inc(of(process.cpuUsage()));
      },
    });
  }
}

function showMemory(registry: Registry): void {
  const bytes: Record<string, keyof NodeJS.MemoryUsage> = {
    process_resident_memory_bytes: 'rss',
    nodejs_heap_size_total_bytes: 'heapTotal',
    nodejs_heap_size_used_bytes: 'heapUsed',
    nodejs_external_memory_bytes: 'external',
  };
  for (const [name, of] of Object.entries(bytes))
    show(registry, name, `Memory of this process: ${of}.`)(() => process.memoryUsage()[of]);
}

const show = (registry: Registry, name: string, help: string) => (look: () => number) => {
  const gauge: Gauge = new Gauge({
    name,
    help,
    registers: [registry],
    collect: () => gauge.set(look()),
  });
};
