// The errors page and the entries it is made from.

export { CHAPTERS, renderErrorsPage } from './render-errors-page.ts';
