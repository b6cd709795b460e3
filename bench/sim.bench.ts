/**
 * How much does the simulator get through? Events of the real actor loop per CPU second, where an event
 * is a message encoded, delivered and decoded, a timer, or a completed keep; and virtual seconds of the
 * ring of 60 nodes under faults, every checker looking, per CPU second.
 *
 * Verified first: the workload does what it should, the ring holds, and a seed has one hash.
 */
import { assert } from '#lib/assert.ts';
import { catalogue, count, message, type Infer } from '#protocols/codec.ts';
import {
  answer,
  ask,
  keep,
  NOTHING,
  put,
  wake,
  type Effect,
  type Moment,
  type Signal,
  type Step,
} from '#protocols/effect.ts';
import {
  address,
  nodeAddress,
  nodeToken,
  place,
  type Address,
  type NodeAddress,
} from '#protocols/subjects.ts';
import { anyActor, type AnyActor } from '#runtime/actor.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { NO_FAULTS } from '#simulations/faults.ts';
import { ring, type RingDrawn } from '#simulations/ring.ts';
import { anyScenario, runSeed, type Drawn, type Scenario } from '#simulations/scenario.ts';
import { cpuMicros, median, type Bench, type Row } from './bench.ts';

const REPEATS = 9;
const NODES = 8;
const ACTORS = 50;
const KOMATSU = place('asia.ishikawa.komatsu');

const Call = message('bench.call', { round: count(1_000_000_000) });
const TALK = catalogue(Call);
type Talk = Infer<typeof TALK>;

const nodes = Array.from({ length: NODES }, (_, i) => nodeAddress(KOMATSU, `n${i}`));

/** Asks somebody on another node, keeps the answer, sleeps a while, and asks again. */
function caller(node: NodeAddress, number: number): AnyActor {
  const peer = (round: number): Address => {
    const away = 1 + ((round + number) % (NODES - 1));
    const on = nodes[(nodes.indexOf(node) + away) % NODES]!;
    return address(on, 'caller', (number + round) % ACTORS);
  };
  return anyActor<number, Talk, Talk>({
    address: address(node, 'caller', number),
    listens: TALK,
    keeps: true,
    start: (at) => [0, [wake('again', at.entropy.below(10))]],
    receive: (round, input, { ticket }): Step<number, Talk> => [
      input.kind === 'kept' ? round + 1 : round,
      reaction(round, input, ticket, peer),
    ],
  });
}

function reaction(
  round: number,
  input: Talk | Signal,
  ticket: Moment['ticket'],
  peer: (round: number) => Address,
): readonly Effect<Talk>[] {
  switch (input.kind) {
    case 'bench.call':
      return ticket === undefined ? NOTHING : [answer(ticket, input)];
    case 'wake':
      return [ask('call', peer(round), Call.of({ round }), 1_000)];
    case 'answered':
      return [keep('round', put('round', Uint8Array.of(round & 0xff)))];
    case 'kept':
      return [wake('again', 10)];
    default:
      return NOTHING;
  }
}

const VIRTUAL_MS = 2_000;

const calling: Scenario = {
  name: 'calling',
  about: 'every actor asks, answers, keeps and sleeps',
  sometimes: [],
  draw: (): Drawn => ({ plan: NO_FAULTS }),
  run: (world) => {
    for (const node of nodes) {
      const children = Array.from({ length: ACTORS }, (_, i) => ({
        id: String(i),
        start: () => caller(node, i),
      }));
      const root = (): AnyActor => supervisor({ address: address(node, 'root'), children });
      world.machine({ name: nodeToken(node), place: KOMATSU, nodes: [node], root }).boot();
    }
    world.pass(VIRTUAL_MS);
    for (const node of nodes) {
      const rounds = world.machines[nodes.indexOf(node)]!.system.stateOf(
        address(node, 'caller', 0),
      );
      world.claim((rounds as number) > 20, () => `${node} gets on: ${String(rounds)} rounds`);
    }
  },
};

/** Sixty machines; each has its ring turned every two seconds on average. */
const sixty: Scenario<RingDrawn> = {
  ...ring,
  draw: (random) => ({
    ...ring.draw(random),
    nodes: 60,
    nodesPerMachine: 1,
    slots: 120,
    pauseMsMax: 4_000,
  }),
};

interface Rate {
  readonly events: number;
  readonly virtualSeconds: number;
}

/** Per CPU second. */
function rateOf(scenario: Scenario, seed: number): Rate {
  let rate: Rate = { events: 0, virtualSeconds: 0 };
  const micros = cpuMicros(() => {
    const { events, virtualMs, failure } = runSeed(scenario, seed);
    assert(failure === undefined, `seed ${seed} holds: ${failure?.claim}`);
    rate = { events, virtualSeconds: virtualMs / 1_000 };
  });
  const seconds = micros / 1e6;
  return { events: rate.events / seconds, virtualSeconds: rate.virtualSeconds / seconds };
}

async function run(): Promise<readonly Row[]> {
  const ringOfSixty = anyScenario(sixty);
  for (const scenario of [calling, ringOfSixty]) {
    const [one, other] = [runSeed(scenario, 1), runSeed(scenario, 1)];
    assert(one.hash === other.hash, 'a seed has one hash');
  }
  const loops: number[] = [];
  const rings: Rate[] = [];
  for (let seed = 1; seed <= REPEATS; seed++) {
    loops.push(rateOf(calling, seed).events);
    rings.push(rateOf(ringOfSixty, seed));
  }
  return [
    { name: 'actor loop', value: median(loops), unit: 'events/CPU s', goal: '>= 100000' },
    {
      name: 'ring of 60 nodes under faults',
      value: median(rings.map((rate) => rate.virtualSeconds)),
      unit: 'virtual s/CPU s',
      goal: '>= 100',
    },
    {
      name: 'ring of 60 nodes under faults',
      value: median(rings.map((rate) => rate.events)),
      unit: 'events/CPU s',
    },
  ];
}

export const bench: Bench = {
  name: 'sim',
  question: 'How many events and how much virtual time does a CPU second simulate?',
  run,
};
