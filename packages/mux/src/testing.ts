export { FrontStandIn } from './testing/front-stand-in.ts';
