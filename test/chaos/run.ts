// The chaos round as a script: node --conditions=source test/chaos/run.ts [KILLS] [RUNS] [process|oci] [SEED] [LONG_FREEZES]
import { killServerRepeatedly, seededRandom } from './kill-server.ts';

const [
  kills = '50',
  runs = '200',
  driver = 'process',
  seed = String(Date.now() % 1_000_000),
  longFreezes = '5',
] = process.argv.slice(2);
const sandbox = driver === 'oci' ? 'oci' : 'process';
console.error(
  `${kills} kills over ${runs} runs, ${longFreezes} long freezes, ${sandbox}, seed ${seed}`,
);
const report = await killServerRepeatedly({
  kills: Number(kills),
  runs: Number(runs),
  sandbox,
  longFreezes: Number(longFreezes),
  random: seededRandom(Number(seed)),
  note: (text) => console.error(text),
});
console.log(JSON.stringify({ seed, ...report }));
process.exitCode = report.violations.length === 0 ? 0 : 1;
