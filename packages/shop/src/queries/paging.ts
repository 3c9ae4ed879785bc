import * as v from 'valibot';

const MAX_PAGE = 1000;

/** The part of a list that is on the screen. */
export const paging = {
  offset: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_PAGE)),
};

export const searchText = v.optional(v.pipe(v.string(), v.maxLength(500)), '');
