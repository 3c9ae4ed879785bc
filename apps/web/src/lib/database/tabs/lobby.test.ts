import { expect, test } from 'vitest';
import { parseLobbyMessage } from './lobby.ts';

test('what the lobby says is read, and nothing else that is said there', () => {
  expect(parseLobbyMessage({ lobby: 'who' })).toEqual({ lobby: 'who' });
  expect(parseLobbyMessage({ lobby: 'leading', leader: 'a', contract: 1, more: true })).toEqual({
    lobby: 'leading',
    leader: 'a',
    contract: 1,
  });
  expect(parseLobbyMessage({ lobby: 'join', leader: 'a', guest: 'b' })).toEqual({
    lobby: 'join',
    leader: 'a',
    guest: 'b',
  });
  for (const wrong of [
    null,
    'who',
    {},
    { lobby: 'leading', leader: 'a' },
    { lobby: 'join', leader: 'a' },
    { lobby: 'x' },
  ])
    expect(parseLobbyMessage(wrong)).toBeUndefined();
});
