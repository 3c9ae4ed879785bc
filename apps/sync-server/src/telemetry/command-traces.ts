import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type CommandRecord, isFailure } from '../commands/command-record.ts';
import { serverVersion } from '../version.ts';

/** Whoever stops the server does not wait for a collector that is away. */
const FAREWELL_MS = 1_000;
const EXPORT_MS = 10_000;

export interface CommandTraces extends AsyncDisposable {
  /** Makes a span of a command that has ended; it goes out with others, behind everybody's back. */
  record(record: CommandRecord): void;
}

/**
 * Sends spans to whoever collects them by OTLP over HTTP (`<endpoint>/v1/traces`, JSON). What that needs is loaded only
 * here; headers, timeouts and certificates are as the other `OTEL_EXPORTER_OTLP_*` variables say.
 */
export async function openCommandTraces(endpoint: string, logger: Logger): Promise<CommandTraces> {
  const { diag, DiagLogLevel, SpanKind, SpanStatusCode } = await import('@opentelemetry/api');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  const { BatchSpanProcessor, TracerProvider } = await import('@opentelemetry/sdk-trace');

  const say = (message: string) => logger.warn({ telemetry: message }, 'spans could not be sent');
  diag.setLogger(
    { error: say, warn: say, info: () => undefined, debug: () => undefined, verbose: () => undefined },
    DiagLogLevel.WARN,
  );
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': process.env['OTEL_SERVICE_NAME'] ?? 'octavo',
      'service.version': serverVersion,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_MS })],
  });
  const tracer = provider.getTracer('octavo', serverVersion);

  return {
    record: (record) => {
      const { database, id, type, outcome, error, attempt, beganAt, milliseconds } = record;
      const span = tracer.startSpan(`command ${type}`, {
        kind: SpanKind.SERVER,
        startTime: beganAt,
        attributes: {
          'octavo.database': database,
          'octavo.command.type': type,
          'octavo.command.outcome': outcome,
          'octavo.command.milliseconds': milliseconds,
          ...(id !== undefined && { 'octavo.command.id': id }),
          ...(attempt !== undefined && { 'octavo.command.attempts': attempt }),
          ...(error !== undefined && { 'error.type': error }),
        },
      });
      if (isFailure(record)) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(beganAt + milliseconds);
    },
    [Symbol.asyncDispose]: async () => {
      const enough = new AbortController();
      const late = delay(FAREWELL_MS, undefined, { signal: enough.signal })
        .then(() => say('The last ones were given up: nobody took them in time.'))
        .catch(() => undefined);
      const sent = provider.shutdown().catch((error: unknown) => {
        logger.warn({ err: error }, 'spans could not be sent');
      });
      await Promise.race([sent, late]);
      enough.abort();
      diag.disable();
    },
  };
}
