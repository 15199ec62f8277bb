/** How many the origin sends in one. */
export const eventsOfStream = 1_000;
/** Of one that has a pace. */
export const pacedEvents = 50;
