import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FailedAttempts, networkOf } from './failed-attempts.ts';
import { may, type Principal } from './principal.ts';
import { SignInCodes } from './sign-in-codes.ts';
import { TokenBookError } from './token-book.ts';
import { SecretError } from './token-secret.ts';
import { type TokenOrder, Tokens } from './tokens.ts';

const DAY_MS = 24 * 60 * 60_000;

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'octavo tokens-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

const order = (changes: Partial<TokenOrder> = {}): TokenOrder => ({
  name: 'till 1',
  role: 'member',
  databases: ['shop.sqlite3'],
  expiresAt: Date.now() + DAY_MS,
  ...changes,
});

describe('tokens', () => {
  test('are what they were made as, also after a restart', async () => {
    const path = await folder();
    const { token, record } = await (await Tokens.load(path)).create(order());
    expect(await (await Tokens.load(path)).verify(token)).toEqual({ kind: 'valid', record });
  });

  test('are void once revoked, at once and for good', async () => {
    const path = await folder();
    const tokens = await Tokens.load(path);
    const { token, record } = await tokens.create(order());
    const heard: string[] = [];
    tokens.watchRevoked((id) => heard.push(id));
    const revoked = tokens.revoke(record.id);
    expect(heard).toEqual([record.id]);
    expect(tokens.isInForce(record.id)).toBe(false);
    await revoked;
    expect(await (await Tokens.load(path)).verify(token)).toEqual({ kind: 'revoked' });
    expect(await tokens.revoke('nobody')).toBeUndefined();
  });

  test('expire to the millisecond', async () => {
    const clock = { now: Date.UTC(2026, 10, 21) };
    const tokens = await Tokens.load(await folder(), () => clock.now);
    const { token } = await tokens.create(order({ expiresAt: clock.now + DAY_MS + 1 }));
    clock.now += DAY_MS;
    expect(await tokens.verify(token)).toMatchObject({ kind: 'valid' });
    clock.now += 1;
    expect(await tokens.verify(token)).toEqual({ kind: 'expired' });
  });

  test('of another server, of no list, or changed in any place are none', async () => {
    const path = await folder();
    const { token } = await (await Tokens.load(path)).create(order());
    const forged = { kind: 'forged' };
    expect(await (await Tokens.load(await folder())).verify(token)).toEqual(forged);
    const tokens = await Tokens.load(path);
    for (let at = 0; at < token.length - 1; at += 7) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      expect(await tokens.verify(changed)).toEqual(forged);
    }
    for (const text of ['', 'x', 'a.b.c', 'x'.repeat(100_000)])
      expect(await tokens.verify(text)).toEqual(forged);
    await rm(join(path, 'auth', 'tokens.json'));
    expect(await (await Tokens.load(path)).verify(token)).toEqual(forged);
  });

  test('that are made at once are all listed', async () => {
    const path = await folder();
    const tokens = await Tokens.load(path);
    await Promise.all(Array.from({ length: 20 }, () => tokens.create(order())));
    expect((await Tokens.load(path)).list()).toHaveLength(20);
  });

  test('a key that others could read is closed to them; one that was damaged is not replaced in silence', async () => {
    const path = await folder();
    await Tokens.load(path);
    const secret = join(path, 'auth', 'secret');
    const text = await readFile(secret, 'utf8');
    await rm(secret);
    await writeFile(secret, text, { mode: 0o644 });
    await Tokens.load(path);
    expect((await stat(secret)).mode & 0o777).toBe(0o600);
    await writeFile(secret, 'short');
    await expect(Tokens.load(path)).rejects.toThrow(SecretError);
  });

  test('a list that cannot be read is not taken for an empty one', async () => {
    const path = await folder();
    await (await Tokens.load(path)).create(order());
    await writeFile(join(path, 'auth', 'tokens.json'), '[{');
    await expect(Tokens.load(path)).rejects.toThrow(TokenBookError);
  });
});

test('a code is worth something once, and not for long', () => {
  const clock = { now: 0 };
  const codes = new SignInCodes<string>(() => clock.now);
  const [first, second] = [codes.issue('first'), codes.issue('second')];
  expect(codes.redeem('guess')).toBeUndefined();
  expect(codes.redeem(first)).toBe('first');
  expect(codes.redeem(first)).toBeUndefined();
  clock.now += 16 * 60_000;
  expect(codes.redeem(second)).toBeUndefined();
});

describe('failed attempts', () => {
  test('make an address wait, for a minute, and no other', () => {
    const clock = { now: 0 };
    const attempts = new FailedAttempts(2, () => clock.now);
    attempts.add('10.0.0.1');
    expect(attempts.waitOf('10.0.0.1')).toBe(0);
    attempts.add('10.0.0.1');
    expect(attempts.waitOf('10.0.0.1')).toBe(60_000);
    expect(attempts.waitOf('10.0.0.2')).toBe(0);
    clock.now += 60_000;
    expect(attempts.waitOf('10.0.0.1')).toBe(0);
  });

  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::6', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s counts as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('who may do what', () => {
  const token = (role: 'reader' | 'member' | 'admin', ...databases: string[]): Principal => ({
    ...{ kind: 'token', id: 'x', role, databases },
    expiresAt: 0,
  });
  const shop = { to: 'database', database: 'shop.sqlite3' } as const;

  test.each<[string, Principal, Parameters<typeof may>[1], boolean]>([
    ['a reader reads', token('reader', 'shop*'), { ...shop, role: 'reader' }, true],
    ['a reader does not write', token('reader', 'shop*'), { ...shop, role: 'member' }, false],
    ['a member writes', token('member', 'shop*'), { ...shop, role: 'member' }, true],
    ['an admin of another database', token('admin', 'north*'), { ...shop, role: 'reader' }, false],
    ['an admin of one database looks after the server', token('admin', 'shop*'), { to: 'access' }, false],
    ['an admin of all does', token('admin', '*'), { to: 'access' }, true],
    ['a member of all does not', token('member', '*'), { to: 'access' }, false],
    ['a reader of all sees how it is', token('reader', '*'), { to: 'server', role: 'reader' }, true],
    ['a stranger sees the app', { kind: 'stranger' }, { to: 'anybody' }, true],
    ['a stranger reads', { kind: 'stranger' }, { ...shop, role: 'reader' }, false],
    ['anybody on this machine writes', { kind: 'anybody' }, { ...shop, role: 'admin' }, true],
    ['anybody on this machine makes tokens', { kind: 'anybody' }, { to: 'access' }, false],
    ['the operator makes tokens', { kind: 'operator' }, { to: 'access' }, true],
  ])('%s', (_what, principal, need, expected) => {
    expect(may(principal, need)).toBe(expected);
  });
});
