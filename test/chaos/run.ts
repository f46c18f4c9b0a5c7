// The chaos round as a script: node --conditions=source test/chaos/run.ts [KILLS] [RUNS] [SEED]
import { killServerRepeatedly, seededRandom } from './kill-server.ts';

const [kills = 50, runs = 200, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
console.error(`${kills} kills over ${runs} runs, seed ${seed}`);
const report = await killServerRepeatedly({
  kills,
  runs,
  random: seededRandom(seed),
  note: (text) => console.error(text),
});
console.log(JSON.stringify({ seed, ...report }));
process.exitCode = report.violations.length === 0 ? 0 : 1;
