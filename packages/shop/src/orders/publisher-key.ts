/**
 * A publisher's name as it is compared: books come from many lists, and "Penguin" and "PENGUIN " are one publisher.
 * An expression of SQL on both sides of each comparison, so that every replica makes the same keys. Letters beyond
 * ASCII keep their case: SQLite without ICU knows no other.
 */
export function publisherKeySql(expression: string): string {
  return `lower(trim(${expression}))`;
}
