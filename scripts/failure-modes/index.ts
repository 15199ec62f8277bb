// The failure modes and field reports, and their pages.

export { failureChapters } from './failure-modes.ts';
export { fieldReports } from './field-reports.ts';
export { foundFaults } from './found-faults.ts';
export { renderFailureModesPage, renderFieldReportsPage } from './render-failure-modes-page.ts';
