import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualItem,
} from '@tanstack/virtual-core';

export interface VirtualOptions {
  count: number;
  rowHeight: number;
  /** What sticks to the top of the scrolling element, in front of the rows. */
  headerHeight: number;
  element: HTMLElement | null;
}

const OVERSCAN_ROWS = 12;

/** The rows of a long list that are in sight, by the virtualiser of TanStack. Make it while a component is set up. */
export class VirtualRows {
  items = $state.raw<VirtualItem[]>([]);
  height = $state(0);
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>;

  /** `options` may read reactive state. */
  constructor(options: () => VirtualOptions) {
    this.#virtualizer = new Virtualizer(
      this.#configure({ count: 0, rowHeight: 1, headerHeight: 0, element: null }),
    );
    $effect(() => this.#virtualizer._didMount());
    $effect(() => {
      this.#virtualizer.setOptions(this.#configure(options()));
      this.#virtualizer.measure();
      this.#virtualizer._willUpdate();
      this.#read();
    });
  }

  /** Brings a row into sight, moving as little as possible. */
  reveal(index: number): void {
    this.#virtualizer.scrollToIndex(index, { align: 'auto' });
  }

  toTop(): void {
    this.#virtualizer.scrollToOffset(0);
  }

  #configure({ count, rowHeight, headerHeight, element }: VirtualOptions) {
    return {
      count,
      getScrollElement: () => element,
      estimateSize: () => rowHeight,
      overscan: OVERSCAN_ROWS,
      scrollMargin: headerHeight,
      scrollPaddingStart: headerHeight,
      observeElementRect,
      observeElementOffset,
      scrollToFn: elementScroll,
      onChange: () => this.#read(),
    };
  }

  #read(): void {
    this.items = this.#virtualizer.getVirtualItems();
    this.height = this.#virtualizer.getTotalSize();
  }
}
