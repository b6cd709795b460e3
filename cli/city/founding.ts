/** What `up` founds, or finds again, in its folder: the network that its operator wants, with his own account in each city. */
import { offerBackends, offerCityBackends } from '#runtime/backends.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { CONTRACTS, unknownContracts } from '#protocols/objects/contracts.ts';
import { NANO_PER_HARMONY } from '#protocols/objects/object.ts';
import type { Place } from '#protocols/subjects.ts';
import { policyFilesOf, townsOf, type Wanted } from '../cluster-options.ts';
import { readPolicyFile } from '../policy-file.ts';
import { Unfit } from '../unfit.ts';
import { keysOf, senderOf } from '../with-city.ts';
import { found, isFounded } from './found.ts';

export async function foundCities(cluster: Wanted, folder: string): Promise<void> {
  await (isFounded(folder) ? offerCityBackends : offerBackends)(process.env['CITY_CHAIN_BACKENDS']);
  const { processes, drill, levels, treasury, contracts } = cluster;
  const founder = senderOf(keysOf(undefined, (line) => console.error(line)));
  // What is unfit is said now, once, and not by each process.
  const files = policyFilesOf(cluster);
  const towns = townsOf(cluster);
  const policies = new Map(
    towns.map((town) => [town.at, readPolicyFile(files.get(town.at)).policy]),
  );
  const wanted = {
    towns,
    sizes: levels,
    processes,
    drill,
    policyOf: (town: Place) => policies.get(town)!,
    endowments: [{ account: founder, amount: BigInt(treasury) * NANO_PER_HARMONY }],
    contracts: knownContracts(contracts),
  };
  found(folder, wanted, systemEntropy(), Date.now());
}

function knownContracts(contracts: readonly string[]): readonly string[] {
  const [unknown] = unknownContracts({ contracts });
  if (unknown === undefined) return contracts;
  throw new Unfit(
    `there is no contract ${unknown}, expected of ${[...CONTRACTS.keys()].join(', ')}`,
  );
}
