/** Which policy file is whose, as `city-chain node` is told: `--policy FILE` for all cities, `--policy place=FILE` for one of them. */
import { isPlace } from '#protocols/subjects.ts';

/** The file of a city, and of all that have none of their own. */
export interface PolicyFiles {
  readonly all: string | undefined;
  readonly of: ReadonlyMap<string, string>;
}

export const NO_FILES: PolicyFiles = { all: undefined, of: new Map() };

/** A file may be called like a place: what names a city has an equals sign behind it. */
export function withPolicyFile(text: string, files: PolicyFiles): PolicyFiles {
  const at = text.indexOf('=');
  const city = text.slice(0, Math.max(0, at));
  return isPlace(city)
    ? { ...files, of: new Map([...files.of, [city, text.slice(at + 1)]]) }
    : { ...files, all: text };
}

export const fileFor = ({ all, of }: PolicyFiles, city: string): string | undefined =>
  of.get(city) ?? all;
