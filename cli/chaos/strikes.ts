/** Blows, carried out: by the supervisor of the cluster where it is about processes, by hand where it is about disks. */
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provers } from '#protocols/provers.ts';
import type { Genesis } from '#protocols/genesis.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import type { Stroke } from '#simulations/chaos/record.ts';
import type { Blow, Housed } from '#simulations/chaos/scenarios.ts';
import type { Random } from '#simulations/random.ts';
import { flipIn } from '#simulations/judge/pieces.ts';
import type { Drilling } from '../drill/socket.ts';
import type { Ups } from './ups.ts';

export interface Striking {
  readonly data: string;
  readonly drilling: Drilling;
  readonly ups: Ups;
  readonly housed: readonly Housed[];
  readonly genesis: Genesis;
  readonly random: Random;
  readonly now: () => number;
  /** Whether a transaction is one of those that are read and looked after. */
  readonly isOld: (txId: string) => boolean;
  /** The next transaction that stands there. */
  readonly next: (point: string) => Promise<Uint8Array | undefined>;
}

/** Longer than any run: it ends when it is released. */
const HELD_MS = 600_000;
const GONE_LOOKS = 100;
const GONE_MS = 50;

export class Strikes {
  readonly strokes: Stroke[] = [];
  /** Nodes whose disks are not what they were, because of us. */
  readonly spoiled = new Set<NodeAddress>();
  flipped = 0;
  readonly #on: Striking;
  #copies: string | undefined;

  constructor(on: Striking) {
    this.#on = on;
  }

  /** The disks of everybody who only holds, as they are now: what `old` puts back. */
  copyDisks(): void {
    this.#copies = mkdtempSync(join(tmpdir(), 'city-chain-chaos-'));
    // Also where somebody does not wait for the end.
    process.once('exit', () => this.close());
    for (const { id, nodes, delegates } of this.#on.housed)
      if (delegates === 0) swap(this.#on.data, this.#copies, id, nodes);
  }

  close(): void {
    if (this.#copies !== undefined) rmSync(this.#copies, { recursive: true, force: true });
  }

  async strike(blow: Blow): Promise<void> {
    switch (blow.do) {
      case 'corrupt':
        return this.#corrupt(blow.to, blow.pieces);
      case 'empty':
      case 'old':
        return this.#replaceDisks(blow);
      case 'kill-at':
        return this.#killAt(blow.point);
      case 'part':
        return this.#part(blow);
      default:
        return this.#toProcess(blow);
    }
  }

  /** All that was done ends now. */
  async release(): Promise<void> {
    const { drilling, ups, now } = this.#on;
    await drilling.ask({ did: 'release' });
    for (const { id } of this.#on.housed) ups.mended(id);
    for (const each of this.strokes) each.endMs = Math.min(each.endMs, now());
  }

  #write(what: string, nodes: readonly NodeAddress[], forMs: number, answer: object): Stroke {
    const atMs = this.#on.now();
    const isDone = 'done' in answer;
    const said = Object.values(answer).join(', ');
    const stroke = { atMs, endMs: atMs + forMs, what, nodes, isDone, said };
    this.strokes.push(stroke);
    return stroke;
  }

  async #toProcess(blow: Extract<Blow, { forMs: number; to: string }>): Promise<void> {
    const { drilling, ups } = this.#on;
    const { to, forMs } = blow;
    const pid = ups.pidOf(to);
    const deed = { did: blow.do as 'kill', to, forMs };
    const byMs = 'byMs' in blow && blow.byMs !== undefined ? { byMs: blow.byMs } : {};
    const answer = await drilling.ask({ ...deed, ...byMs });
    const isAway = ['kill', 'freeze', 'cut'].includes(blow.do);
    this.#write(`${blow.do} ${to}`, isAway ? this.#nodesOf(to) : [], forMs, answer);
    if (!('done' in answer)) return;
    if (blow.do === 'kill') ups.gone(to, pid);
    if (blow.do === 'freeze') {
      ups.gone(to, pid);
      setTimeout(() => ups.pidOf(to) === pid && ups.thawed(to), forMs);
    }
    if (blow.do === 'cut') {
      ups.cut(to);
      setTimeout(() => ups.mended(to), forMs);
    }
  }

  /** From here, those of that continent are away. */
  async #part({ to, forMs }: Extract<Blow, { do: 'part' }>): Promise<void> {
    const { drilling, ups, housed } = this.#on;
    const away = housed.filter(({ continent }) => continent === to);
    const answer = await drilling.ask({ did: 'part', to, forMs });
    const nodes = away.flatMap((each) => each.nodes);
    this.#write(`part ${to}`, nodes, forMs, answer);
    if (!('done' in answer)) return;
    for (const { id } of away) {
      ups.cut(id);
      setTimeout(() => ups.mended(id), forMs);
    }
  }

  async #killAt(point: string): Promise<void> {
    const txId = await this.#on.next(point);
    const node = txId && provers(this.#on.genesis, txId)[0]?.node;
    const to = this.#on.housed.find(({ nodes }) => node !== undefined && nodes.includes(node))?.id;
    if (to === undefined) {
      this.#write(`kill at ${point}`, [], 0, { refused: 'no transaction came there' });
      return;
    }
    const pid = this.#on.ups.pidOf(to);
    const answer = await this.#on.drilling.ask({ did: 'kill', to });
    this.#write(`kill ${to} at ${point}`, this.#nodesOf(to), 0, answer);
    this.#on.ups.gone(to, pid);
  }

  async #replaceDisks({
    do: how,
    to,
    forMs,
  }: Extract<Blow, { do: 'empty' | 'old' }>): Promise<void> {
    const { drilling, data, now } = this.#on;
    const nodes = this.#nodesOf(to);
    const answer = await drilling.ask({ did: 'kill', to, forMs: HELD_MS });
    const stroke = this.#write(`${how} disks of ${to}`, nodes, forMs, answer);
    if (!(await this.#isGone(to))) return;
    for (const each of foldersOf(to, nodes))
      rmSync(join(data, each), { recursive: true, force: true });
    if (how === 'old') swap(this.#copies!, data, to, nodes);
    for (const node of nodes) this.spoiled.add(node);
    await new Promise((resolve) => setTimeout(resolve, forMs));
    await drilling.ask({ did: 'release', to });
    stroke.endMs = now();
  }

  async #isGone(id: string): Promise<boolean> {
    for (let i = 0; i < GONE_LOOKS; i++) {
      const answer = await this.#on.drilling.ask({ did: 'look' });
      if ('seen' in answer) this.#on.ups.saw(answer.seen);
      if (this.#on.ups.pidOf(id) === null) return true;
      await new Promise((resolve) => setTimeout(resolve, GONE_MS));
    }
    return false;
  }

  /** One bit of each of some pieces, wherever the lot falls. */
  #corrupt(to: string, pieces: number): void {
    const nodes = this.#nodesOf(to);
    const files = nodes.flatMap((node) => {
      const folder = join(this.#on.data, 'pieces', node);
      const names = existsSync(folder) ? readdirSync(folder) : [];
      return names.filter((name) => name.endsWith('.seg')).map((name) => ({ node, folder, name }));
    });
    let done = 0;
    for (let tries = 0; done < pieces && tries < 20 * pieces && files.length > 0; tries++) {
      const { node, folder, name } = files[this.#on.random.below(files.length)]!;
      const bytes = readFileSync(join(folder, name));
      const at = flipIn({ name, bytes }, this.#isOld, (bound) => this.#on.random.below(bound));
      if (at === undefined || this.spoiled.has(node)) continue;
      const file = openSync(join(folder, name), 'r+');
      writeSync(file, Uint8Array.of(bytes[at]! ^ 1), 0, 1, at);
      closeSync(file);
      this.spoiled.add(node);
      done++;
    }
    this.flipped += done;
    const answer = done > 0 ? { done: `${done} bits` } : { refused: 'there is no piece to damage' };
    this.#write(`flip a bit in ${done} pieces of ${to}`, [], 0, answer);
  }

  /** Keys of pieces begin with the name of their transaction. */
  readonly #isOld = (key: string): boolean => this.#on.isOld(key.split('.')[0]!);

  #nodesOf(id: string): readonly NodeAddress[] {
    return this.#on.housed.find((each) => each.id === id)?.nodes ?? [];
  }
}

const foldersOf = (id: string, nodes: readonly NodeAddress[]): string[] => [
  id,
  ...nodes.map((node) => join('pieces', node)),
];

/** What one has of a process takes the place of what the other has. */
function swap(from: string, to: string, id: string, nodes: readonly NodeAddress[]): void {
  for (const each of foldersOf(id, nodes)) {
    const source = join(from, each);
    if (!existsSync(source)) continue;
    rmSync(join(to, each), { recursive: true, force: true });
    cpSync(source, join(to, each), { recursive: true });
  }
}
