/**
 * Addresses of NATS servers as people write them: `nats://host:port`, `tls://...`, several with commas,
 * with or without scheme and port, with `user:password@` or `token@` before the host.
 */
import { fail, ok, type Result } from '#lib/result.ts';
import type { Credentials } from './nats-connection.ts';

export interface NatsUrls {
  /** `host:port` each; nothing here is secret. */
  readonly servers: readonly string[];
  readonly credentials: Credentials;
}

/** The client takes no credentials from addresses; everybody else's does. The first that has any counts. */
export function parseUrls(text: string): Result<NatsUrls> {
  const urls = text.split(',').map((part) => {
    const trimmed = part.trim();
    return URL.parse(/^[a-z]+:\/\//i.test(trimmed) ? trimmed : `nats://${trimmed}`);
  });
  if (!urls.every(isFit)) return fail('not an address of a NATS server: expected nats://host:port');
  return ok({
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || '4222'}`),
    credentials: credentialsOf(urls.find(({ username }) => username !== '') ?? urls[0]!),
  });
}

const isFit = (url: URL | null): url is URL =>
  url !== null && url.hostname !== '' && ['nats:', 'tls:'].includes(url.protocol);

function credentialsOf({ protocol, username, password }: URL): Credentials {
  const [user, pass] = [plain(username), plain(password)];
  const tls = protocol === 'tls:' ? { tls: {} } : {};
  if (user === '') return tls;
  return pass === '' ? { ...tls, token: user } : { ...tls, user, pass };
}

/** A percent sign that escapes nothing is itself. */
const plain = (text: string): string =>
  text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escaped) =>
    Buffer.from(escaped.replaceAll('%', ''), 'hex').toString(),
  );
