/**
 * How long does a sender wait? A calm city of 60 nodes in virtual time: the actors of production, 25 ms between any
 * two nodes, jobs that take what they cost on two cores a node, disks that sync in 1 to 10 ms. Latencies are from
 * when a client sent to when it was told, in virtual milliseconds, which no busy machine disturbs.
 *
 * The maximum rate is what is committed a second with `UNDER_WAY` under way; half of it comes at random moments.
 * What steps cost in CPU is measured for real, by role, one transaction at a time: the jobs that a layer leaves to
 * the pool are in simulations/prices.ts, and are cheap stand-ins here. A transaction's cost is what this thread spends
 * with transactions less what it spends in the same time without: wire, links, engine and all machines. What the
 * collector takes stands beside it: it goes through the memory of all nodes, which are one process only here.
 *
 * Verified: each transaction was told POH_ACK and COMMITTED.
 */
import { FREEZE_MS } from '#protocols/eligibility.ts';
import { measured } from '#simulations/measured.ts';
import { cpuMicros, type Bench, type Row } from './bench.ts';
import { Collecting } from './latency/collecting.ts';
import { AckTimes, StepCosts } from './latency/watching.ts';
import { CalmTown, ONE_WAY_MS, type Life } from '#simulations/calm/town.ts';

const SEED = 7;
const NODES = 60;
const MANY_NODES = 2_000;
const UNDER_WAY = 32;
const MAX_MS = 1_000;
const SENT = 100;
const ALONE = 25;
/** Until nearly everybody has been given something: a first piece opens a store. */
const WARM_PER_NODE = 0.1;
const COSTED = 120;
const COSTED_MS = 8_000;
/** Lists are frozen twice in it, whenever it begins; among many nodes one costs more than many transactions do. */
const WINDOW_MS = 2 * FREEZE_MS;
const LAYERS = ['ingress', 'select', 'shard', 'attest', 'distribute', 'commit', 'ledger', 'city'];
const ENOUGH = 25;
const ACKS_GOAL_MS = 101;

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1]!;
}

/** Latencies of these, each beside its goal. */
function latencies(lives: Iterable<Life>, when: string, goals: readonly string[]): Row[] {
  const all = [...lives];
  const acked = all.map(({ ackedMs }) => ackedMs!);
  const committed = all.map(({ committedMs }) => committedMs!);
  return [
    { name: `POH_ACK, ${when}, p50`, value: quantile(acked, 0.5), unit: 'ms' },
    { name: `POH_ACK, ${when}, p99`, value: quantile(acked, 0.99), unit: 'ms', goal: goals[0]! },
    { name: `COMMITTED, ${when}, p50`, value: quantile(committed, 0.5), unit: 'ms' },
    {
      name: `COMMITTED, ${when}, p99`,
      value: quantile(committed, 0.99),
      unit: 'ms',
      goal: goals[1]!,
    },
  ];
}

const GOALS = ['<= 150 ms', '<= 300 ms'];

function atHalfRate(): Row[] {
  const perSecond = measured(
    SEED,
    (world) =>
      (new CalmTown(world, { nodes: NODES }).keepUnderWay(UNDER_WAY, MAX_MS) * 1_000) / MAX_MS,
  );
  const lives = measured(SEED + 1, (world) => {
    const town = new CalmTown(world, { nodes: NODES });
    town.sendOver(SENT, (SENT * 2_000) / perSecond);
    return [...town.lives.values()];
  });
  return [
    { name: `committed a second, ${UNDER_WAY} under way`, value: perSecond, unit: '1/s' },
    ...latencies(lives, `${(perSecond / 2).toFixed(0)} a second`, GOALS),
  ];
}

/** One at a time: what no other transaction makes longer, what steps cost, and how long acks take. */
function alone(): Row[] {
  return measured(SEED + 2, (world) => {
    const town = new CalmTown(world, { nodes: NODES });
    const steps = new StepCosts();
    const acks = new AckTimes(world, ENOUGH);
    world.checkers.push(steps, acks);
    const tookUs = new Map<string, number[]>(LAYERS.map((role) => [role, []]));
    for (let i = 0; i < ALONE; i++) {
      steps.clear();
      town.send();
      town.finish();
      world.pass(200);
      for (const [role, us] of tookUs) us.push(steps.mostOf(role));
      acks.done();
    }
    return [
      ...latencies(town.lives.values(), 'alone', GOALS),
      {
        name: `25 acks of 42 after they were asked for, ${ONE_WAY_MS} ms one way, p99`,
        value: quantile(acks.tookMs, 0.99),
        unit: 'ms',
        against: `the design's arithmetic, ${ACKS_GOAL_MS} ms`,
        ratio: quantile(acks.tookMs, 0.99) / ACKS_GOAL_MS,
        goal: '<= 101 ms',
      },
      ...[...tookUs].map(([role, us]): Row => ({
        name: `${role}: own steps for a transaction, p99`,
        value: quantile(us, 0.99) / 1_000,
        unit: 'ms CPU',
        goal: '<= 80 ms',
      })),
    ];
  });
}

interface Cost {
  /** CPU microseconds of a transaction, beyond what the city costs without. */
  readonly us: number;
  /** Of that, what the collector took. */
  readonly collectorUs: number;
}

async function costAt(nodes: number): Promise<Cost> {
  const collecting = new Collecting();
  const [idleUs, us] = measured(SEED + 3, (world) => {
    const town = new CalmTown(world, { nodes });
    town.sendOver(Math.ceil(WARM_PER_NODE * nodes), COSTED_MS);
    const idle = cpuMicros(() => collecting.span(() => world.pass(WINDOW_MS)));
    const until = world.nowMs + WINDOW_MS;
    const send = (): void => {
      town.sendOver(COSTED, COSTED_MS);
      world.pass(until - world.nowMs);
    };
    return [idle, cpuMicros(() => collecting.span(send))];
  });
  const [idleCollectorUs, collectorUs] = await collecting.done();
  return {
    us: (us! - idleUs!) / COSTED,
    collectorUs: (collectorUs! - idleCollectorUs!) / COSTED,
  };
}

const own = ({ us, collectorUs }: Cost): number => us - collectorUs;

async function costs(): Promise<Row[]> {
  const [few, many] = [await costAt(NODES), await costAt(MANY_NODES)];
  return [
    { name: `a transaction among ${NODES} nodes`, value: own(few) / 1_000, unit: 'ms CPU' },
    {
      name: `a transaction among ${MANY_NODES} nodes`,
      value: own(many) / 1_000,
      unit: 'ms CPU',
      against: `${NODES} nodes`,
      ratio: own(many) / own(few),
      goal: '<= 1.15x',
    },
    ...[few, many].map(({ collectorUs }, i): Row => ({
      name: `and garbage of ${[NODES, MANY_NODES][i]} nodes in one process`,
      value: collectorUs / 1_000,
      unit: 'ms CPU',
    })),
  ];
}

export const bench: Bench = {
  name: 'latency',
  question: 'how long does a sender wait with 25 ms between nodes, and what do more nodes cost?',
  run: async () => [...atHalfRate(), ...alone(), ...(await costs())],
};
