// The database lives in the browser: there is nothing that a server could render.
export const ssr = false;
export const prerender = false;
