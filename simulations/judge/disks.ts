/**
 * The disks of a city, as files: nothing of them is opened, locked or written, so that what is judged stays as
 * it was found.
 *
 *   <data>/genesis.json               the network: who is above the city
 *   <data>/city/city.json             the genesis; of other cities in folders of their own
 *   <data>/p1 ... /state.db, -wal     small state of each process; copied, and the copy is opened, because
 *                                     opening one writes what its log holds into it
 *   <data>/pieces/<node>/*.seg        pieces
 */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unhex } from '#lib/bytes.ts';
import { whole } from '#protocols/codec.ts';
import { Genesis } from '#protocols/genesis.ts';
import { address, type Address, type NodeAddress } from '#protocols/subjects.ts';
import { World } from '#protocols/world.ts';
import { Database } from '#runtime/small-state/database.ts';
import type { Above } from './above.ts';
import type { Rows } from './chain.ts';
import type { Found } from './judge.ts';
import type { Disks } from './kept.ts';
import { piecesIn, type NodePieces } from './pieces.ts';

/** What there is of a city under a data folder; throws where a file is not what it should be. */
export const readDisks = (data: string, folder = 'city'): Found => readCities(data, [folder])[0]!;

/** The same of several cities, all as their disks were at one time. */
export function readCities(data: string, folders: readonly string[]): Found[] {
  const processes = readdirSync(data).filter((name) => /^p\d+$/.test(name));
  const kept = processes.flatMap((name) => smallState(join(data, name)));
  const above = aboveIn(join(data, 'genesis.json'), kept);
  const disks = piecesOf(join(data, 'pieces'));
  return folders.map((folder) => {
    const genesis = genesisIn(join(data, folder, 'city.json'));
    const ledgers = new Map(
      genesis.delegates.map(({ node }) => [node, rowsOf(address(node, 'ledger'), kept)]),
    );
    return { genesis, ledgers, disks, above };
  });
}

function aboveIn(file: string, kept: Entries): Above {
  const written = JSON.parse(readFileSync(file, 'utf8')) as { readonly world: string };
  const world = whole(World, unhex(written.world)!);
  const owners = world.cities
    .flatMap(({ delegates }) => delegates)
    .flatMap(({ node }) => LEVELS.map((role) => address(node, role)));
  return { world, rows: new Map(owners.map((owner) => [owner, rowsOf(owner, kept)])) };
}

function genesisIn(file: string): Genesis {
  const { genesis } = JSON.parse(readFileSync(file, 'utf8')) as { readonly genesis: string };
  return whole(Genesis, unhex(genesis)!);
}

type Entries = readonly (readonly [key: string, value: Uint8Array])[];

const LEVELS = ['municipality', 'continent', 'globe'] as const;

function rowsOf(owner: Address, kept: Entries): Rows {
  const prefix = `${owner}/`;
  const own = kept.filter(([key]) => key.startsWith(prefix));
  return new Map(own.map(([key, value]) => [key.slice(prefix.length), value]));
}

/** All rows of a copy of a process's store; the copy is checked row by row as it opens. */
function smallState(folder: string): Entries {
  const copy = mkdtempSync(join(tmpdir(), 'city-chain-judge-'));
  try {
    for (const name of ['state.db', 'state.db-wal']) {
      if (existsSync(join(folder, name))) cpSync(join(folder, name), join(copy, name));
    }
    const database = new Database(join(copy, 'state.db'));
    const ended = database.run([{ do: 'scan', prefix: '' }]);
    database.close();
    const answer = ended.as === 'done' ? ended.answers[0] : undefined;
    if (answer?.do === 'scan' && typeof answer.entries !== 'string') return answer.entries;
    throw new Error(`${folder}: its store cannot be read`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const piecesOf = (folder: string): Disks => new PieceFolders(folder).look();

interface Known {
  /** Names, sizes and times of what was read. */
  readonly of: string;
  readonly pieces: NodePieces;
}

/** The pieces of all nodes, while they change: what has changed since is read again, the rest is known. */
export class PieceFolders {
  readonly #folder: string;
  readonly #known = new Map<string, Known>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  look(): Disks {
    const nodes = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    return new Map(nodes.map((node) => [node as NodeAddress, this.#piecesOf(node)]));
  }

  #piecesOf(node: string): NodePieces {
    const folder = join(this.#folder, node);
    const files = segmentsIn(folder);
    const of = files.map(({ name, size, at }) => `${name} ${size} ${at}`).join('\n');
    const known = this.#known.get(node);
    if (known?.of === of) return known.pieces;
    const read = files.map(({ name }) => ({ name, bytes: bytesOf(join(folder, name)) }));
    const pieces = piecesIn(read);
    this.#known.set(node, { of, pieces });
    return pieces;
  }
}

/** Whoever runs may have taken a segment away a moment ago. */
function segmentsIn(folder: string) {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter((name) => name.endsWith('.seg'))
    .flatMap((name) => {
      const stat = statSync(join(folder, name), { throwIfNoEntry: false });
      return stat === undefined ? [] : [{ name, size: stat.size, at: stat.mtimeMs }];
    });
}

const bytesOf = (file: string): Uint8Array =>
  existsSync(file) ? readFileSync(file) : new Uint8Array(0);
