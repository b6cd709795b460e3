/** What transfers from Tokyo to Paris come to: who waits how long beside the budgets of the design, and for what. */
import { assert } from '#lib/assert.ts';
import { runTransfers, type Asked, type Span, type Transfer } from './flow.ts';

/** Milliseconds, at these shares of the transfers. */
export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface Wait extends Quantiles {
  readonly name: string;
  readonly budgetMs: number;
  readonly isMet: boolean;
}

export interface LayerTook extends Quantiles {
  readonly layer: string;
  readonly isMet: boolean;
}

/** A part of somebody's wait, in the mean. */
export interface Part {
  readonly what: string;
  readonly meanMs: number;
  readonly share: number;
}

export interface Report {
  readonly asked: Asked;
  readonly waits: readonly Wait[];
  readonly layers: readonly LayerTook[];
  readonly sender: readonly Part[];
  readonly reader: readonly Part[];
  /** The transfer that half of all were faster than. */
  readonly median: Transfer;
}

const LAYER_MS = 80;
/** On the path of the sender, one after another; what is left is the network. */
const SENDING = ['ingress', 'S1', 'S2', 'S3', 'acks', 'order'] as const;
const RECEIVING = ['R1', 'R2', 'pieces', 'R4'] as const;
/** Layers beside the path: while acks are waited for, and while the order is. */
const BESIDE = ['S4', 'S5'] as const;
const LAYERS = ['ingress', 'S1', 'S2', 'S3', ...BESIDE, 'R1', 'R2', 'R4'] as const;

export function reportOf(asked: Asked): Report {
  const transfers = runTransfers(asked);
  const ordered = transfers.toSorted((a, b) => a.readMs - b.readMs);
  return {
    asked,
    waits: waitsOf(transfers),
    layers: LAYERS.map((layer) => layerIn(transfers, layer)),
    sender: partsOf(transfers, SENDING, ({ committedMs }) => committedMs),
    reader: partsOf(transfers, RECEIVING, ({ readMs, committedMs }) => readMs - committedMs),
    median: ordered[Math.floor(ordered.length / 2)]!,
  };
}

function layerIn(transfers: readonly Transfer[], layer: string): LayerTook {
  const spans = transfers.flatMap((each) => each.spans.filter(({ what }) => what === layer));
  const took = quantilesOf(spans.map(lengthOf));
  return { layer, ...took, isMet: took.p99 <= LAYER_MS };
}

function waitsOf(transfers: readonly Transfer[]): Wait[] {
  const wait = (name: string, budgetMs: number, of: (each: Transfer) => number): Wait => {
    const waited = quantilesOf(transfers.map(of));
    return { name, ...waited, budgetMs, isMet: waited.p99 <= budgetMs };
  };
  return [
    wait('the sender, until it is kept (POH_ACK)', 450, ({ keptMs }) => keptMs),
    wait('the sender, until it is committed', 450, ({ committedMs }) => committedMs),
    wait('nobody: every anchor has it, overseas too', 800, ({ durableMs }) => durableMs),
    wait('the reader, after asking', 450, ({ readMs, committedMs }) => readMs - committedMs),
    wait('both together', 900, ({ readMs }) => readMs),
  ];
}

const lengthOf = ({ from, to }: Span): number => to - from;

export function quantilesOf(values: readonly number[]): Quantiles {
  assert(values.length > 0, 'something was measured');
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1]!;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** The parts one after another, and the network between them. What runs at the same time counts once, for the first. */
function partsOf(
  transfers: readonly Transfer[],
  names: readonly string[],
  waitedMs: (each: Transfer) => number,
): Part[] {
  const totals = new Map([...names, NETWORK].map((name) => [name, 0]));
  const add = (name: string, ms: number) => totals.set(name, totals.get(name)! + ms);
  for (const each of transfers) {
    const parts = apart(each, names);
    for (const { what, ms } of parts) add(what, ms);
    add(NETWORK, waitedMs(each) - parts.reduce((sum, { ms }) => sum + ms, 0));
  }
  const whole = transfers.reduce((sum, each) => sum + waitedMs(each), 0);
  return Array.from(totals, ([what, ms]) => ({
    what,
    meanMs: ms / transfers.length,
    share: ms / whole,
  }));
}

const NETWORK = 'network';

/** How much each part adds to what was over before it. */
function apart({ spans }: Transfer, names: readonly string[]): { what: string; ms: number }[] {
  let over = 0;
  return names.flatMap((what) =>
    spans
      .filter((span) => span.what === what)
      .map(({ from, to }) => {
        const ms = Math.max(0, to - Math.max(from, over));
        over = Math.max(over, to);
        return { what, ms };
      }),
  );
}

/** One line of the timeline. */
export interface Line extends Span {
  readonly who: 'sender' | 'reader' | 'nobody';
  readonly how: string;
}

const HOW: Readonly<Record<string, string>> = {
  ingress: 'checks signatures, writes its journal',
  S1: 'draws who is to hold it, writes it down',
  S2: 'codes rows, makes the manifest',
  S3: 'seals rows, signs the order',
  S4: 'checks the signatures of acks',
  acks: 'holders store and sign; enough acks come back',
  S5: 'has the certificate on its own disk',
  order: 'delegates agree on its place',
  R1: 'checks who asks, asks its ledger',
  R2: 'ranks who has pieces',
  pieces: 'the nearest holders give theirs, each is checked',
  R4: 'decodes, codes again, compares',
};

/** The timeline of a transfer, in the order in which its parts begin. */
export function timelineOf({ spans, committedMs, durableMs, readMs }: Transfer): Line[] {
  const line = (what: string, who: Line['who']): Line[] => {
    // What S4 does for acks from overseas is nobody's wait.
    const of = spans.filter(
      (span) => span.what === what && (what !== 'S4' || span.to <= committedMs),
    );
    if (of.length === 0) return [];
    const from = Math.min(...of.map((span) => span.from));
    return [{ what, who, from, to: Math.max(...of.map(({ to }) => to)), how: HOW[what]! }];
  };
  const sending = inTurn(SENDING.flatMap((what) => line(what, 'sender')));
  const receiving = inTurn(RECEIVING.flatMap((what) => line(what, 'reader')));
  const sentOut = sending.find(({ what }) => what === 'acks')!.from;
  return [
    network('sender', 0, sending[0]!.from, 'Tokyo to the city'),
    ...sending,
    ...BESIDE.flatMap((what) => line(what, 'nobody')),
    network('sender', sending.at(-1)!.to, committedMs, 'the city to Tokyo: committed'),
    { what: 'overseas', who: 'nobody', from: sentOut, to: durableMs, how: OVERSEAS } as const,
    network('reader', committedMs, receiving[0]!.from, 'Paris to the city'),
    ...receiving,
    network('reader', receiving.at(-1)!.to, readMs, 'the city to Paris: the text is there'),
  ].toSorted((a, b) => a.from - b.from);
}

const OVERSEAS = 'every anchor has it, those of other continents too';

const network = (who: 'sender' | 'reader', from: number, to: number, how: string): Line => ({
  what: 'network',
  who,
  from,
  to,
  how,
});

/** Machines count whole milliseconds by clocks of their own: nothing begins before what it follows. */
function inTurn(lines: readonly Line[]): Line[] {
  const begun: Line[] = [];
  for (const line of lines) {
    begun.push({ ...line, from: Math.max(begun.at(-1)?.from ?? 0, line.from) });
  }
  return begun;
}
