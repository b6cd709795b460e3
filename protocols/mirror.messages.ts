/**
 * What whoever writes a mirror's rows says to it; it stays within the process. Towards the city a mirror says and
 * hears what anybody may (ledger.messages.ts).
 *
 * | kind             | from | to     | says                                       |
 * | ---------------- | ---- | ------ | ------------------------------------------ |
 * | `mirror.written` | sink | mirror | what became of the batch that was to be written |
 */
import { count, message, oneOf, type Infer } from './codec.ts';

export const Written = message('mirror.written', {
  batch: count(Number.MAX_SAFE_INTEGER),
  /** `refused`: there is something among these rows that this sink will never take. */
  outcome: oneOf('written', 'unreachable', 'refused'),
  tookMs: count(0xffff_ffff),
});
export type Written = Infer<typeof Written>;
