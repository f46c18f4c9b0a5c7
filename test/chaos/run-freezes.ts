// Freezes of the database as a script: node --conditions=source test/chaos/run-freezes.ts [FREEZES] [RUNS] [SEED]
import { freezeDatabaseRepeatedly } from './freeze-database.ts';
import { seededRandom } from './kill-server.ts';

const [freezes = '20', runs = '80', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
console.error(`${freezes} freezes over ${runs} runs, seed ${seed}`);
const report = await freezeDatabaseRepeatedly({
  freezes: Number(freezes),
  runs: Number(runs),
  random: seededRandom(Number(seed)),
  note: (text) => console.error(text),
});
console.log(JSON.stringify({ seed, ...report }));
process.exit(report.violations.length === 0 ? 0 : 1);
