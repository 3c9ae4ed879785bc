import type { Locator } from '@playwright/test';

/** Every status that the light has shown since it was watched, in order, however shortly. */
export class LightRecord {
  readonly #light: Locator;

  private constructor(light: Locator) {
    this.#light = light;
  }

  static async watch(light: Locator): Promise<LightRecord> {
    await light.evaluate((element) => {
      const note = () => {
        const seen = (element.getAttribute('data-test-seen') ?? '').split(' ');
        const status = element.getAttribute('data-status') ?? '';
        if (seen.at(-1) !== status)
          element.setAttribute('data-test-seen', [...seen, status].join(' ').trim());
      };
      note();
      new MutationObserver(note).observe(element, { attributeFilter: ['data-status'] });
    });
    return new LightRecord(light);
  }

  async statuses(): Promise<string[]> {
    return ((await this.#light.getAttribute('data-test-seen')) ?? '').split(' ');
  }
}
