export { gitArguments, gitEnvironment, pardonedFaults } from './git-command.ts';
