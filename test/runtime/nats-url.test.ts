/** Addresses of NATS servers, as people write them. */
import { describe, expect, it } from 'vitest';
import { parseUrls } from '#runtime/nats-url.ts';

describe('addresses of NATS servers', () => {
  it('may be several, with credentials, with or without scheme and port', () => {
    expect(parseUrls('nats://127.0.0.1:4333')).toMatchObject({
      value: { servers: ['127.0.0.1:4333'], credentials: {} },
    });
    expect(parseUrls('a, nats://u:p%40q@b:1,c:2')).toMatchObject({
      value: { servers: ['a:4222', 'b:1', 'c:2'], credentials: { user: 'u', pass: 'p@q' } },
    });
    expect(parseUrls('tls://t0ken@h')).toMatchObject({
      value: { servers: ['h:4222'], credentials: { token: 't0ken', tls: {} } },
    });
    for (const bad of ['', 'http://x', 'nats://', 'a,,b', 'nats://a b', 'nats://x:99999']) {
      expect(parseUrls(bad), bad).toMatchObject({ ok: false });
    }
  });
});
