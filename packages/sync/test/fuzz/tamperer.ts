import { toHex } from '@octavo/protocol/identity.ts';
import type { Message } from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import { Violation } from '../simulator/violation.ts';
import type { SeededRandom } from '../world/virtual-time.ts';
import { damaged } from './byte-mutation.ts';
import { anyDamage, integer, pick } from './chance.ts';
import { lying } from './field-mutation.ts';

/** What was done to a frame, and what came of it. */
export interface Tampered {
  how: string;
  frame: Uint8Array;
}

/** Frames remembered for being sent again or joined with others. */
const REMEMBERED = 200;

export interface TampererOptions {
  random: SeededRandom;
  /** The decoder of the direction that is tampered with. */
  decode: (frame: Uint8Array) => Message;
  /** Whether a forged frame may be a message. Otherwise it is noise that no decoder takes. */
  mayLie: boolean;
  onTampered: (tampered: Tampered) => void;
}

/** Damages the frames of one direction, reproducibly. */
export class Tamperer {
  readonly #options: TampererOptions;
  /** Real frames of this direction. */
  readonly #corpus: Uint8Array[] = [];
  #held: { connection: number; frame: Uint8Array } | undefined;
  /** A connection that carries nothing any more. A transport leaves nothing out and goes on. */
  #silent: number | undefined;

  constructor(options: TampererOptions) {
    this.#options = options;
  }

  remember(frame: Uint8Array): void {
    if (this.#corpus.length < REMEMBERED) this.#corpus.push(frame);
    else this.#corpus[integer(this.#options.random, REMEMBERED)] = frame;
  }

  /** A remembered frame. */
  any(): Uint8Array | undefined {
    return pick(this.#options.random, this.#corpus);
  }

  /** What arrives in place of a real frame: mostly the frame. */
  pass(connection: number, frame: Uint8Array, share: number): Uint8Array[] {
    this.remember(frame);
    if (this.#silent === connection) return [];
    const held = this.#held;
    this.#held = undefined;
    const arriving = this.#options.random.fraction() < share ? this.#instead(connection, frame) : [frame];
    // A line keeps what it carries to one connection.
    return held?.connection === connection ? [...arriving, held.frame] : arriving;
  }

  #instead(connection: number, frame: Uint8Array): Uint8Array[] {
    const { random } = this.#options;
    switch (integer(random, 30)) {
      case 0:
        this.#silent = connection;
        return [];
      case 1:
      case 2:
      case 3:
      case 4:
        return [frame, this.#note('repeated', frame)];
      case 5:
      case 6:
      case 7:
      case 8:
        this.#held = { connection, frame: this.#note('late', frame) };
        return [];
      case 9:
      case 10:
      case 11:
      case 12:
        return [frame, this.forged(pick(random, this.#corpus) ?? frame)];
      default:
        return [this.forged(frame)];
    }
  }

  /** A frame that no honest peer sends. */
  forged(frame: Uint8Array): Uint8Array {
    const { random, decode, mayLie } = this.#options;
    const lie = mayLie && random.fraction() < 0.5 ? lying(decode(frame), random) : undefined;
    if (lie !== undefined) return this.#note('lie', lie);
    let broken = frame;
    for (let count = 1 + integer(random, 3); count > 0; count -= 1)
      broken = damaged(broken, anyDamage(random, this.#corpus));
    if (!mayLie && this.#isMessage(broken)) broken = new Uint8Array();
    return this.#note('damaged', broken);
  }

  #isMessage(frame: Uint8Array): boolean {
    try {
      this.#options.decode(frame);
      return true;
    } catch (error) {
      if (error instanceof ProtocolError) return false;
      throw new Violation(`The decoder threw ${String(error)} at ${toHex(frame)}`);
    }
  }

  #note(how: string, frame: Uint8Array): Uint8Array {
    this.#options.onTampered({ how, frame });
    return frame;
  }
}
