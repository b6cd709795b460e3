/**
 * `city-chain doctor`: what is installed, which wire would be used, which backend each primitive runs
 * on, and what to type next. It changes nothing, except that `--obtain` brings a nats-server into our
 * own cache.
 */
import { accessSync, constants, existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { survey, type Survey } from '#algorithms/backend.ts';
import { DEFAULTS } from '#config/cluster.ts';
import { offerBackends } from '#runtime/backends.ts';
import { freePorts, PORTS_MAX } from '#runtime/free-port.ts';
import { findServer } from '#runtime/nats-server/find.ts';
import { verifyAuditLog } from '#runtime/seen/audit-log.ts';
import { HOW_TO_GET_ONE, obtainServer } from '#runtime/nats-server/obtain.ts';
import { table } from './table.ts';
import { Failed, Unfit } from './unfit.ts';
import './primitives.ts';

interface Options {
  readonly data: string;
  readonly obtain?: boolean;
  readonly json?: boolean;
}

interface Finding {
  readonly what: string;
  readonly isFine: boolean;
  readonly found: string;
  /** What to type, where something is to be done. */
  readonly next?: string;
}

export function command(): Command {
  return new Command('doctor')
    .description('what is installed, what would be used, and what to type next')
    .option('--data <folder>', 'the folder of `up`', 'data')
    .option('--obtain', 'bring a nats-server into our cache where none is found')
    .option('--json', 'print JSON')
    .action(run);
}

async function run(options: Options): Promise<void> {
  if (options.obtain === true) await obtain();
  await backends();
  const findings = [node(), bus(), await ports(), folder(options.data), audit(options.data)];
  const primitives = survey();
  if (options.json === true) {
    console.log(JSON.stringify({ findings, backends: primitives }, null, 2));
  } else print(findings, primitives);
  if (findings.some(({ isFine }) => !isFine))
    throw new Failed('something is to be mended, see above');
}

async function obtain(): Promise<void> {
  const server = await obtainServer(process.env);
  if (!server.ok) throw new Failed(server.error);
}

/** A choice that cannot be met is the operator's to mend. */
async function backends(): Promise<void> {
  try {
    await offerBackends(process.env['CITY_CHAIN_BACKENDS']);
    survey();
  } catch (error) {
    throw new Unfit(`CITY_CHAIN_BACKENDS: ${(error as Error).message}`);
  }
}

function node(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  const isFine = major > 24 || (major === 24 && minor >= 18);
  const found = `${process.version} at ${process.execPath}`;
  return { what: 'node', isFine, found, ...(isFine ? {} : { next: 'npm ci' }) };
}

function bus(): Finding {
  const given = process.env['NATS_URL'];
  if (given !== undefined && given !== '') {
    return { what: 'bus', isFine: true, found: `${given}, named by NATS_URL` };
  }
  const server = findServer(process.env);
  if (!server.ok)
    return { what: 'bus', isFine: false, found: server.error, next: 'unset NATS_SERVER' };
  if (server.value !== undefined) {
    const { path, version, why } = server.value;
    return { what: 'bus', isFine: true, found: `nats-server ${version} at ${path}, ${why}` };
  }
  const next = `${HOW_TO_GET_ONE}, or: city-chain doctor --obtain`;
  return {
    what: 'bus',
    isFine: true,
    found: 'the embedded bus, because no nats-server was found',
    next,
  };
}

/** Where the next `up` would listen, unless it is told otherwise. */
async function ports(): Promise<Finding> {
  const { busPort, apiPort, processes } = DEFAULTS;
  const [forBus, forApi] = await Promise.all([freePorts(busPort), freePorts(apiPort, processes)]);
  const found = `\`up\` has its bus ${at(busPort, forBus)}, and its API ${at(apiPort, forApi)}`;
  if (forBus !== undefined && forApi !== undefined) return { what: 'ports', isFine: true, found };
  return { what: 'ports', isFine: false, found, next: 'city-chain up --bus-port 0 --api-port 0' };
}

function at(wanted: number, free: number | undefined): string {
  if (free === undefined)
    return `nowhere, since no port from ${wanted} to ${wanted + PORTS_MAX - 1} is free`;
  return free === wanted ? `at ${wanted}` : `at ${free}, since ${wanted} is in use`;
}

function folder(data: string): Finding {
  const path = resolve(data);
  const parent = existsSync(path) ? path : resolve(path, '..');
  try {
    accessSync(parent, constants.W_OK);
    return { what: 'data', isFine: true, found: `${path} can be written` };
  } catch {
    return {
      what: 'data',
      isFine: false,
      found: `${path} cannot be written`,
      next: 'name another with --data',
    };
  }
}

/** Whether each process's audit log is one chain. */
function audit(data: string): Finding {
  let deeds = 0;
  const logs = globSync('*/audit.jsonl', { cwd: data }).toSorted();
  for (const log of logs) {
    const verified = verifyAuditLog(readFileSync(join(data, log), 'utf8'));
    if (!verified.ok) {
      const next = 'ask who changed it, then move it away';
      return { what: 'audit', isFine: false, found: `${join(data, log)}: ${verified.error}`, next };
    }
    deeds += verified.value;
  }
  return { what: 'audit', isFine: true, found: `deeds in the logs: ${deeds}` };
}

function print(findings: readonly Finding[], primitives: readonly Survey[]): void {
  const rows = findings.map(({ what, isFine, found, next }) => [
    what,
    isFine ? 'ok' : 'MEND',
    next === undefined ? found : `${found}; next: ${next}`,
  ]);
  console.log(table(rows));
  console.log('\nbackends (force with CITY_CHAIN_BACKENDS=portable, or name=backend,...)');
  console.log(
    table(
      primitives.map(({ primitive, chosen, backends: all }) => [
        `  ${primitive}`,
        chosen,
        all
          .map((each) => ('unfit' in each ? `${each.name} (${each.unfit})` : each.name))
          .join(', '),
      ]),
    ),
  );
  console.log('\nnext: city-chain up --show');
}
