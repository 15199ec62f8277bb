/** The name of a project's configuration, in the project's folder or above it. */
export const projectFile = 'fairlead.yaml';
