// The architecture as data, and its section of docs/architecture.md.

export { allowedPicture, type Room } from './allowed-picture.ts';
export { renderPicture } from './render-picture.ts';
