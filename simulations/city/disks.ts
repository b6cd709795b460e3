/** What the disks of a town's delegates say, for oracles. */
import { hex } from '#lib/bytes.ts';
import { whole } from '#protocols/codec.ts';
import { Fate, SOUND } from '#protocols/fate.ts';
import { fateKey } from '#protocols/ledger/act-records.ts';
import { covered, readersKey } from '#protocols/ledger/erasure.ts';
import { certRow, Certified, TxRow, txKey } from '#protocols/ledger/records.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { keyPrefix } from '#runtime/lives.ts';
import type { Sent } from './applications.ts';
import type { Town } from './town.ts';

/** How a transaction stands in a ledger. */
export function txRowOf({ machineOf }: Town, node: NodeAddress, { id }: Sent): TxRow | undefined {
  const { disk } = machineOf.get(node)!;
  const found = disk.durable(keyPrefix(address(node, 'ledger')) + txKey(id));
  return found && whole(TxRow, found);
}

/** The certificate by which it does. */
export function certifiedOf(town: Town, node: NodeAddress, sent: Sent): Certified | undefined {
  const row = txRowOf(town, node, sent);
  if (row === undefined) return undefined;
  const { disk } = town.machineOf.get(node)!;
  const found = disk.durable(keyPrefix(address(node, 'ledger')) + certRow(hex(row.cert)));
  if (found === undefined) return undefined;
  const readers = disk.durable(keyPrefix(address(node, 'ledger')) + readersKey(sent.id));
  return covered(whole(Certified, found), readers, undefined);
}

/** What acts have made of it, as a ledger has it. */
export function fateOf({ machineOf }: Town, node: NodeAddress, { id }: Sent): Fate {
  const prefix = keyPrefix(address(node, 'ledger'));
  const { disk } = machineOf.get(node)!;
  const found = disk.durable(prefix + fateKey(id));
  return found === undefined ? SOUND : whole(Fate, found);
}
