// The failure modes and field reports, and their pages.

export { failureChapters as FAILURE_CHAPTERS } from './failure-modes.ts';
export { fieldReports as FIELD_REPORTS } from './field-reports.ts';
export { foundFaults as FOUND_FAULTS } from './found-faults.ts';
export { renderFailureModesPage, renderFieldReportsPage } from './render-failure-modes-page.ts';
