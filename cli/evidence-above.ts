/**
 * `city-chain evidence`, above the city: what the members of its municipality, of its continent and of the globe have found
 * somebody to have signed. Each is verified against the genesis of the network before it is shown; what it costs, the city of
 * the accused says when it has ordered it.
 */
import { existsSync } from 'node:fs';
import { verifyMany } from '#algorithms/signature.ts';
import { catalogue } from '#protocols/codec.ts';
import { Accusations, Accused } from '#protocols/level.messages.ts';
import { levelFaultJobs, type LevelFault } from '#protocols/level-evidence.ts';
import { address, continentOf, place, placeOf, type Address } from '#protocols/subjects.ts';
import {
  continentIn,
  genesisOf,
  globeIn,
  municipalityIn,
  municipalityOf,
  type World,
} from '#protocols/world.ts';
import { askEach } from './ask-city.ts';
import { readWorldFile, worldFileOf } from './city/world-file.ts';
import { table } from './table.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';

/** What members of a level say of somebody, and how many of them. */
export interface Found {
  readonly level: string;
  readonly fault: LevelFault;
  readonly by: number;
}

/** Nothing where the genesis of the network is not at hand. */
export async function foundAbove(
  options: Whereabouts,
  genesis: string | undefined,
): Promise<readonly Found[] | undefined> {
  const file = genesis ?? worldFileOf(options.data);
  if (genesis === undefined && !existsSync(file)) return undefined;
  const { world } = readWorldFile(file);
  const found: Found[] = [];
  for (const [level, members] of membersAbove(world, cityOf(options))) {
    const told = await Promise.all(members.map((each) => allOf(options, each)));
    found.push(...counted(world, level, told));
  }
  return found;
}

/** Each level above a city, and whom to ask there. */
function membersAbove(world: World, city: string): (readonly [string, readonly Address[]])[] {
  const at = place(city);
  const levels = [
    ['municipality', municipalityIn(world, municipalityOf(at))],
    ['continent', continentIn(world, continentOf(at))],
    ['globe', globeIn(world)],
  ] as const;
  return levels.map(([role, level]) => [
    role,
    (level?.members ?? []).map(({ node }) => address(node, role)),
  ]);
}

/** Page after page, as long as there is another one. */
async function allOf(options: Whereabouts, whom: Address): Promise<readonly LevelFault[]> {
  const at = { url: urlOf(options), city: place(cityOf(options)) };
  const words = { ...at, hears: catalogue(Accusations), says: catalogue(Accused) };
  const all: LevelFault[] = [];
  for (;;) {
    const [told] = await askEach({ ...words, message: Accused.of({ from: all.length }) }, [whom]);
    all.push(...(told?.all ?? []));
    if (told === undefined || told.next !== all.length) return all;
  }
}

/** What convicts, once for each accused and kind. */
export function counted(
  world: World,
  level: string,
  told: readonly (readonly LevelFault[])[],
): readonly Found[] {
  const found = new Map<string, { level: string; fault: LevelFault; by: number }>();
  for (const fault of told.flat()) {
    const name = `${fault.delegate} ${fault.evidence.is}`;
    const known = found.get(name);
    if (known !== undefined) known.by++;
    else if (convicts(world, fault)) found.set(name, { level, fault, by: 1 });
  }
  return [...found.values()];
}

function convicts(world: World, fault: LevelFault): boolean {
  const city = genesisOf(world, placeOf(fault.delegate));
  const jobs = city === undefined ? undefined : levelFaultJobs(city, fault);
  return jobs !== undefined && verifyMany(jobs).every((isGood) => isGood);
}

export const aboveJson = ({ level, fault, by }: Found) => ({
  level,
  node: fault.delegate,
  of: fault.evidence.is,
  by,
});

export function aboveText(found: readonly Found[] | undefined): string {
  if (found === undefined) return 'of the levels above the city nobody was asked: --genesis FILE';
  if (found.length === 0) return 'no member of a level above the city was found to say two things';
  const rows = found.map(({ level, fault, by }) => [
    level,
    fault.delegate,
    fault.evidence.is,
    `${by} of its members`,
  ]);
  return table([['level', 'delegate', 'has signed', 'known to'], ...rows]);
}
