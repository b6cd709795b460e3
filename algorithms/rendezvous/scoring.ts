/**
 * Scores of many nodes for one key: BLAKE2b-128(node || key), 16 bytes a node.
 *
 * A score is read as a big-endian 128-bit integer, so comparing scores is comparing bytes. Nodes are
 * laid out once per snapshot (`nodeTable`), grouped by the length of their ids, and scored a group at
 * a call. The `wasm` backend hashes two nodes a pass (scoring.wat); `portable` is noble's BLAKE2b.
 * Both write the same bytes (test/algorithms/rendezvous/scoring.property.test.ts).
 *
 * Cost: 0.1 us a node with `wasm`, about 4 us with `portable`. Not constant-time: public data only.
 * Reference: RFC 7693. Deviation: none; neither key, salt nor personalisation is used.
 */
import { blake2b } from '@noble/hashes/blake2.js';
import { assert } from '#lib/assert.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import { primitive, type Backend } from '../backend.ts';
import { instantiate, type WasmMemory } from '../wasm.ts';
import { KERNEL } from './scoring.wasm.ts';

export const SCORE_BYTES = 16;
/** One block of BLAKE2b: an id never crosses into the second. */
export const ID_BYTES_MAX = 128;
/** An id and a key together: eight blocks, for which the kernel has room. */
export const MESSAGE_BYTES_MAX = 1_024;

/** The nodes of one snapshot. Everything else speaks of a node by its index here. */
export interface NodeTable {
  readonly ids: readonly Uint8Array[];
  readonly groups: readonly Group[];
}

/** The nodes whose ids have one length. */
interface Group {
  readonly idBytes: number;
  /** Indices into the table, ascending. */
  readonly members: Uint32Array;
  /** A row for two nodes: their first words side by side, then their second ones, zero-padded. */
  readonly rows: Uint8Array;
}

/** Writes the score of `ids[i]` for `key` at `16 * i` of `scores`, for each node of a group. */
type ScoreGroup = (table: NodeTable, group: Group, key: Uint8Array, scores: Uint8Array) => void;

/** Lays out nodes for scoring. Ids are distinct, or their ranking will say so by an assertion. */
export function nodeTable(ids: readonly Uint8Array[]): NodeTable {
  const byLength = new Map<number, number[]>();
  for (const [i, id] of ids.entries()) {
    assert(id.length > 0 && id.length <= ID_BYTES_MAX, 'an id has 1 to 128 bytes');
    const members = byLength.get(id.length);
    if (members === undefined) byLength.set(id.length, [i]);
    else members.push(i);
  }
  const groups = [...byLength].map(([idBytes, members]) => ({
    idBytes,
    members: Uint32Array.from(members),
    rows: interleaved(ids, members, idBytes),
  }));
  return { ids, groups };
}

/** The scores of all nodes for `key`, in the order of the table. */
export function scoresOf(table: NodeTable, key: Uint8Array): Uint8Array {
  const scores = new Uint8Array(table.ids.length * SCORE_BYTES);
  const score = SCORING.use();
  for (const group of table.groups) {
    assert(group.idBytes + key.length <= MESSAGE_BYTES_MAX, 'an id and a key fit eight blocks');
    score(table, group, key, scores);
  }
  return scores;
}

const rowBytesOf = (idBytes: number): number => 16 * Math.ceil(idBytes / 8);

function interleaved(ids: readonly Uint8Array[], members: readonly number[], idBytes: number) {
  const rowBytes = rowBytesOf(idBytes);
  const rows = new Uint8Array(Math.ceil(members.length / 2) * rowBytes);
  for (const [i, member] of members.entries()) {
    const id = ids[member]!;
    const start = (i >> 1) * rowBytes + 8 * (i & 1);
    for (let at = 0; at < idBytes; at++) rows[start + 16 * (at >> 3) + (at & 7)] = id[at]!;
  }
  return rows;
}

function portable({ ids }: NodeTable, group: Group, key: Uint8Array, scores: Uint8Array): void {
  const message = new Uint8Array(group.idBytes + key.length);
  message.set(key, group.idBytes);
  for (const member of group.members) {
    message.set(ids[member]!);
    scores.set(blake2b(message, { dkLen: SCORE_BYTES }), member * SCORE_BYTES);
  }
}

/** The memory of scoring.wat, as its header draws it. */
const AT = { key: 1_024, ids: 4_096, scores: 69_632 } as const;
const BLOCK_BYTES = 128;
/** Rows a call: 2 048 scores are 32 KiB, and with their ids stay in the first-level caches. */
const ROWS_MAX = 1_024;
const IDS_BYTES_MAX = AT.scores - AT.ids;

interface Kernel {
  readonly memory: WasmMemory;
  readonly score: (pairs: number, rowBytes: number, messageBytes: number) => void;
}

function wasm(): ScoreGroup | undefined {
  const kernel = instantiate<Kernel>(KERNEL);
  if (kernel === undefined) return undefined;
  const memory = new Uint8Array(kernel.memory.buffer);
  return (_, { idBytes, members, rows }, key, scores) => {
    layKey(memory, idBytes, key);
    const rowBytes = rowBytesOf(idBytes);
    const rowsAtOnce = Math.min(ROWS_MAX, Math.floor(IDS_BYTES_MAX / rowBytes));
    for (let done = 0; done < members.length; done += 2 * rowsAtOnce) {
      const some = members.subarray(done, done + 2 * rowsAtOnce);
      const pairs = Math.ceil(some.length / 2);
      const from = (done / 2) * rowBytes;
      memory.set(rows.subarray(from, from + pairs * rowBytes), AT.ids);
      kernel.score(pairs, rowBytes, idBytes + key.length);
      scatter(memory, some, scores);
    }
  };
}

/** The key where it stands behind an id, each word twice: once for each node of a pair. */
function layKey(memory: Uint8Array, idBytes: number, key: Uint8Array): void {
  const blocks = Math.max(1, Math.ceil((idBytes + key.length) / BLOCK_BYTES));
  memory.fill(0, AT.key, AT.key + 2 * blocks * BLOCK_BYTES);
  for (let i = 0; i < key.length; i++) {
    const at = idBytes + i;
    const lane = AT.key + 16 * (at >> 3) + (at & 7);
    memory[lane] = memory[lane + 8] = key[i]!;
  }
}

function scatter(memory: Uint8Array, members: Uint32Array, scores: Uint8Array): void {
  const [first, last] = [members[0]!, members.at(-1)!];
  // Ascending and distinct, so this many are a run: always so where all ids have one length.
  if (last - first === members.length - 1) {
    const bytes = members.length * SCORE_BYTES;
    scores.set(memory.subarray(AT.scores, AT.scores + bytes), first * SCORE_BYTES);
    return;
  }
  for (const [i, member] of members.entries()) {
    const from = AT.scores + i * SCORE_BYTES;
    const to = member * SCORE_BYTES;
    for (let byte = 0; byte < SCORE_BYTES; byte++) scores[to + byte] = memory[from + byte]!;
  }
}

/** Several lengths of ids; one block, more than one, and one that ends where its block does. */
const KNOWN = [
  {
    ids: ['alpha', 'gamma'],
    key: 'txn-42',
    scores: '3200973f5b21d1227a230d775c50453befd13564f3f64755966f6db0f1bbeb09',
  },
  {
    ids: ['beta', 'b'.repeat(128), 'n'],
    key: 'k'.repeat(123),
    scores:
      'cb5d0de4e2a91a5df4434eae08e4a92ff37ef307db7779a48e09c5a7efc180f318118155ff5788c0abdc77870eeb64a0',
  },
];

function passes(score: ScoreGroup): boolean {
  return KNOWN.every(({ ids, key, scores }) => {
    const table = nodeTable(ids.map(utf8));
    const found = new Uint8Array(ids.length * SCORE_BYTES);
    for (const group of table.groups) score(table, group, utf8(key), found);
    return hex(found) === scores;
  });
}

const backends: readonly Backend<ScoreGroup>[] = [
  { name: 'wasm', make: wasm },
  { name: 'portable', make: () => portable },
];
const SCORING = primitive('rendezvous', passes, backends);
