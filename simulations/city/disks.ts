/** What the disks of a town's delegates say, for oracles. */
import { hex } from '#lib/bytes.ts';
import { whole } from '#protocols/codec.ts';
import { certRow, Certified, TxRow, txKey } from '#protocols/ledger/records.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { txIdOf } from '#protocols/transaction.ts';
import { keyPrefix } from '#runtime/lives.ts';
import type { Sent } from './applications.ts';
import type { Town } from './town.ts';

/** A transaction as a ledger has it: how it stands, and the certificate by which it does. */
export function rowOf(
  { machineOf }: Town,
  node: NodeAddress,
  { tx }: Sent,
): { readonly row: TxRow; readonly certified: Certified } | undefined {
  const { disk } = machineOf.get(node)!;
  const prefix = keyPrefix(address(node, 'ledger'));
  const found = disk.durable(prefix + txKey(hex(txIdOf(tx.cover.header))));
  if (found === undefined) return undefined;
  const row = whole(TxRow, found);
  const certified = disk.durable(prefix + certRow(hex(row.cert)));
  return certified === undefined ? undefined : { row, certified: whole(Certified, certified) };
}
