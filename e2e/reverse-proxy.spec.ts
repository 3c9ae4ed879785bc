import { createHash } from 'node:crypto';
import { runOctavo } from './src/command-line.ts';
import { ReverseProxy } from './src/reverse-proxy.ts';
import { hasReverseProxy, type ReverseProxyName } from './src/reverse-proxy-programs.ts';
import { ServerProcess, SHOP } from './src/server-process.ts';
import type { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

const NOT_GREEN_WITHIN_MS = 6_000;
const BOOKS = 500;
const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const INSERT_MANY = `
  WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${BOOKS})
  INSERT INTO book (isbn, title) SELECT CAST(9790000000000 + n AS TEXT), 'Book ' || n FROM number`;
const COUNT_BOOKS = 'SELECT count(*) FROM book';

const names: ReverseProxyName[] = ['nginx', 'caddy'];

// What cannot be tried here is left out; CI has both, or fails.
for (const name of names.filter(hasReverseProxy)) {
  test(`behind ${name} all is as without: signing in, syncing both ways, the light, who is refused`, async ({
    openShop,
  }) => {
    await using proxy = await ReverseProxy.prepare(name);
    await using server = await ServerProcess.start({
      tokens: true,
      origins: [proxy.url],
      proxies: 'loopback',
    });
    await proxy.leadTo(server.port);
    const atProxy = { url: proxy.url, context: { ignoreHTTPSErrors: true } };
    const link = new URL(await server.signInUrl);
    const here = await openShop({ ...atProxy, path: `/${link.hash}` });
    const made = await runOctavo(['token', 'create', 'till 2'], server);
    const token = made.output.trim();
    const there = await openShop({ ...atProxy, path: `/#token=${token}` });
    await here.waitForLight('synced', { pending: 0 });
    await there.waitForLight('synced', { pending: 0 });

    await here.exec(INSERT_MANY);
    await here.waitForLight('synced', { pending: 0 });
    await expect.poll(() => there.count(COUNT_BOOKS)).toBe(BOOKS);

    await proxy.stop();
    await notGreen(here);
    await here.exec(INSERT, ['9780306406157', 'Written while the proxy was away']);
    await proxy.leadTo(server.port);
    await here.waitForLight('synced', { pending: 0 });
    await expect.poll(() => there.count(COUNT_BOOKS)).toBe(BOOKS + 1);

    await server.kill();
    await notGreen(there);
    await there.exec(INSERT, ['9780140328721', 'Written while the server was away']);
    await server.restart();
    await there.waitForLight('synced', { pending: 0 });
    await expect.poll(() => here.count(COUNT_BOOKS)).toBe(BOOKS + 2);

    const { request } = here.page.context();
    const authorization = `Bearer ${token}`;
    const snapshot = await request.get(`${proxy.url}/${SHOP}/snapshot`, { headers: { authorization } });
    expect(
      createHash('sha256')
        .update(await snapshot.body())
        .digest('hex'),
    ).toBe(snapshot.headers()['octavo-sha256']);
    const foreign = { authorization, origin: 'https://elsewhere.example' };
    expect((await request.get(`${proxy.url}/${SHOP}/snapshot`, { headers: foreign })).status()).toBe(403);
    expect((await request.get(`${proxy.url}/${SHOP}/snapshot`)).status()).toBe(401);
  });
}

async function notGreen(shop: ShopPage): Promise<void> {
  await expect(shop.footerLight).not.toHaveAttribute('data-status', 'synced', {
    timeout: NOT_GREEN_WITHIN_MS,
  });
}
