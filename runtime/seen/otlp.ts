/**
 * Optional export of traces as OTLP over HTTP (JSON), for any OpenTelemetry collector. Steps that ran
 * on behalf of a trace are batched and posted; a collector that is away costs dropped spans, which
 * are counted, and nothing else.
 */
import { randomBytes } from 'node:crypto';
import type { Observer, Span } from '../ports.ts';

const BATCH_SPANS_MAX = 512;
const FLUSH_MS = 1_000;
const POST_MS_MAX = 5_000;

export interface Exporter {
  readonly observer: Observer;
  readonly dropped: () => number;
  /** Posts what is waiting. */
  readonly close: () => Promise<void>;
}

/** `endpoint` is the collector's base address, e.g. `http://127.0.0.1:4318`. */
export function makeExporter(endpoint: string, service: string): Exporter {
  const url = new URL('/v1/traces', endpoint);
  let waiting: Span[] = [];
  let dropped = 0;
  let posting: Promise<void> = Promise.resolve();
  const flush = (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return posting;
    posting = posting
      .then(() => post(url, service, batch))
      .catch(() => void (dropped += batch.length));
    return posting;
  };
  const timer = setInterval(() => void flush(), FLUSH_MS).unref();
  return {
    observer: {
      span: (span) => {
        if (waiting.length < 4 * BATCH_SPANS_MAX) waiting.push(span);
        else dropped++;
        if (waiting.length === BATCH_SPANS_MAX) void flush();
      },
    },
    dropped: () => dropped,
    close: () => {
      clearInterval(timer);
      return flush();
    },
  };
}

async function post(url: URL, service: string, batch: readonly Span[]): Promise<void> {
  const spans = batch.map(toOtlp);
  const resource = { attributes: [attribute('service.name', service)] };
  const scopeSpans = [{ scope: { name: 'city-chain' }, spans }];
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] }),
    signal: AbortSignal.timeout(POST_MS_MAX),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`collector answered ${response.status}`);
}

function toOtlp({ who, kind, traceparent, startedAt, tookMs, hasFailed }: Span): object {
  const [, traceId, parentSpanId] = traceparent.split('-');
  const startNano = BigInt(startedAt) * 1_000_000n;
  const endNano = startNano + BigInt(Math.round(tookMs * 1_000_000));
  return {
    traceId,
    parentSpanId,
    spanId: randomBytes(8).toString('hex'),
    name: kind,
    kind: 5,
    startTimeUnixNano: String(startNano),
    endTimeUnixNano: String(endNano),
    attributes: [attribute('actor', who)],
    status: { code: hasFailed ? 2 : 1 },
  };
}

const attribute = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
