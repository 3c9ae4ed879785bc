import ArrowDownToLine from '@lucide/svelte/icons/arrow-down-to-line';
import BookOpen from '@lucide/svelte/icons/book-open';
import ClipboardList from '@lucide/svelte/icons/clipboard-list';
import FileUp from '@lucide/svelte/icons/file-up';
import Library from '@lucide/svelte/icons/library';
import Send from '@lucide/svelte/icons/send';
import Settings from '@lucide/svelte/icons/settings';
import ShoppingBag from '@lucide/svelte/icons/shopping-bag';
import Truck from '@lucide/svelte/icons/truck';
import Users from '@lucide/svelte/icons/users';
import Warehouse from '@lucide/svelte/icons/warehouse';
import type { Component } from 'svelte';

export interface Room {
  href: string;
  label: string;
  icon: Component;
  /** On a phone's bar; the others are behind "More". */
  main: boolean;
}

export const rooms: readonly Room[] = [
  { href: '/stock', label: 'Stock', icon: Library, main: true },
  { href: '/books', label: 'Books', icon: BookOpen, main: true },
  { href: '/inbound', label: 'Inbound', icon: ArrowDownToLine, main: true },
  { href: '/outbound', label: 'Outbound', icon: ShoppingBag, main: true },
  { href: '/customers', label: 'Customers', icon: Users, main: false },
  { href: '/orders', label: 'Orders', icon: ClipboardList, main: false },
  { href: '/suppliers', label: 'Suppliers', icon: Truck, main: false },
  { href: '/warehouses', label: 'Warehouses', icon: Warehouse, main: false },
  { href: '/import', label: 'Import', icon: FileUp, main: false },
  { href: '/outbox', label: 'Outbox', icon: Send, main: false },
  { href: '/settings', label: 'Settings', icon: Settings, main: false },
];

/** Whether a path is in a room: the first screen is the stock. */
export function isInRoom(room: Room, path: string): boolean {
  if (path === '/') return room.href === '/stock';
  return path === room.href || path.startsWith(`${room.href}/`);
}
