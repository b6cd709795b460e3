/**
 * What does a transaction cost a ledger while it waits for its place in the order? Memory of one of a hundred
 * thousand, time of an event through the compiled table beside xstate's own pure transition of the same
 * machine, and time of a whole way: certified, ordered, decided, gone.
 *
 * Verified first: table and xstate say the same; the table is empty when all have been decided.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createMachine, initialTransition, transition } from 'xstate';
import { domain, hash } from '#algorithms/hash/hash.ts';
import { assert } from '#lib/assert.ts';
import { utf8 } from '#lib/bytes.ts';
import {
  addLive,
  emptyTable,
  eventOf,
  liveInvariants,
  removeLive,
  type LiveTable,
} from '#protocols/ledger/live.ts';
import { key, type Open } from '#protocols/ledger/records.ts';
import { BEGIN, LIFECYCLE, step, type EventName } from '#protocols/lifecycle.ts';
import { compare, type Bench, type Row } from './bench.ts';

const LIVE = 100_000;
const WAY = ['certified', 'thin', 'restored', 'committed', 'expired'] as const;
const NAME = domain('bench transaction');
const BATCH = '00'.repeat(32);

export const bench: Bench = {
  name: 'lifecycle',
  question: 'what does a transaction cost a ledger while it waits?',
  run: () => Promise.resolve([memory(), ...times()]),
};

interface Waiting {
  readonly cert: string;
  readonly open: Open;
}

/** Of a sender of its own: the most that it can cost. */
function waiting(i: number): Waiting {
  const name = (what: string): Uint8Array => hash(NAME, utf8(`${what} ${i}`));
  const placed = { prover: 0, version: 1, until: 2, spared: [] };
  const open = { txId: name('tx'), sender: name('sender'), seq: i, expiresAt: 2, ...placed };
  return { cert: key(name('cert')), open };
}

const add = (table: LiveTable, { cert, open }: Waiting) => addLive(table, cert, open, undefined);

/** What comes is made one by one, as it does from the wire: only what the table keeps is counted. */
function memory(): Row {
  const table = emptyTable();
  const before = heapBytes();
  for (let i = 0; i < LIVE; i++) add(table, waiting(i));
  const bytes = (heapBytes() - before) / LIVE;
  assert(table.txs.size === LIVE, 'all of them wait');
  return { name: `one of ${LIVE} that wait`, value: bytes, unit: 'bytes', goal: '<= 1 KB' };
}

function times(): Row[] {
  const all = Array.from({ length: 10_000 }, (_, i) => waiting(i));
  const table = emptyTable();
  const whole = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const live = add(table, all[i % all.length]!);
      const { event } = eventOf(live, BATCH, 1);
      assert(step(live.standing, event).order === 'COMMITTED', 'nobody is in its way');
      removeLive(table, live);
    }
  };
  const [ours, theirs] = [compiled(), specified()];
  const took = compare(
    { name: 'table', run: ours },
    { name: 'xstate', run: theirs },
    { name: 'way', run: whole },
  );
  liveInvariants(table);
  assert(table.txs.size === 0, 'all of them were decided');
  const ratio = took.get('xstate')! / took.get('table')!;
  return [
    {
      name: 'an event, through the compiled table',
      value: took.get('table')!,
      unit: 'us',
      against: "xstate's transition",
      ratio,
      goal: '<= 5 us',
    },
    {
      name: 'certified, ordered, decided',
      value: took.get('way')!,
      unit: 'us',
      goal: '<= 10 us, two events',
    },
  ];
}

function compiled(): (count: number) => void {
  return (count) => {
    let standing = BEGIN;
    for (let i = 0; i < count; i++) {
      const event: EventName = WAY[i % WAY.length]!;
      standing = event === 'certified' ? step(BEGIN, event) : step(standing, event);
    }
    assert(standing.order !== 'REJECTED', 'nothing here is in conflict');
  };
}

function specified(): (count: number) => void {
  const machine = createMachine(LIFECYCLE);
  const [first] = initialTransition(machine);
  let [check, standing] = [first, BEGIN];
  for (const type of WAY) {
    [check] = transition(machine, check, { type });
    standing = step(standing, type);
    assert((check.value as { order: string }).order === standing.order, 'both say the same');
  }
  return (count) => {
    let snapshot = first;
    for (let i = 0; i < count; i++) {
      const type = WAY[i % WAY.length]!;
      [snapshot] = transition(machine, type === 'certified' ? first : snapshot, { type });
    }
  };
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
