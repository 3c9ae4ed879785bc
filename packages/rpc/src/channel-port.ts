import type { Port } from './port.ts';

/**
 * A broadcast channel as a port. With a name that only two ends know, it is a pipe between contexts that nobody has to
 * introduce to each other. Everything is copied on it, nothing can be moved, and what is sent while the other end does
 * not listen is lost.
 */
export function channelPort(channel: BroadcastChannel): Port {
  return {
    postMessage: (message) => channel.postMessage(message),
    addEventListener: (type, listener) => channel.addEventListener(type, listener),
    removeEventListener: (type, listener) => channel.removeEventListener(type, listener),
  };
}
