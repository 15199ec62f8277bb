// The errors page and its entries.

export { chapters, renderErrorsPage } from './render-errors-page.ts';
