import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, HelpRequested, readConfig } from './config.ts';
import { isTimeZone } from './config/time-zone.ts';

describe('the configuration', () => {
  test('has defaults that only this machine can reach', () => {
    expect(readConfig({}, [])).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      dataDir: resolve('data'),
      dev: false,
      auth: 'none',
      cloud: { kind: 'folder', path: undefined },
      s3Endpoint: undefined,
      logLevel: 'info',
      allowedOrigins: [],
    });
  });

  test('takes the environment, and a flag of the same meaning wins', () => {
    const environment = { PORT: '1', HOST: 'localhost', OCTAVO_DEV: '1', OCTAVO_LOG: 'debug' };
    expect(readConfig(environment, ['--port', '2', '--log=error'])).toMatchObject({
      port: 2,
      host: 'localhost',
      dev: true,
      logLevel: 'error',
    });
    expect(readConfig({}, ['--dev', '--data-dir', '/srv/octavo', '--host', '::1'])).toMatchObject({
      dev: true,
      dataDir: '/srv/octavo',
      host: '::1',
    });
  });

  test('listens to everybody only where tokens are asked for', () => {
    expect(readConfig({ HOST: '0.0.0.0', OCTAVO_AUTH: 'tokens' }, [])).toMatchObject({
      host: '0.0.0.0',
      auth: 'tokens',
    });
    expect(() => readConfig({}, ['--host', '0.0.0.0'])).toThrow(/--host=0\.0\.0\.0.*OCTAVO_AUTH=tokens/);
  });

  test('takes a list of origins', () => {
    expect(
      readConfig({ OCTAVO_ORIGINS: 'https://a.example, http://b.example:81' }, []).allowedOrigins,
    ).toEqual(['https://a.example', 'http://b.example:81']);
  });

  test("takes the shop's time zone, or the machine's", () => {
    expect(readConfig({ OCTAVO_TIME_ZONE: 'Europe/Berlin' }, []).timeZone).toBe('Europe/Berlin');
    expect(readConfig({}, ['--time-zone', 'America/Lima']).timeZone).toBe('America/Lima');
    expect(isTimeZone(readConfig({}, []).timeZone)).toBe(true);
  });

  test.each([
    [{ PORT: '80a' }, 'PORT=80a'],
    [{ PORT: '65536' }, 'PORT=65536'],
    [{ PORT: '-1' }, 'PORT=-1'],
    [{ PORT: '' }, 'PORT='],
    [{ HOST: '0.0.0.0' }, 'HOST=0.0.0.0'],
    [{ HOST: '192.168.1.2' }, 'HOST=192.168.1.2'],
    [{ HOST: 'shop.example' }, 'HOST=shop.example'],
    [{ DATA_DIR: '' }, 'DATA_DIR='],
    [{ OCTAVO_DEV: 'yes' }, 'OCTAVO_DEV=yes'],
    [{ OCTAVO_AUTH: 'password' }, 'OCTAVO_AUTH=password'],
    [{ OCTAVO_PROXIES: 'the-proxy' }, 'OCTAVO_PROXIES=the-proxy'],
    [{ OCTAVO_MAX_BODY_BYTES: '1GB' }, 'OCTAVO_MAX_BODY_BYTES=1GB'],
    [{ OCTAVO_CONNECTIONS_PER_ADDRESS: '0' }, 'OCTAVO_CONNECTIONS_PER_ADDRESS=0'],
    [{ OCTAVO_CLOUD: 'somewhere' }, 'OCTAVO_CLOUD=somewhere'],
    [{ OCTAVO_S3_ENDPOINT: 'somewhere' }, 'OCTAVO_S3_ENDPOINT=somewhere'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' }, 'OTEL_EXPORTER_OTLP_ENDPOINT=collector'],
    [{ OCTAVO_TIME_ZONE: 'Berlin' }, 'OCTAVO_TIME_ZONE=Berlin'],
    [{ OCTAVO_LOG: 'loud' }, 'OCTAVO_LOG=loud'],
    [{ OCTAVO_ORIGINS: 'https://a.example/path' }, 'OCTAVO_ORIGINS=https://a.example/path'],
  ])('refuses %o, naming the value', (environment, named) => {
    expect(() => readConfig(environment, [])).toThrow(ConfigError);
    expect(() => readConfig(environment, [])).toThrow(named);
  });

  test('names every wrong value at once, and where it came from', () => {
    expect(() => readConfig({ OCTAVO_LOG: 'loud' }, ['--port', 'x'])).toThrow(/--port=x[^]*OCTAVO_LOG=loud/);
  });

  test.each([[['--prot', '1']], [['--port']], [['serve']]])('refuses the flags %o', (flags) => {
    expect(() => readConfig({}, flags)).toThrow(ConfigError);
  });

  test('describes itself', () => {
    expect(() => readConfig({}, ['--help'])).toThrow(HelpRequested);
    expect(() => readConfig({}, ['--help'])).toThrow(/PORT,\s+otherwise 8080/);
  });
});
