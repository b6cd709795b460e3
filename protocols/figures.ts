/**
 * Figures: what actors let be measured. A machine says a number under a name of this list (the effect `figure`), and
 * whoever carries its effects out makes of it what it likes: a process of production its Prometheus metrics
 * (runtime/seen/figures.ts), a simulation a table. Nothing comes back, so nothing hangs on whether anybody listens.
 *
 * | is      | a number is             | it becomes                                |
 * | ------- | ----------------------- | ----------------------------------------- |
 * | count   | so many more            | a counter                                 |
 * | level   | how it stands now       | a gauge                                   |
 * | took    | milliseconds            | a histogram in seconds                    |
 * | amount  | one of many like it     | a histogram over its `edges`              |
 *
 * Words of a label are closed, so that a peer adds no series; `continent` is one of the few that a list may have.
 * Names without `city_chain_` are the ones of the design, which dashboards know.
 *
 * A layer's latency is its own: from when something came to it until it hands it on, with its jobs and its disk, and
 * without what it waits for from other nodes. That is counted apart, as `poh_ack_latency` and `city_chain_wait_seconds`.
 * R2 and R3 decide within a step, and so do S4 and S5 but for the signatures and the disk that they wait for.
 */
export type FigureIs = 'count' | 'level' | 'took' | 'amount';

export interface Figure {
  readonly is: FigureIs;
  readonly help: string;
  /** What it is told apart by. */
  readonly by?: {
    readonly label: string;
    readonly words: readonly string[] | 'continent';
  };
  readonly edges?: readonly number[];
}

export const LAYERS = ['ingress', 'S1', 'S2', 'S3', 'S4', 'S5', 'R1', 'R2', 'R4'] as const;
/** As dag/state.ts counts them. */
export const DAG_REFUSALS = [
  'wrong-place',
  'wrong-epoch',
  'wrong-author',
  'wrong-round',
  'wrong-content',
  'wrong-parents',
  'entry-twice',
  'bad-signature',
  'decided-round',
  'future-round',
  'replay',
  'second-of-round',
  'crowded',
  'asks-too-often',
  'far-future',
  'before-its-parents',
] as const;
const LEVELS_OF_BURN = ['fast-long', 'fast-short', 'slow-long', 'slow-short'] as const;

export const FIGURES = {
  dag_layer_latency_seconds: {
    is: 'took',
    help: 'What a layer itself takes of a transaction: its jobs and its disk, not what it waits for from others.',
    by: { label: 'layer', words: LAYERS },
  },
  poh_ack_latency: {
    is: 'took',
    help: 'Seconds from when S5 began to count until acks were enough.',
  },
  city_chain_wait_seconds: {
    is: 'took',
    help: 'Waiting for others: for pieces of holders, for the word of other ledgers, for a place in the order.',
    by: { label: 'for', words: ['pieces', 'ledgers', 'order'] },
  },
  city_chain_send_seconds: {
    is: 'took',
    help: 'From when a transaction came to its ingress until its sender could be told this of it.',
    by: { label: 'state', words: ['POH_ACK', 'COMMITTED'] },
  },
  city_chain_read_seconds: {
    is: 'took',
    help: 'From when a read came to R1 until its last word.',
    by: { label: 'outcome', words: ['given', 'unavailable', 'busy'] },
  },
  city_chain_round_trip_seconds: {
    is: 'took',
    help: 'Round trips of heartbeats as holders measure them: within the region, and from another continent.',
    by: { label: 'where', words: ['region', 'crossing'] },
  },
  city_chain_receipt_seconds: {
    is: 'took',
    help: 'Until the municipality had sealed a batch that its city committed; from then until the continent said that it has it.',
    by: { label: 'level', words: ['municipality', 'continent'] },
  },
  city_chain_clock_uncertainty_seconds: {
    is: 'level',
    help: "How far this delegate's time of the city may be from what the clocks of the others call time.",
  },
  city_chain_ahead_refused_total: {
    is: 'count',
    help: 'What was not taken in since it was stamped further ahead than clocks may be.',
    by: { label: 'what', words: ['transaction', 'order', 'ack'] },
  },
  city_chain_clock_refused_total: {
    is: 'count',
    help: 'What peers said of time and was not taken.',
    by: { label: 'why', words: ['asks-too-often', 'impossible-time'] },
  },
  city_chain_dag_refused_total: {
    is: 'count',
    help: 'What peers said for the order and was not taken.',
    by: { label: 'why', words: DAG_REFUSALS },
  },
  city_chain_forked: {
    is: 'level',
    help: '1 where this delegate has seen a fork, and has halted there: more than a third of the stake lies.',
    by: { label: 'order', words: ['city', 'municipality', 'continent', 'globe'] },
  },
  city_chain_rooted_seconds: {
    is: 'took',
    help: 'From when a delegate had applied a batch of its city until that level had ordered it.',
    by: { label: 'level', words: ['continent', 'globe'] },
  },
  city_chain_acts_total: {
    is: 'count',
    help: 'Acts that this delegate saw take effect in the order.',
    by: {
      label: 'says',
      words: [
        'repair-req',
        'repair-lease',
        'repair-ack',
        'lost',
        'claim',
        'extend',
        'erase',
        'audit',
        'accuse',
        'bond',
        'unbond',
        'draw',
        'take',
        'settle',
        'payee',
        'earned',
        'wages',
      ],
    },
  },
  city_chain_ordered_total: {
    is: 'count',
    help: 'What became of transactions in the order that this delegate follows.',
    by: { label: 'state', words: ['COMMITTED', 'REJECTED', 'EXPIRED'] },
  },
  city_chain_poisoned_total: {
    is: 'count',
    help: 'Transactions of which this delegate found that their manifest is a lie.',
  },
  city_chain_repaired_rows_total: {
    is: 'count',
    help: 'Rows that this delegate made again and gave to new holders.',
  },
  online_pieces: {
    is: 'amount',
    help: 'Placed pieces of a transaction whose holders are on the node list, each time one is read or audited.',
    edges: [0, 4, 8, 9, 11, 13, 15, 19, 25, 29, 35, 41],
  },
  p_light: {
    is: 'level',
    help: 'The share of registered lights that is online, smoothed, as of the newest node list.',
    by: { label: 'continent', words: 'continent' },
  },
  city_chain_slo_judged_total: {
    is: 'count',
    help: 'Reads and writes that this delegate judged by the objective of the policy.',
    by: { label: 'what', words: ['read-good', 'read-bad', 'write-good', 'write-bad'] },
  },
  city_chain_slo_burn: {
    is: 'level',
    help: 'How many times faster than allowed the budget of errors burns, by what this delegate saw.',
    by: { label: 'window', words: LEVELS_OF_BURN },
  },
} as const satisfies Readonly<Record<string, Figure>>;
export type FigureName = keyof typeof FIGURES;

type By<N extends FigureName> = (typeof FIGURES)[N] extends {
  readonly by: { readonly words: infer W };
}
  ? W extends readonly string[]
    ? W[number]
    : string
  : undefined;

/** One number; `word` is the value of the label, where there is one. */
export interface Measured {
  readonly do: 'figure';
  readonly name: FigureName;
  readonly value: number;
  readonly word: string | undefined;
}

/** Says a number. The word is checked where it is written down. */
export const figure = <N extends FigureName>(
  name: N,
  value: number,
  ...[word]: By<N> extends undefined ? [] : [word: By<N>]
): Measured => ({ do: 'figure', name, value, word });

export type Layer = (typeof LAYERS)[number];

/** What a layer took of something that came to it at `since`. */
export const layerTook = (layer: Layer, since: number, now: number): Measured =>
  figure('dag_layer_latency_seconds', now - since, layer);
