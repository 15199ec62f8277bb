// The errors page and its entries.

export { chapters as CHAPTERS, renderErrorsPage } from './render-errors-page.ts';
