/**
 * What may be done to a cluster of a drill: a closed set, each for a while that ends by itself, so that a drill whose
 * director dies leaves a cluster that heals.
 *
 *   kill     -9, and down for so long; for 0 ms it is its supervisor's matter
 *   freeze   SIGSTOP, SIGCONT after so long
 *   cut      its line to the bus is silent
 *   slow     its line takes so many milliseconds, each way
 *   jump     its clock is off by so many milliseconds, forwards or back, and right again after so long
 *   fill     no write to a file succeeds any more, as on a full disk
 *   part     a continent hears none of the others, nor they it
 *   release  what was done to it, or to all, ends now
 *
 * Processes are named p1, p2, ...; `bus` is the nats-server of this cluster; continents by their names. Whoever asks never names a number of the
 * operating system: only what the cluster itself has started can be hit.
 */
import { z } from 'zod';
import { fail, ok, type Result } from '#lib/result.ts';

export const FOR_MS_MAX = 600_000;
const SLOW_MS_MAX = 10_000;
const JUMP_MS_MAX = 366 * 86_400_000;
const REQUEST_CHARS_MAX = 1_024;

const DEED = z.strictObject({
  who: z.string().regex(/^[\w.@-]{1,64}$/),
  did: z.enum(['look', 'kill', 'freeze', 'cut', 'slow', 'jump', 'fill', 'part', 'release']),
  to: z
    .string()
    .regex(/^(?:p\d{1,4}|bus|all|[a-z]{4,16})$/)
    .default('all'),
  forMs: z.int().min(0).max(FOR_MS_MAX).default(0),
  /** Of `slow`, each way; of `jump`. */
  byMs: z.int().min(-JUMP_MS_MAX).max(JUMP_MS_MAX).default(0),
});
export type Deed = z.infer<typeof DEED>;

/** As `up` sees it. */
export interface Seen {
  readonly id: string;
  readonly pid: number | null;
  readonly incarnation: number;
}

export interface Looked {
  readonly processes: readonly Seen[];
  readonly bus: { readonly kind: string; readonly pid: number | null };
}

export type DrillAnswer =
  | { readonly done: string; readonly pid?: number }
  | { readonly refused: string }
  | { readonly seen: Looked };

export function readDeed(text: string): Result<Deed> {
  if (text.length > REQUEST_CHARS_MAX) return fail('the request is too long');
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return fail('the request is not JSON');
  }
  const deed = DEED.safeParse(said);
  if (deed.success) {
    const { did, byMs } = deed.data;
    const isWide = did !== 'jump' && (byMs < 0 || byMs > SLOW_MS_MAX);
    return isWide ? fail(`byMs: expected 0 to ${SLOW_MS_MAX}`) : ok(deed.data);
  }
  const { path, message } = deed.error.issues[0]!;
  return fail(`${path.join('.')}: ${message}`);
}
