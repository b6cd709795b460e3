/**
 * A whole network of real processes through the ends of epochs: two cities with all their levels. What was committed before an
 * epoch's end and after others is proved up to the globe, to whoever has the genesis of the network and nothing else; also
 * where a delegate has taken stake back, and its municipality has gone on with that.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshSecrets } from '#cli/city/key-file.ts';
import { NOBLE } from '#dapp/bridge/noble.ts';
import { bridgeVerdict } from '#dapp/bridge/verifier.ts';
import { connect, type CityClient } from '#dapp/client.ts';
import {
  bundleBytes,
  bundleText,
  readBundle,
  readGenesis,
  verify,
  type Bundle,
} from '#dapp/verify.ts';
import { toBytes } from '#protocols/codec.ts';
import { World } from '#protocols/world.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { scratch } from '#test/scratch.ts';
import { ran, Running } from './command.ts';

/** As few nodes as keep a text, and epochs that end all the time; on a busy machine nobody is left out for being late. */
const POLICY = `pieces: { light_unique: 12 }
ack_rule: { margin: 6 }
repair: { start_at: 18 }
stake: { epoch_batches: 8, present_share: 0 }
`;
const CLUSTER = `processes: 4
lights: 12
anchors: { asia: 2, europe: 2 }
cities: [{ place: europe.catalonia.barcelona, delegates: 4, lights: 12, anchors: { asia: 2, europe: 2 } }]
nats: embedded
busPort: 0
apiPort: 0
`;
/** No promise: whoever waits longer waits for nothing. */
const WITHIN_MS = 120_000;

const { path, remove } = scratch();
const [data, elsewhere] = [join(path, 'data'), join(path, 'elsewhere')];
const [policy, config] = [join(path, 'policy.yaml'), join(path, 'cluster.yaml')];
const keys = freshSecrets(systemEntropy());
const env = { NATS_URL: '', XDG_CONFIG_HOME: join(path, 'config') };
let network: Running;
let city: CityClient;

beforeAll(async () => {
  writeFileSync(policy, POLICY);
  writeFileSync(config, CLUSTER);
  const asked = ['up', '--json', '--config', config, '--policy', policy, '--data', data];
  network = new Running(asked, env);
  const { url } = await network.line(({ event }) => event === 'bus');
  await network.line(({ event }) => event === 'ready');
  const place = 'asia.ishikawa.komatsu';
  city = await connect({ nats: String(url), city: place, withinMs: WITHIN_MS });
});

afterAll(async () => {
  await city?.close();
  network.child.kill('SIGTERM');
  await network.ended;
  remove();
});

/** Committed, and what proves it. */
async function proved(text: string, upTo: 'city' | 'globe'): Promise<Bundle> {
  const sent = city.submit(text, { keys, withinMs: WITHIN_MS });
  await sent.until('COMMITTED');
  return city.proof(sent.txId, { upTo, withinMs: WITHIN_MS });
}

/** One delegate of the city has one less at stake. */
async function isTakenBack(): Promise<void> {
  const folder = join(data, 'city', 'keys');
  // Its delegates have shares of a coin.
  const share = readdirSync(folder).find((name) => name.endsWith('.coin.json'))!;
  const key = share.replace('.coin.', '.key.');
  const said = await ran(['unbond', '1', '--key', join(folder, key), '--data', data], env);
  expect(said.text, said.errors).toMatch(/ 1 leaving/);
}

async function isProvedElsewhere(bundle: Bundle): Promise<void> {
  const [proof, genesis] = [join(elsewhere, 'p.json'), join(elsewhere, 'genesis.json')];
  writeFileSync(proof, bundleText(bundle));
  const { text, errors } = await ran(['verify', proof, '--genesis', genesis, '--up-to', 'globe']);
  expect(text, errors).toMatch(/^COMMITTED, up to the globe: /m);
}

it(
  'proves what was committed in any of its epochs by its genesis alone',
  { timeout: 600_000 },
  async () => {
    const first = await proved('before the end of an epoch', 'globe');
    let last = await proved('before stake is taken back', 'city');
    await isTakenBack();
    // Stakes of the end of an epoch count in the one after the next.
    const epoch = last.handovers.length + 3;
    while (last.handovers.length < epoch) last = await proved('the next batch', 'city');
    last = await proved('after the ends of epochs', 'globe');
    expect(last.sealers.length).toBeGreaterThan(0);
    mkdirSync(elsewhere);
    copyFileSync(join(data, 'genesis.json'), join(elsewhere, 'genesis.json'));
    const world = readGenesis(readFileSync(join(elsewhere, 'genesis.json'), 'utf8'))!;
    await isProvedElsewhere(first);
    await isProvedElsewhere(last);
    const bridged = bridgeVerdict(bundleBytes(last), toBytes(World, world), NOBLE);
    expect(bridged).toMatchObject({ ok: true, state: 'COMMITTED', upTo: 'globe' });
    const { handovers } = last;
    const unruled = { ...last, handovers: handovers.slice(0, -1) };
    expect(verify(unruled, world)).toMatchObject({ ok: false, error: { why: 'no-handover' } });
    const unsealed = { ...last, sealers: [] };
    expect(verify(unsealed, world)).toMatchObject({ ok: false, error: { why: 'no-handover' } });
    expect(readBundle(bundleBytes(last))?.handovers).toHaveLength(handovers.length);
  },
);
