import { expect, test } from 'vitest';
import { HeldRegister, type HeldStore } from './held.ts';

function store(): HeldStore {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

test('a first visit has cleared nothing', () => {
  expect(new HeldRegister(store()).opened('shop.sqlite3', true, 1)).toBeUndefined();
});

test('a file that was here and is not any more was cleared, with what it had not sent, until somebody has read it', () => {
  const kept = store();
  const register = new HeldRegister(kept);
  register.opened('shop.sqlite3', true, 1);
  register.note('shop.sqlite3', { pending: 3, at: 2 });
  expect(register.opened('shop.sqlite3', false, 3)).toBeUndefined();

  const cleared = { database: 'shop.sqlite3', pending: 3, at: 3 };
  const later = new HeldRegister(kept);
  expect(later.opened('shop.sqlite3', true, 4)).toEqual(cleared);
  expect(later.opened('shop.sqlite3', false, 5)).toEqual(cleared);
  later.dismiss();
  expect(later.opened('shop.sqlite3', false, 6)).toBeUndefined();
});

test('another database is another matter, and what others wrote there is nobody’s', () => {
  const kept = store();
  new HeldRegister(kept).opened('shop.sqlite3', true, 1);
  kept.setItem('octavo:held:branch.sqlite3', 'nonsense');
  expect(new HeldRegister(kept).opened('branch.sqlite3', true, 2)).toBeUndefined();
});
