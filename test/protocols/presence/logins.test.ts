/**
 * Who gets onto the list, and who does not: logins as hostile peers try them. Method: one presence, hearts
 * as they are, and an eavesdropper's words said again by hand.
 */
import { describe, expect, it } from 'vitest';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { sign } from '#algorithms/signature.ts';
import { contractsOf, loginJob, type Login, type Proof } from '#protocols/credential.ts';
import type { Spoken } from '#protocols/effect.ts';
import type { HeartOptions } from '#protocols/heart.ts';
import { nameText } from '#algorithms/identity.ts';
import { Beat, Knock, LogIn, LogOut, type Nonce } from '#protocols/presence.messages.ts';
import { nonceFor, tagOf } from '#protocols/presence/session.ts';
import { DEFAULT_LIMITS } from '#protocols/presence/table.ts';
import { address, nodeAddress, place, type Address } from '#protocols/subjects.ts';
import { fingerprintOf, readerFingerprintOf } from '#protocols/transaction.ts';
import { genesisOf, keyOf, lightOf, NETWORK, nodeNamed, secretsOf } from './city.ts';
import { World } from './world.ts';

const genesis = genesisOf(1n);
const { sealing } = secretsOf(1);
const KEM_KEY = sealingKeyOf(sealing.suite, sealing.seed);
const server = address(nodeNamed('d0'), 'presence');
const heartOf = (of: HeartOptions): Address => address(of.self.node, 'heart');

function alone(limits = DEFAULT_LIMITS): World {
  const world = new World(genesis, 5);
  world.presence(0, { limits });
  world.pass(300);
  return world;
}
const table = (world: World) => world.presenceState(0).table.of;
/** What was answered to somebody since. */
const answers = (world: World, to: Address, since = 0): Spoken[] =>
  world.said.slice(since).flatMap((each) => (each.to === to ? [each.message] : []));
const refusals = (world: World, to: Address, since = 0): unknown[] =>
  answers(world, to, since).flatMap((each) =>
    each.kind === 'presence.refused' ? [(each as { reason?: string }).reason] : [],
  );

function nonceOf(world: World, from: Address): Uint8Array {
  world.say(from, server, Knock.of({}));
  return (answers(world, from).findLast(({ kind }) => kind === 'presence.nonce') as Nonce).nonce;
}

/** A login by hand, with whatever is wrong about it. */
function proofOf(of: HeartOptions, nonce: Uint8Array, more: Partial<Login> = {}): Proof {
  const { node, secrets } = of.self;
  const login: Login = {
    node,
    role: of.role,
    verifying: keyOf(secrets.signing.seed),
    sealing: { suite: 'ml-kem-768', key: KEM_KEY },
    operator: of.operator,
    device: of.device,
    freeBytes: 1,
    nonce,
    server,
    ...more,
  };
  return { login, grant: of.grant, signature: sign(loginJob(NETWORK, login, secrets.signing)) };
}
function tried(world: World, of: HeartOptions, proof: Proof, from = heartOf(of)): unknown[] {
  const since = world.said.length;
  world.say(from, server, LogIn.of({ proof }));
  world.pass(50);
  return refusals(world, from, since);
}

describe('a login', () => {
  const light = lightOf(genesis, 1);
  const from = heartOf(light);

  it('puts its node on the list at once, and says so', () => {
    const world = alone();
    expect(tried(world, light, proofOf(light, nonceOf(world, from)))).toEqual([]);
    expect([...table(world).keys()]).toEqual([light.self.node]);
    expect(world.notes).toEqual([['presence.n1.joined', { node: light.self.node, role: 'light' }]]);
  });

  it('is good once: not a second later, not from another socket, not after a restart', () => {
    const world = alone();
    const proof = proofOf(light, nonceOf(world, from));
    tried(world, light, proof);
    world.pass(1_500);
    expect(tried(world, light, proof)).toEqual(['stale-nonce']);
    const thief = address(nodeNamed('n2'), 'heart');
    expect(tried(world, light, proof, thief)).toEqual([]);
    expect(table(world).has(nodeNamed('n2'))).toBe(false);
    world.kill(server);
    world.start(server);
    world.pass(300);
    expect(tried(world, light, proof)).toEqual(['stale-nonce']);
    expect(world.presenceState(0).table.of.get(light.self.node)?.session).toBeUndefined();
  });

  it('answers a challenge of this presence, for this node, of the last thirty seconds', () => {
    const world = alone();
    const old = nonceOf(world, from);
    world.pass(30_000);
    expect(tried(world, light, proofOf(light, old))).toEqual(['stale-nonce']);
    const others = nonceOf(world, heartOf(lightOf(genesis, 2)));
    expect(tried(world, light, proofOf(light, others))).toEqual(['stale-nonce']);
    const made = nonceFor(
      { server, secret: new Uint8Array(32) },
      light.self.node,
      world.now,
      (n) => new Uint8Array(n),
    );
    expect(tried(world, light, proofOf(light, made))).toEqual(['stale-nonce']);
    const elsewhere = { server: address(nodeNamed('d1'), 'presence') };
    expect(tried(world, light, proofOf(light, nonceOf(world, from), elsewhere))).toEqual([
      'stale-nonce',
    ]);
    expect(table(world).size).toBe(0);
  });

  it('shows a grant for this node, key, role, operator and device, that still holds', () => {
    const world = alone();
    const reason = (of: HeartOptions, more: Partial<Login> = {}): unknown[] =>
      tried(world, of, proofOf(of, nonceOf(world, heartOf(of)), more));
    const other = lightOf(genesis, 2);
    expect(reason({ ...light, grant: undefined })).toEqual(['no-grant']);
    expect(reason({ ...light, grant: other.grant })).toEqual(['other-grant']);
    expect(reason({ ...light, operator: other.operator })).toEqual(['other-grant']);
    expect(reason({ ...light, device: other.device })).toEqual(['other-grant']);
    expect(reason(light, { verifying: keyOf(other.self.secrets.signing.seed) })).toEqual([
      'other-grant',
    ]);
    expect(reason(lightOf(genesis, 1, { until: 1 }))).toEqual(['grant-over']);
    expect(reason({ ...light, role: 'anchor' })).toEqual(['no-grant']);
    const forged = {
      grant: { ...light.grant!.grant, until: 1_999_999_999_999 },
      signature: light.grant!.signature,
    };
    expect(reason({ ...light, grant: forged })).toEqual(['bad-signature']);
    expect(table(world).size).toBe(0);
  });

  it('is signed by the node, for this network', () => {
    const world = alone();
    const { login, grant, signature } = proofOf(light, nonceOf(world, from));
    const bent = signature.slice();
    bent[3]! ^= 1;
    expect(tried(world, light, { login, grant, signature: bent })).toEqual(['bad-signature']);
    world.pass(1_500);
    const again = proofOf(light, nonceOf(world, from)).login;
    const foreign = sign(loginJob(Uint8Array.of(1), again, light.self.secrets.signing));
    expect(tried(world, light, { login: again, grant, signature: foreign })).toEqual([
      'bad-signature',
    ]);
    world.pass(1_500);
    const key = new Uint8Array(1_184).fill(255); // Numbers beyond the field.
    const sealed = proofOf(light, nonceOf(world, from), { sealing: { suite: 'ml-kem-768', key } });
    expect(tried(world, light, sealed)).toEqual(['bad-signature']);
    expect(table(world).size).toBe(0);
  });

  it('of an anchor stands by its contract, on whatever continent it is', () => {
    const node = nodeAddress(place('europe.hesse.kassel'), 'a1');
    const secrets = secretsOf(1);
    const signing = keyOf(secrets.signing.seed);
    const contracts = contractsOf([
      {
        id: 'a1',
        continent: 'europe',
        node,
        operator: 'Kassel Storage',
        signing: nameText(fingerprintOf(signing)),
        sealing: nameText(readerFingerprintOf({ suite: 'ml-kem-768', key: KEM_KEY })),
        sla: { availability: 0.999, capacity_tb: 1 },
      },
    ]);
    const { operator, device } = contracts.get(node)!;
    const anchor: HeartOptions = {
      ...light,
      self: { ...light.self, node, secrets },
      role: 'anchor',
      operator,
      device,
      grant: undefined,
    };
    const world = new World(genesis, 5);
    world.presence(0, { contracts });
    world.heart(anchor);
    world.pass(5_000);
    const [listed] = world.presenceState(0).replica.rolls[0]!.list.nodes;
    expect(listed).toMatchObject({ node, role: 'anchor' });
    expect(world.presenceState(0).replica.rolls[0]!.list.head.lights).toEqual([]);
    const other = { sealing: { suite: 'ml-kem-768', key: KEM_KEY.slice().fill(1, 0, 9) } } as const;
    world.pass(1_500);
    expect(tried(world, anchor, proofOf(anchor, nonceOf(world, heartOf(anchor)), other))).toEqual([
      'other-grant',
    ]);
  });
});

describe('a flood of logins', () => {
  it('of one operator is held to its cap, without a signature for the rest', () => {
    const limits = { ...DEFAULT_LIMITS, perOperator: 5, perDevice: 1 };
    const world = alone(limits);
    const { operator } = lightOf(genesis, 1);
    const lights = Array.from({ length: 40 }, (_, at) => lightOf(genesis, at, { operator }));
    const reasons = lights.flatMap((of) =>
      tried(world, of, proofOf(of, nonceOf(world, heartOf(of)))),
    );
    expect(table(world).size).toBe(5);
    expect(reasons).toEqual(Array.from({ length: 35 }, () => 'operator-full'));
    expect(world.presenceState(0).desk.batches).toBe(5);
    // One more with another operator gets in all the same.
    const honest = lightOf(genesis, 41);
    expect(tried(world, honest, proofOf(honest, nonceOf(world, heartOf(honest))))).toEqual([]);
  });

  it('all at once is verified within bounds, and counted again when it was', () => {
    const limits = { ...DEFAULT_LIMITS, perOperator: 3 };
    const world = alone(limits);
    const { operator } = lightOf(genesis, 1);
    const lights = Array.from({ length: 12 }, (_, at) => lightOf(genesis, at, { operator }));
    const proofs = lights.map((of) => proofOf(of, nonceOf(world, heartOf(of))));
    for (const [at, proof] of proofs.entries())
      world.say(heartOf(lights[at]!), server, LogIn.of({ proof }));
    world.pass(100);
    expect(table(world).size).toBe(3);
  });

  it('of one device, or of more nodes than there is room for, is refused', () => {
    const world = alone({ listedMax: 2, perOperator: 10, perDevice: 1 });
    const { device } = lightOf(genesis, 1);
    const reason = (of: HeartOptions): unknown[] =>
      tried(world, of, proofOf(of, nonceOf(world, heartOf(of))));
    expect(reason(lightOf(genesis, 1))).toEqual([]);
    expect(reason(lightOf(genesis, 2, { device }))).toEqual(['device-full']);
    expect(reason(lightOf(genesis, 3))).toEqual([]);
    expect(reason(lightOf(genesis, 4))).toEqual(['list-full']);
    world.pass(1_500);
    expect(reason(lightOf(genesis, 1))).toEqual([]); // Whoever is in logs in again.
  });

  it('of one node comes to one a second', () => {
    const world = alone();
    const light = lightOf(genesis, 1);
    const proof = () => proofOf(light, nonceOf(world, heartOf(light)));
    expect(tried(world, light, proof())).toEqual([]);
    expect(tried(world, light, proof())).toEqual(['too-soon']);
    world.pass(1_000);
    expect(tried(world, light, proof())).toEqual([]);
  });
});

describe('a session', () => {
  const light = lightOf(genesis, 1);
  const from = heartOf(light);
  function inSession() {
    const world = alone();
    world.heart(light);
    world.pass(3_000);
    const present = table(world).get(light.self.node)!;
    return { world, present, key: present.session!.key };
  }
  const words = { freeBytes: 7, loadPermille: 0, roundTripUs: 0 };

  it('takes beats under its key alone, each number once', () => {
    const { world, present, key } = inSession();
    const number = present.session!.number + 1;
    const mac = tagOf(key, 'beat', number, words);
    const forged = [
      { number, ...words, freeBytes: 8, mac },
      { number: number + 1, ...words, mac },
      { number, ...words, mac: new Uint8Array(16) },
      { number, ...words, mac: tagOf(key, 'logout', number, words) },
    ];
    for (const each of forged) world.say(from, server, Beat.of(each));
    expect(present.measured?.freeBytes).not.toBe(7);
    world.say(from, server, Beat.of({ number, ...words, mac }));
    expect(present.measured?.freeBytes).toBe(7);
    const since = world.said.length;
    world.say(from, server, Beat.of({ number, ...words, mac }));
    expect(refusals(world, from, since)).toEqual(['no-session']);
  });

  it('is left by its own word only', () => {
    const { world, present, key } = inSession();
    const number = present.session!.number + 1;
    world.say(from, server, LogOut.of({ number, mac: tagOf(key, 'beat', number) }));
    world.say(
      heartOf(lightOf(genesis, 2)),
      server,
      LogOut.of({ number, mac: tagOf(key, 'logout', number) }),
    );
    expect(table(world).size).toBe(1);
    world.say(from, server, LogOut.of({ number, mac: tagOf(key, 'logout', number) }));
    expect(table(world).size).toBe(0);
    expect(world.notes.at(-1)).toEqual(['presence.n1.left', { node: light.self.node }]);
  });

  it('knows how far presence is, and how much room the holder has', () => {
    const { world } = inSession();
    world.pass(10_000);
    world.say(address(light.self.node, 'holder'), from, {
      kind: 'heart.room',
      bytesFree: 123,
      pieces: 4,
    } as Spoken);
    world.pass(2_000);
    const { measured } = table(world).get(light.self.node)!;
    expect(measured?.freeBytes).toBe(123);
    expect(measured?.roundTripUs).toBeGreaterThan(0);
  });
});
