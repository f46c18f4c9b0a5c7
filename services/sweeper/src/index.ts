export { Sweeper, type SweeperParts } from './sweeper.loop.ts';
