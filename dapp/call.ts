/** A call of a contract, as its sender sees it: done when its transaction is committed, or refused and nothing changed. */
import { CityError } from '#protocols/errors.ts';
import { CONTRACTS } from '#protocols/objects/contracts.ts';
import { INPUT_BYTES_MAX } from '#protocols/objects/op.ts';
import { contractName } from '#protocols/terms.ts';
import { OBJECTS_MAX } from '#protocols/transaction.ts';
import type { Submitting } from './client.ts';
import type { Payer } from './payment.ts';

/** Who calls, and what the transaction says beside it. */
export interface Calling extends Omit<Submitting, 'receiver' | 'op' | 'to' | 'until'> {
  readonly note?: string;
}

export interface Called {
  readonly txId: string;
  readonly height: number | undefined;
}

/** What a call should declare, where the contract is one of this release. */
export const cellsOf = (contract: string, input: Uint8Array): readonly Uint8Array[] =>
  CONTRACTS.get(contract)?.cells(input) ?? [];

/** `NOT_DONE` with the reason where it was refused. Declares what the contract says it should, unless `objects` says otherwise. */
export async function call(
  caller: Pick<Payer, 'submit'>,
  contract: string,
  input: Uint8Array,
  { note = '', objects = cellsOf(contract, input), ...submitting }: Calling,
): Promise<Called> {
  const wrong = contractName.check(contract);
  if (wrong !== undefined) throw new CityError('MALFORMED', `'${contract}': ${wrong}`);
  if (input.length > INPUT_BYTES_MAX || objects.length > OBJECTS_MAX)
    throw new CityError('MALFORMED', `${INPUT_BYTES_MAX} bytes and ${OBJECTS_MAX} objects at most`);
  const op = { op: 'call', contract, input } as const;
  const sent = caller.submit(note, { ...submitting, objects, op });
  const { effect, height } = await sent.until('COMMITTED');
  if (effect !== 'done') throw new CityError('NOT_DONE', `${sent.txId}: ${effect ?? 'unknown'}`);
  return { txId: sent.txId, height };
}
