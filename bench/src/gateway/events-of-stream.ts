/** How many the origin sends in one. */
export const eventsOfStream = 1_000;
