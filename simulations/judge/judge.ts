/**
 * The judge of a city that has run: what its senders were told against what its disks hold. Pure; what it is
 * given was read by disks.ts.
 *
 *   told COMMITTED   it is committed in the chain of more than two thirds of the delegates, in the same batch;
 *                    k intact pieces of it are on disks, and are the body that was sent; nobody
 *                    acknowledged what is not on its disk
 *   told REJECTED    nobody has it committed
 *   the chains       of all delegates are one: same batch at each height; quorums, outcomes and winners hold
 *   the levels       above have one chain each, of what the city has (above.ts); how far it is rooted is told, and no fault
 *   every call       has ended
 *
 * Whoever has damaged disks says which (`spoiled`): what is missing there is missing for a reason, and is counted, not
 * a fault. A delegate that was killed may be behind, and does not count while it is. Whoever is judged has been given
 * the time to catch up before it was stopped.
 */
import { bodyHashOf } from '#protocols/transaction.ts';
import { nameText } from '#algorithms/identity.ts';
import { hex, same } from '#lib/bytes.ts';
import { Fate, SOUND } from '#protocols/fate.ts';
import { isQuorum, stakeOf, type Genesis } from '#protocols/genesis.ts';
import { fateKey } from '#protocols/ledger/act-records.ts';
import type { NodeAddress, Place } from '#protocols/subjects.ts';
import { judgeAbove, type Above, type Fault } from './above.ts';
import { chainOf, read, type Chain, type Rows, type Verified } from './chain.ts';
import { hollowAcks, keepingOf, type Disks, type Keeping } from './kept.ts';
import type { Sent } from './sent.ts';
import type { TransfersReport } from './transfers.ts';

export interface Found {
  readonly genesis: Genesis;
  /** What each delegate's ledger kept. */
  readonly ledgers: ReadonlyMap<NodeAddress, Rows>;
  readonly disks: Disks;
  /** Of the levels above. */
  readonly above?: Above;
}

export interface Report {
  readonly isKept: boolean;
  readonly sent: number;
  /** How many calls ended how. */
  readonly told: Readonly<Record<string, number>>;
  /** Told COMMITTED, and all that is claimed of it holds. */
  readonly kept: number;
  readonly delegates: readonly { readonly node: NodeAddress; readonly height: number }[];
  /** Of those kept. */
  readonly leastPieces: number | undefined;
  readonly leastHolders: number | undefined;
  /** On all disks, whatever they are of. */
  readonly pieces: number;
  readonly damagedPieces: number;
  /** Acknowledged, and missing on a disk that was spoiled. */
  readonly spoiledAcks: number;
  /** Rows that repairs have placed anew. */
  readonly renewedRows: number;
  readonly faults: readonly Fault[];
  /** What the levels above the city have. */
  readonly faultsAbove: readonly Fault[];
  /** Up to which height it is rooted at the globe; and who was told COMMITTED of what is not, or not yet. */
  readonly rooted: number;
  readonly unrooted: readonly string[];
  /** To another city, where somebody sent any. */
  readonly transfers?: TransfersReport;
}

/** Disks that were damaged by whoever has them judged. */
export type Spoiled = ReadonlySet<NodeAddress>;
const NOTHING_SPOILED: Spoiled = new Set();

export function judge(
  { genesis, ledgers, disks, above }: Found,
  sent: readonly Sent[],
  spoiled: Spoiled = NOTHING_SPOILED,
): Report {
  const verified: Verified = new Set();
  const chains = genesis.delegates.map(({ node }) =>
    chainOf(node, ledgers.get(node) ?? new Map(), genesis, verified),
  );
  const faults: Fault[] = [...chains.flatMap(faultsOf), ...forks(chains)];
  const keepings: Keeping[] = [];
  let [kept, spoiledAcks, renewedRows] = [0, 0, 0];
  for (const each of sent) {
    const told = each.told.at(-1);
    if (told === undefined) faults.push({ who: each.txId, what: 'its call has not ended' });
    if (told === 'REJECTED') faults.push(...rejectedFaults(each, chains));
    if (!each.told.includes('COMMITTED')) continue;
    const found = committedFaults(each, { genesis, ledgers, disks }, chains, spoiled);
    spoiledAcks += found.spoiledAcks;
    renewedRows += found.renewedRows;
    faults.push(...found.faults.map((what) => ({ who: each.txId, what })));
    if (found.faults.length > 0 || found.keeping === undefined) continue;
    kept++;
    keepings.push(found.keeping);
  }
  const highest = chains.reduce((a, b) => (b.digests.length > a.digests.length ? b : a));
  const { faults: faultsAbove, rooted } = aboveOf(above, genesis.place, highest);
  const least = (of: 'rows' | 'holders'): number | undefined =>
    keepings.map((each) => each[of]).toSorted((a, b) => a - b)[0];
  return {
    isKept: faults.length + faultsAbove.length === 0,
    sent: sent.length,
    told: tally(sent),
    kept,
    delegates: chains.map(({ node, digests }) => ({ node, height: digests.length })),
    leastPieces: least('rows'),
    leastHolders: least('holders'),
    pieces: [...disks.values()].reduce((sum, { held }) => sum + held.size, 0),
    damagedPieces: [...disks.values()].reduce((sum, { damaged }) => sum + damaged, 0),
    spoiledAcks,
    renewedRows,
    faults,
    faultsAbove,
    rooted,
    unrooted: sent.filter((each) => isAboveRoot(each, highest, rooted)).map(({ txId }) => txId),
  };
}

/** Without levels on these disks nothing is rooted. */
function aboveOf(above: Above | undefined, place: Place, { digests }: Chain) {
  if (above === undefined) return { faults: [], rooted: 0 };
  const judged = judgeAbove(above, new Map([[place, digests]]));
  return { faults: judged.faults, rooted: judged.rooted.get(place) ?? 0 };
}

/** What became of a batch the next one says: so that one has to be rooted. */
function isAboveRoot({ txId, told }: Sent, { decided }: Chain, rooted: number): boolean {
  const height = decided.get(txId)?.height;
  return told.includes('COMMITTED') && height !== undefined && height + 1 > rooted;
}

const faultsOf = ({ node, faults }: Chain): Fault[] => faults.map((what) => ({ who: node, what }));

/** Two delegates with different batches at one height. */
function forks(chains: readonly Chain[]): Fault[] {
  const first = new Map<number, string>();
  return chains.flatMap(({ node, digests }) =>
    digests.flatMap((digest, i) => {
      const known = first.get(i) ?? digest;
      first.set(i, known);
      return known === digest ? [] : [{ who: node, what: `another batch at height ${i + 1}` }];
    }),
  );
}

const rejectedFaults = ({ txId }: Sent, chains: readonly Chain[]): Fault[] =>
  chains
    .filter(({ decided }) => decided.get(txId)?.order === 'COMMITTED')
    .map(({ node }) => ({ who: txId, what: `told REJECTED, and committed at ${node}` }));

function committedFaults(
  { txId, body }: Sent,
  found: Found,
  chains: readonly Chain[],
  spoiled: Spoiled,
) {
  const { genesis, ledgers, disks } = found;
  const having = chains.filter(({ decided }) => decided.get(txId)?.order === 'COMMITTED');
  const stakes = new Map(genesis.delegates.map(({ node, stake }) => [node, stake]));
  const part = having.reduce((sum, { node }) => sum + stakes.get(node)!, 0n);
  const faults: string[] = [];
  if (!isQuorum(part, stakeOf(genesis)))
    faults.push(`told COMMITTED, and committed at ${having.length} of ${chains.length} delegates`);
  const [one] = having;
  if (one === undefined) return { faults, keeping: undefined, spoiledAcks: 0, renewedRows: 0 };
  const { certified } = one.decided.get(txId)!;
  const { manifest, cover } = certified;
  if (nameText(manifest.txId) !== txId) faults.push('its certificate is of another transaction');
  if (!same(cover.header.bodyHash, bodyHashOf(body))) faults.push('its header is of another body');
  const rows = ledgers.get(one.node)!;
  const fate = read(Fate, rows.get(fateKey(hex(manifest.txId)))) ?? SOUND;
  const keeping = keepingOf(manifest, disks, fate);
  if (keeping.rows < keeping.k) faults.push(`${keeping.rows} pieces, and ${keeping.k} are needed`);
  else if (keeping.body === undefined) faults.push('its pieces bring back nothing');
  else if (!same(keeping.body, body)) faults.push('its pieces bring back something else');
  const hollow = hollowAcks(certified, rows, disks, fate);
  const unexcused = hollow.filter(({ signer }) => signer === undefined || !spoiled.has(signer));
  for (const { row, signer } of unexcused)
    faults.push(`acknowledged, and not on the disk: row ${row} by ${signer ?? 'nobody known'}`);
  const spoiledAcks = hollow.length - unexcused.length;
  return { faults, keeping, spoiledAcks, renewedRows: fate.places.length };
}

function tally(sent: readonly Sent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { told } of sent) {
    const as = told.at(-1) ?? 'nothing';
    counts[as] = (counts[as] ?? 0) + 1;
  }
  return counts;
}
