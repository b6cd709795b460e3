/** What a thread of a pool loads in a process whose nodes only hold: as pool-jobs.ts, with what they need. */
import { offerKeeperBackends } from '#runtime/backends.ts';

export { jobs } from '#actors/keeper-jobs.ts';

await offerKeeperBackends(process.env['CITY_CHAIN_BACKENDS']);
