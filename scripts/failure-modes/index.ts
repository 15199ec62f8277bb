// The failure modes and field reports, and the pages that are made from them.

export { FAILURE_CHAPTERS } from './failure-modes.ts';
export { FIELD_REPORTS } from './field-reports.ts';
export { FOUND_FAULTS } from './found-faults.ts';
export { renderFailureModesPage, renderFieldReportsPage } from './render-failure-modes-page.ts';
