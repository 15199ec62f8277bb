// A door for commands that ask control and connect to no deployment: they load nothing of connecting and launching.

export { describeRoute } from './bastion/describe-route.ts';
export { configNote, readNote, writeNote } from './bastion/kept-notes.ts';
export { ControlAnswerError } from './client-error.ts';
export { createSession, openProfileLink, openSession, type Session } from './control/open-session.ts';
export { profilePath, readProfile, writeProfile } from './bastion/profile.ts';
