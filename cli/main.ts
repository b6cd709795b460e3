/**
 * The `city-chain` command. What V8 makes of the sources is kept in the user's own cache folder, which halves
 * what it costs to start: a cluster starts as many processes as it has, each with its threads, and a person
 * waits for all of them. Where the folder cannot be had, everything is compiled as before.
 */
import '#runtime/own-modules.ts';
import { enableCompileCache, flushCompileCache, getCompileCacheDir } from 'node:module';
import { cacheFolder } from '#runtime/user.ts';

enableCompileCache(process.env['NODE_COMPILE_CACHE'] ?? cacheFolder());
// Threads and the processes that this one starts find it there.
const kept = getCompileCacheDir();
if (kept !== undefined) process.env['NODE_COMPILE_CACHE'] = kept;

const { run } = await import('./program.ts');
// Now, and not when this process ends: those that it starts begin with it.
flushCompileCache();
await run();
