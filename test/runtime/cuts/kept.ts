/** What the recorder keeps, and what must be there of it after a power cut: by what it had said until then. */
import { utf8 } from '#lib/bytes.ts';
import { valueOf } from '#test/contract/piece-values.ts';
import type { Happening } from './trace.ts';

export const KEYS = 40;

export const pieceOf = (key: string): Uint8Array =>
  valueOf(key, 300 + 97 * (Number(key.slice('tx'.length)) % 30));

/** Longer than a page, now and then. */
export const smallValueOf = (key: string, version: number): Uint8Array =>
  utf8(`${version} ${key.repeat(1 + (version % 7) * 150)}`);

export const versionIn = (value: Uint8Array): number =>
  Number.parseInt(new TextDecoder().decode(value.subarray(0, 12)), 10);

/** The last that was answered, and what was asked for since. */
interface Standing {
  answered: Said | undefined;
  readonly asked: Said[];
}
interface Said {
  readonly word: string;
  readonly version: number;
}

export interface Promised {
  readonly pieces: ReadonlyMap<string, Standing>;
  readonly small: ReadonlyMap<string, Standing>;
  readonly answers: number;
}

/** What had been said when the power was cut at a line. */
export function promisedBy(happenings: readonly Happening[], line: number): Promised {
  const pieces = new Map<string, Standing>();
  const small = new Map<string, Standing>();
  let answers = 0;
  for (const each of happenings) {
    if (each.did !== 'say' || each.from >= line) continue;
    const [sign, word, key, version] = each.text.trim().split(' ') as [
      string,
      string,
      string,
      string,
    ];
    const of = word === 'keep' ? small : pieces;
    const standing = of.get(key) ?? { answered: undefined, asked: [] };
    of.set(key, standing);
    const said = { word, version: Number(version) };
    if (sign === '?') standing.asked.push(said);
    else {
      standing.answered = said;
      standing.asked.length = 0;
      answers++;
    }
  }
  return { pieces, small, answers };
}

/** Whether what is found may be there. */
export const mayBe = (
  { answered, asked }: Standing,
  found: number | boolean | undefined,
): boolean => {
  if (typeof found === 'number' || found === undefined)
    return found === answered?.version || asked.some(({ version }) => version === found);
  const isThere = ({ word }: Said): boolean => (word === 'put') === found;
  return (answered === undefined ? !found : isThere(answered)) || asked.some(isThere);
};
