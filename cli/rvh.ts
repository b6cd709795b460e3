/**
 * `city-chain rvh --nodes a,b,c --key K --count 2`: who is responsible for a key, by rendezvous
 * hashing, with the scores that say why. With `--weights` the logarithmic method decides: the
 * smallest -log2(u) / weight is first, u being the leading 64 bits of the score as a fraction. With
 * `--remote` a city answers: for the nodes that are named, or for those on its own list.
 */
import { Command } from 'commander';
import { LOG2_BITS, negLog2 } from '#algorithms/fixed-log.ts';
import { orderByScore } from '#algorithms/rendezvous/core.ts';
import { best } from '#algorithms/rendezvous/order.ts';
import {
  ID_BYTES_MAX,
  MESSAGE_BYTES_MAX,
  nodeTable,
  SCORE_BYTES,
  scoresOf,
} from '#algorithms/rendezvous/scoring.ts';
import { drawOf, orderByWeight, weightsOf } from '#algorithms/rendezvous/weighted.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import { RANKED_MAX } from '#protocols/select.messages.ts';
import { rankRemote } from './rvh-remote.ts';
import { table } from './table.ts';
import { Unfit, wholeNumber } from './unfit.ts';
import type { Whereabouts } from './whereabouts.ts';

interface Options extends Whereabouts {
  readonly nodes?: string;
  readonly remote?: boolean;
  readonly weighted?: boolean;
  readonly key: string;
  readonly count?: string;
  readonly weights?: string;
  readonly json?: boolean;
}

interface Ranked {
  readonly rank: number;
  readonly node: string;
  /** Hexadecimal: the big-endian integer that is compared. */
  readonly score: string;
  readonly weight?: number;
  /** -log2(u) / weight, rounded for people; the order itself is found in integers. */
  readonly penalty?: number;
}

const KEY_BYTES_MAX = MESSAGE_BYTES_MAX - ID_BYTES_MAX;

export function command(): Command {
  return new Command('rvh')
    .description('rank nodes for a key by rendezvous hashing')
    .option('-n, --nodes <ids>', 'node ids, separated by commas')
    .requiredOption('-k, --key <text>', 'what is to be placed')
    .option('-c, --count <number>', 'how many of the best to print; all when not given')
    .option('--weights <numbers>', 'a whole number for each node; 0 is never chosen')
    .option('--remote', 'ask a city; without --nodes for the nodes on its list')
    .option('--weighted', 'with --remote, by the weights of the list')
    .option('--nats <url>', 'where the city is; else NATS_URL, else what `up` wrote down')
    .option('--city <place>', 'which city; else CITY_CHAIN_CITY, else what `up` wrote down')
    .option('--data <folder>', 'the folder of `up`', 'data')
    .option('--json', 'print JSON')
    .action((options: Options) =>
      options.remote === true ? runRemote(options) : run(options, rankingOf(options)),
    );
}

/** So many where none is said: as many rows as a transaction has, by the owner's numbers. */
const REMOTE_COUNT = 42;

async function runRemote(options: Options): Promise<void> {
  const { weights, weighted, nodes, count, key } = options;
  const isWeighted = weighted === true || weights !== undefined;
  const names = nodes === undefined ? undefined : nodesOf(nodes);
  const own = names === undefined || weights === undefined ? undefined : numbersOf(weights, names);
  const found = await rankRemote({
    ...options,
    key,
    count: wholeNumber('--count', 0, RANKED_MAX)(count ?? String(names?.length ?? REMOTE_COUNT)),
    isWeighted,
    among: names?.map((node, i) => ({ node, weight: own?.[i] ?? 1 })),
  });
  const ranking = Array.from(found, ({ node, score, weight }, place) => ({
    rank: place + 1,
    node,
    score: hex(score),
    ...(isWeighted ? weighed(drawOf(score, 0), weight) : {}),
  }));
  run(options, ranking);
}

function run(options: Options, ranking: readonly Ranked[]): void {
  if (options.json === true) {
    console.log(JSON.stringify({ key: options.key, ranking }, null, 2));
  } else if (ranking.length > 0) {
    console.log(table(ranking.map(shown)));
  }
}

const shown = ({ rank, node, score, weight, penalty }: Ranked): string[] => [
  String(rank),
  node,
  score,
  ...(weight === undefined ? [] : [`weight ${weight}`, `penalty ${penalty!.toPrecision(6)}`]),
];

/** What the command prints: the best nodes with their scores, in order. */
function rankingOf(options: Options): Ranked[] {
  if (options.nodes === undefined) throw new Unfit('--nodes is missing, expected ids with commas');
  const nodes = nodesOf(options.nodes);
  const key = keyOf(options.key);
  const count = wholeNumber('--count', 0, nodes.length)(options.count ?? String(nodes.length));
  const ids = nodeTable(nodes.map(utf8));
  const scores = scoresOf(ids, key);
  const weights = options.weights === undefined ? undefined : numbersOf(options.weights, nodes);
  const order =
    weights === undefined
      ? orderByScore(ids, scores)
      : orderByWeight(ids, weightsOf(ids, weights), scores);
  return Array.from(best(order, count), (node, place) => ({
    rank: place + 1,
    node: nodes[node]!,
    score: hex(scores.subarray(node * SCORE_BYTES, (node + 1) * SCORE_BYTES)),
    ...(weights === undefined ? {} : weighed(drawOf(scores, node), weights[node]!)),
  }));
}

const weighed = (draw: bigint, weight: number): Pick<Ranked, 'weight' | 'penalty'> => ({
  weight,
  penalty: Number(negLog2(draw)) / 2 ** Number(LOG2_BITS) / weight,
});

function nodesOf(text: string): string[] {
  const nodes = text.split(',').map((node) => node.trim());
  for (const [i, node] of nodes.entries()) {
    const bytes = utf8(node).length;
    if (bytes === 0 || bytes > ID_BYTES_MAX) {
      throw new Unfit(`node ${i + 1} of --nodes has ${bytes} bytes, expected 1 to ${ID_BYTES_MAX}`);
    }
    if (nodes.indexOf(node) !== i) throw new Unfit(`--nodes names '${node}' twice`);
  }
  return nodes;
}

function keyOf(text: string): Uint8Array {
  const key = utf8(text);
  if (key.length <= KEY_BYTES_MAX) return key;
  throw new Unfit(`--key has ${key.length} bytes, expected at most ${KEY_BYTES_MAX}`);
}

function numbersOf(text: string, nodes: readonly string[]): number[] {
  const numbers = text.split(',').map((each) => each.trim());
  if (numbers.length !== nodes.length) {
    throw new Unfit(`--weights has ${numbers.length} numbers for ${nodes.length} nodes`);
  }
  return numbers.map(wholeNumber('--weights', 0, Number.MAX_SAFE_INTEGER));
}
