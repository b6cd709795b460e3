/** What each thread of the bench's pool loads: as cli/pool-jobs.ts does for a process of a cluster. */
import { offerCityBackends } from '#runtime/backends.ts';

export { jobs } from '#actors/jobs.ts';

await offerCityBackends(process.env['CITY_CHAIN_BACKENDS']);
