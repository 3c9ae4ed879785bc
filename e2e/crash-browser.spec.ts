import type { Page } from '@playwright/test';
import { chooseKills } from './src/kills.ts';
import { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

const KILLS = chooseKills();
/** Every so-manieth transaction is a large one, which takes longer to reach the disk. */
const LARGE_EVERY = 4;
const LARGE_BOOKS = 300;

declare global {
  interface Window {
    /** Tells the test that a transaction was confirmed to the page. */
    confirmed?: (transaction: number) => Promise<void>;
  }
}

test(`a browser killed ${KILLS} times in the middle of writing keeps what it has confirmed, and goes on`, async ({
  server,
  newProfile,
  random,
}) => {
  test.setTimeout(60_000 + KILLS * 15_000);
  const profile = await newProfile();
  /** Transactions of each life of the browser that it had confirmed when it was killed. */
  const confirmedByLife: number[] = [];

  for (let life = 1; life <= KILLS; life += 1) {
    const shop = await ShopPage.open(await profile.open(), server.url);
    await expectSound(shop, confirmedByLife);
    const processes = await profile.processes();
    confirmedByLife.push(
      await writeUntil(shop.page, {
        life,
        transactions: 1 + Math.floor(random() * 30),
        stop: () => profile.kill(processes),
      }),
    );
  }

  const shop = await ShopPage.open(await profile.open(), server.url);
  await expectSound(shop, confirmedByLife);
  await shop.waitForLight('synced', { pending: 0 });
  const perTransaction = 'SELECT category, count(*) AS books FROM book GROUP BY category ORDER BY category';
  expect(await server.exec(perTransaction)).toEqual(await shop.query(perTransaction));
  expect(await server.integrity()).toBe('ok');
});

/** The file is whole, transactions are there entirely or not at all, and every confirmed one is. */
async function expectSound(shop: ShopPage, confirmedByLife: readonly number[]): Promise<void> {
  expect(await shop.integrity()).toBe('ok');
  const rows = await shop.query<{ category: string; books: number }>(
    'SELECT category, count(*) AS books FROM book GROUP BY category',
  );
  const booksByTransaction = new Map(rows.map(({ category, books }) => [category, books]));
  for (const [category, books] of booksByTransaction) {
    expect(books, `books of transaction ${category}`).toBe(booksOf(Number(category.split('/')[1])));
  }
  for (const [index, confirmed] of confirmedByLife.entries()) {
    for (let transaction = 1; transaction <= confirmed; transaction += 1)
      expect([...booksByTransaction.keys()], 'a confirmed one is there').toContain(
        `${index + 1}/${transaction}`,
      );
  }
}

function booksOf(transaction: number): number {
  return transaction % LARGE_EVERY === 0 ? LARGE_BOOKS : 1;
}

interface Writing {
  life: number;
  /** Stop after so many have been confirmed. */
  transactions: number;
  stop: () => Promise<void>;
}

/** Writes as fast as the page takes it until it is stopped. Returns how many transactions it had confirmed by then. */
async function writeUntil(page: Page, { life, transactions, stop }: Writing): Promise<number> {
  const { promise: enough, resolve } = Promise.withResolvers<undefined>();
  let confirmed = 0;
  await page.exposeFunction('confirmed', (transaction: number) => {
    confirmed = transaction;
    if (transaction === transactions) resolve(undefined);
  });
  await page.evaluate(
    ([firstBook, category, every, large]) => {
      const insert = `
        WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < ?2)
        INSERT INTO book (isbn, title, category) SELECT CAST(?1 + n AS TEXT), 'Book ' || n, ?3 FROM number`;
      const write = async () => {
        let next = firstBook;
        for (let transaction = 1; ; transaction += 1) {
          const books = transaction % every === 0 ? large : 1;
          await window.octavo.exec(insert, [next, books, `${category}/${transaction}`]);
          next += books;
          // Not waited for: the next write is to be under way when the browser is killed.
          void window.confirmed?.(transaction);
        }
      };
      void write();
    },
    [9_790_000_000_000 + life * 1_000_000, life, LARGE_EVERY, LARGE_BOOKS] as const,
  );
  await enough;
  await stop();
  return confirmed;
}
