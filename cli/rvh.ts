/**
 * `city-chain rvh --nodes a,b,c --key K --count 2`: who is responsible for a key, by rendezvous
 * hashing, with the scores that say why. With `--weights` the logarithmic method decides: the
 * smallest -log2(u) / weight is first, u being the leading 64 bits of the score as a fraction.
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
import { table } from './table.ts';
import { Unfit, wholeNumber } from './unfit.ts';

interface Options {
  readonly nodes: string;
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
    .requiredOption('-n, --nodes <ids>', 'node ids, separated by commas')
    .requiredOption('-k, --key <text>', 'what is to be placed')
    .option('-c, --count <number>', 'how many of the best to print; all when not given')
    .option('--weights <numbers>', 'a whole number for each node; 0 is never chosen')
    .option('--json', 'print JSON')
    .action(run);
}

function run(options: Options): void {
  const ranking = rankingOf(options);
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
