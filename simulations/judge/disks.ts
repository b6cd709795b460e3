/**
 * The disks of a city, as files: nothing of them is opened, locked or written, so that what is judged stays as
 * it was found.
 *
 *   <data>/city/city.json             the genesis
 *   <data>/p1 ... /state.db, -wal     small state of each process; copied, and the copy is opened, because
 *                                     opening one writes what its log holds into it
 *   <data>/pieces/<node>/*.seg        pieces
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unhex } from '#lib/bytes.ts';
import { whole } from '#protocols/codec.ts';
import { Genesis } from '#protocols/genesis.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { Database } from '#runtime/small-state/database.ts';
import type { Rows } from './chain.ts';
import type { Found } from './judge.ts';
import type { Disks } from './kept.ts';
import { piecesIn } from './pieces.ts';

/** What there is under a data folder; throws where a file is not what it should be. */
export function readDisks(data: string): Found {
  const genesis = genesisIn(join(data, 'city', 'city.json'));
  const processes = readdirSync(data).filter((name) => /^p\d+$/.test(name));
  const kept = processes.flatMap((name) => smallState(join(data, name)));
  const ledgers = new Map(genesis.delegates.map(({ node }) => [node, ledgerOf(node, kept)]));
  return { genesis, ledgers, disks: piecesOf(join(data, 'pieces')) };
}

function genesisIn(file: string): Genesis {
  const { genesis } = JSON.parse(readFileSync(file, 'utf8')) as { readonly genesis: string };
  return whole(Genesis, unhex(genesis)!);
}

type Entries = readonly (readonly [key: string, value: Uint8Array])[];

function ledgerOf(node: NodeAddress, kept: Entries): Rows {
  const prefix = `${address(node, 'ledger')}/`;
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

const piecesOf = (folder: string): Disks =>
  new Map(
    (existsSync(folder) ? readdirSync(folder) : []).map((node) => {
      const files = readdirSync(join(folder, node)).filter((name) => name.endsWith('.seg'));
      const read = files.map((name) => ({ name, bytes: readFileSync(join(folder, node, name)) }));
      return [node as NodeAddress, piecesIn(read)] as const;
    }),
  );
