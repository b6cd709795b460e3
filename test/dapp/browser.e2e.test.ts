/** A proof in a real browser: the SDK's own modules, loaded by it as they are, say of a bundle what they say in Node. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { toBytes } from '#protocols/codec.ts';
import { bundleText } from '#protocols/proof/bundle.ts';
import { World } from '#protocols/world.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { bundleOf, worldOf } from '#test/protocols/proof/network.ts';
import { NETWORK } from '#test/protocols/sample.ts';
import { obtainBrowser } from './browser/obtain.ts';
import { servePage } from './browser/pages.ts';

/** What the page does, as an application would: files in, a verdict out. */
const SCRIPT = `
  import { verify } from '#dapp/verify.ts';
  import { NOBLE } from '#dapp/bridge/noble.ts';
  import { bridgeVerdict } from '#dapp/bridge/verifier.ts';
  const [proof, genesis] = await Promise.all(
    ['proof', 'genesis'].map(async (name) => (await fetch('/given/' + name)).text()),
  );
  const bytesOf = (digits) => Uint8Array.from(digits.match(/../g), (each) => parseInt(each, 16));
  const [bundle, world] = [JSON.parse(proof).proof, JSON.parse(genesis).world];
  const flipped = (at) =>
    bundle.slice(0, at) + (bundle[at] === '0' ? '1' : '0') + bundle.slice(at + 1);
  const verdictOf = (digits) => {
    const sdk = verify('{"version":1,"proof":"' + digits + '"}', genesis);
    const bridge = bridgeVerdict(bytesOf(digits), bytesOf(world), NOBLE);
    return [sdk.ok ? sdk.value.upTo : 'wrong', bridge.ok ? bridge.upTo : 'wrong'];
  };
  const told = { right: verdictOf(bundle), wrong: [] };
  for (let i = 1; i < 8; i++) told.wrong.push(verdictOf(flipped(Math.floor((bundle.length * i) / 8))));
  await fetch('/told', { method: 'POST', body: JSON.stringify(told) });
`;
/** A failure of a module or of the script is told as well. */
const TELLING = `
  const tell = (what) => fetch('/told', { method: 'POST', body: JSON.stringify({ failed: String(what) }) });
  addEventListener('error', ({ message, error }) => tell(error ?? message));
  addEventListener('unhandledrejection', ({ reason }) => tell(reason));
  import('/given/script').catch(tell);
`;
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // It stays until it is ended: what the page says is told by the page.
  '--remote-debugging-port=0',
];

it('proves what is proved, and nothing else', { timeout: 600_000 }, async () => {
  await offerCityBackends();
  const browser = await obtainBrowser();
  const world = worldOf(NETWORK, 'ml-dsa-65');
  const proof = bundleText(bundleOf({ world, suite: 'ml-dsa-65', epochs: 1 }));
  const genesis = JSON.stringify({ world: hex(toBytes(World, world)) });
  const page = await servePage(TELLING, { script: SCRIPT, proof, genesis });
  const profile = mkdtempSync(join(tmpdir(), 'city-chain-browser-'));
  const child = spawn(browser.path, [...FLAGS, `--user-data-dir=${profile}`, page.url], {
    stdio: 'ignore',
    env: { ...process.env, ...browser.env },
  });
  const ended = new Promise<string>((resolve) =>
    child.once('close', (code) => resolve(JSON.stringify({ ended: code }))),
  );
  try {
    const told = JSON.parse(await Promise.race([page.told, ended]));
    const wrong = Array.from({ length: 7 }, () => ['wrong', 'wrong']);
    expect(told).toEqual({ right: ['globe', 'globe'], wrong });
  } finally {
    child.kill('SIGKILL');
    await ended;
    page.close();
    // Its helpers end a moment after it, and may write until then.
    rmSync(profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
  }
});
