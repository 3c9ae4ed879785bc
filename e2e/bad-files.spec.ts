import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImportScreen } from './src/screens/import.ts';
import { expect, test } from './src/test.ts';

const PNG_BEGINS = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];

test('files that are no stock list are refused in words, and the next good one is imported', async ({
  openShop,
  folder,
}) => {
  const shop = await openShop();
  const screen = await ImportScreen.open(shop);
  const refusals: [name: string, content: Buffer, code: string, says: RegExp][] = [
    ['picture.csv', Buffer.from(PNG_BEGINS), 'binary', /picture/],
    ['empty.csv', Buffer.alloc(0), 'empty', /empty/],
    ['blank.csv', Buffer.from('\n\n   \n'), 'empty', /blank/],
    ['header.csv', Buffer.from('ISBN;Title;Price\n'), 'header-only', /no rows/],
    ['zeros.csv', Buffer.alloc(10_000), 'binary', /not text/],
  ];
  for (const [name, content, code, says] of refusals) {
    await test.step(name, async () => {
      const path = join(folder, name);
      await writeFile(path, content);
      await screen.choose(path);
      await expect(screen.error).toHaveAttribute('data-code', code);
      await expect(screen.error).toContainText(name);
      await expect(screen.error).toContainText(says);
    });
  }

  await test.step('a file of 200 MB', async () => {
    const path = join(folder, 'huge.csv');
    const file = await open(path, 'w');
    await file.write('ISBN,Title\n9780306406157,One\n');
    await file.truncate(200 * 1024 * 1024);
    await file.close();
    await screen.choose(path);
    await expect(screen.error).toHaveAttribute('data-code', 'too-large');
    await expect(screen.error).toContainText('200 MB');
  });

  const good = {
    name: 'good.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('ISBN,Title\n9780306406157,One\n'),
  };
  expect(await screen.importFile(good)).toMatchObject({ added: 1, refused: 0 });
});

test('a list without a recognisable ISBN column asks for it', async ({ openShop }) => {
  const shop = await openShop();
  const screen = await ImportScreen.open(shop);
  const list = 'Reference,Name\n9780306406157,One\n9791234567896,Two\n';
  await screen.choose({ name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from(list) });
  const column = screen.root.getByTestId('mapping-isbn13');
  await column.selectOption({ label: 'Reference' });
  await screen.root.getByTestId('import-start').click();
  await expect(screen.root).toHaveAttribute('data-stage', 'done');
  expect(await screen.counts()).toMatchObject({ added: 2, refused: 0 });
});
