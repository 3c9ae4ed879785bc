import type { Probe } from './contract.ts';

/** Whether something works, by doing it. */
export async function probe(run: () => unknown): Promise<Probe> {
  try {
    await run();
    return { state: 'works' };
  } catch (error) {
    return {
      state: 'fails',
      why: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    };
  }
}
