// The errors page and the entries it is made from.

export { chapters as CHAPTERS, renderErrorsPage } from './render-errors-page.ts';
