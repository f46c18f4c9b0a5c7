export { composeSweeper } from './compose.ts';
