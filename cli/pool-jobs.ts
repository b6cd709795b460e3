/**
 * What each thread of a process's pool loads: the jobs of the actors, once the fast backends are there. A
 * thread has primitives of its own, and an operator's choice of backends counts in it as well.
 */
import { offerCityBackends } from '#runtime/backends.ts';

export { jobs } from '#actors/jobs.ts';

await offerCityBackends(process.env['CITY_CHAIN_BACKENDS']);
