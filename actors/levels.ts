/**
 * What a delegate does above its city: it follows how far that is rooted, is a member of its municipality or will be one when it is
 * chosen, and of the levels above that which the genesis of the network says. Each is an actor of its own, and may die alone.
 *
 *   <delegate>.levels    one_for_one
 *   |- rooting       tells its municipality what the city committed; knows how far that has come
 *   |- proof         gathers what proves a transaction, up to the globe
 *   |- municipality  agrees on which batches of its cities are taken in, and seals them; or follows those who do
 *   |- continent     orders sealed batches
 *   '- globe         orders what continents have committed
 */
import { genesisCommittee } from '#protocols/committee.ts';
import { continentLevel, delegatesOf, globeLevel } from '#protocols/level/in-world.ts';
import type { MunicipalityPlant } from '#protocols/municipality/plants.ts';
import { rootingOf, type Above, type RootingPlant } from '#protocols/rooting/state.ts';
import type { Self } from '#protocols/self.ts';
import { address, continentOf } from '#protocols/subjects.ts';
import {
  continentIn,
  globeIn,
  membershipsOf,
  municipalityIn,
  municipalityOf,
  type World,
} from '#protocols/world.ts';
import type { AnyActor } from '#runtime/actor.ts';
import type { Flags } from '#supervision/spec.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { continent } from './continent.ts';
import { globe } from './globe.ts';
import { municipality } from './municipality.ts';
import { proof } from './proof.ts';
import { rooting } from './rooting.ts';

export interface LevelsOptions {
  readonly self: Self;
  readonly world: World;
  /** Of a member of the first epoch of a municipality: its shares of the coin. */
  readonly coin: readonly bigint[];
  readonly plant?: RootingPlant | MunicipalityPlant | undefined;
}

/** Any one fault, and a few at once; not an actor that cannot live. */
const FLAGS: Flags = { intensity: 10, periodMs: 10_000 };

export function levels({ self, world, coin, plant }: LevelsOptions): AnyActor {
  const { node, probe, secrets, genesis } = self;
  const { place } = genesis;
  const above: Above = {
    municipality: municipalityIn(world, municipalityOf(place))!,
    continent: continentIn(world, continentOf(place))!,
    globe: globeIn(world),
  };
  const of = membershipsOf(world, node);
  const own = { node, signing: secrets.signing, probe };
  const toContinent = delegatesOf(above.continent, 'continent');
  const toGlobe = delegatesOf(above.globe, 'globe');
  const member = {
    municipality: above.municipality,
    ...own,
    coin,
    above: toContinent,
    rooting: rootingOf(node),
    plant: plant as MunicipalityPlant | undefined,
  };
  return supervisor({
    address: address(node, 'levels'),
    flags: FLAGS,
    children: [
      {
        id: 'rooting',
        start: () =>
          rooting({
            node,
            place,
            committee: genesisCommittee(genesis),
            above,
            probe,
            plant: plant as RootingPlant | undefined,
          }),
      },
      { id: 'proof', start: () => proof({ world, node, probe }) },
      { id: 'municipality', start: () => municipality(member) },
      ...(of.continent === undefined
        ? []
        : [
            {
              id: 'continent',
              start: () =>
                continent({ level: continentLevel(above.continent), ...own, above: toGlobe }),
            },
          ]),
      ...(of.globe === undefined
        ? []
        : [
            {
              id: 'globe',
              start: () => globe({ level: globeLevel(above.globe), ...own, above: [] }),
            },
          ]),
    ],
  });
}
