// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the pipeline's own references
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planHash, planSchema } from '#libs/events';
import { compilePipeline, validatePipeline } from './compile.ts';
import { formatDiagnostic, formatExcerpt } from './diagnostic.ts';
import { pipelineFileSchema } from './schema.ts';

const testdata = new URL('../testdata/', import.meta.url);
const filesOf = (folder: string) =>
  readdirSync(new URL(folder, testdata)).filter((name) => name.endsWith('.yaml'));
const bytesOf = (path: string) => readFileSync(new URL(path, testdata));
const goldenOf = (path: string) => new URL(path, testdata).pathname;

function compiled(text: string) {
  const result = compilePipeline(text, { file: 'f.yaml' });
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
  return result;
}
const codesOf = (source: string | Uint8Array) =>
  compilePipeline(source).diagnostics.map(({ code }) => code);

describe('golden files', () => {
  it.each(filesOf('good'))('compiles %s', async (name) => {
    const result = compilePipeline(bytesOf(`good/${name}`), { file: name });
    if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
    const { plan, diagnostics } = result;
    expect(() => planSchema.parse(plan)).not.toThrow();
    expect(result.planHash).toBe(planHash(plan));
    const golden = { planHash: result.planHash, warnings: diagnostics.map(formatDiagnostic), plan };
    const path = goldenOf(`good/${name.replace(/yaml$/, 'json')}`);
    await expect(`${JSON.stringify(golden, null, 2)}\n`).toMatchFileSnapshot(path);
  });

  it.each(filesOf('bad'))('refuses %s', async (name) => {
    const source = bytesOf(`bad/${name}`);
    const result = compilePipeline(source, { file: name });
    expect(result.ok).toBe(false);
    const lines = result.diagnostics.map(
      (found) => `${formatDiagnostic(found)}\n${formatExcerpt(found, source.toString('latin1'))}\n`,
    );
    await expect(lines.join('\n')).toMatchFileSnapshot(
      goldenOf(`bad/${name.replace(/yaml$/, 'txt')}`),
    );
  });
});

describe('a refusal', () => {
  const step = (more: string) => `name: p\nsteps: [{ id: a, cmd: x${more} }]\n`;

  it.each([
    ['whose YAML cannot be read', 'name: [', false],
    ['with a value of a wrong kind', step(', depends_on: [nosuch], timeout: [1]'), false],
    ['with an unknown key, which the rest does not depend on', step(', nosuch: 1'), true],
    ['with a wrong dependency', step(', depends_on: [nosuch]'), true],
    ['of another system', 'on: push\njobs: { a: { steps: [{ run: x }] } }\n', true],
  ])('of a file %s says whether all was looked at', (_, text, isWhole) =>
    expect(compilePipeline(text)).toMatchObject({ ok: false, isWhole }),
  );
});

describe('the plan', () => {
  const twoSteps = 'name: a\nsteps:\n  - {id: a, cmd: x}\n  - {id: b, cmd: y, depends_on: a}\n';

  it('is frozen all through', () => {
    const { plan } = compiled(twoSteps);
    expect(Object.isFrozen(plan)).toBe(true);
    expect(Object.isFrozen(plan.steps[1]?.dependsOn)).toBe(true);
  });

  it('has the same hash whatever the order of keys, the quotes and the comments', () => {
    const same = [
      'name: a\nenv: {A: 1, B: 2}\nvars: {X: 1, Y: 2}\nsteps: [{id: a, cmd: x, labels: [p, q]}]',
      'vars: {Y: "2", X: \'1\'}\nsteps:\n  # comment\n  - cmd: x\n    labels: [q, p]\n    id: a\nenv: {B: 2, A: 1}\nname: "a"\n',
    ];
    expect(new Set(same.map((text) => compiled(text).planHash)).size).toBe(1);
  });

  it('has another hash where the order of steps or commands differs', () => {
    const first = compiled('name: a\norder: graph\nsteps: [{id: a, cmd: [x, y]}, {id: b, cmd: x}]');
    const second = compiled(
      'name: a\norder: graph\nsteps: [{id: a, cmd: [y, x]}, {id: b, cmd: x}]',
    );
    const third = compiled('name: a\norder: graph\nsteps: [{id: b, cmd: x}, {id: a, cmd: [x, y]}]');
    expect(new Set([first, second, third].map((result) => result.planHash)).size).toBe(3);
  });

  it('keeps what a hostile name could reach by inheritance', () => {
    const { plan } = compiled(
      'name: a\nenv: {constructor: x, toString: y}\nsteps: [{id: constructor, cmd: z}]',
    );
    expect(plan.steps[0]?.env).toEqual({ constructor: 'x', toString: 'y' });
  });
});

describe('hostile files', () => {
  const step = '\nsteps:\n  - id: a\n    cmd: echo\n';
  const bombLetters = [...'abcdefghij'];
  const bomb = bombLetters
    .map((name, index) => {
      const item = index === 0 ? 'x' : `*${bombLetters[index - 1]}`;
      return `${name}: &${name} [${Array(9).fill(item).join(', ')}]\n`;
    })
    .join('');
  it.each([
    ['nothing', '', 'yaml.empty'],
    ['white space', ' \n\n', 'yaml.empty'],
    ['a bare mark', '---\n', 'schema.type'],
    ['binary', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 1, 0xff), 'yaml.control-character'],
    ['UTF-16', Buffer.from('\ufeffname: a', 'utf16le'), 'yaml.encoding'],
    ['UTF-8 that ends too early', Buffer.from('name: é').subarray(0, 7), 'yaml.encoding'],
    ['NUL', 'name: a\0b', 'yaml.control-character'],
    ['NUL by an escape', `name: "a\\0b"${step}`, 'yaml.control-character'],
    ['a lone surrogate', 'name: \ud800', 'yaml.control-character'],
    ['a lone surrogate by an escape', `name: "\\ud800"${step}`, 'yaml.control-character'],
    ['10 MB', 'a'.repeat(10_000_000), 'limit.bytes'],
    ['10 MB of bytes', new Uint8Array(10_000_000), 'limit.bytes'],
    ['a prototype', `name: a\n__proto__: {x: 1}${step}`, 'schema.reserved-key'],
    ['5,000 lists', '['.repeat(5000), 'limit.depth'],
    ['5,000 closed lists', '['.repeat(5000) + ']'.repeat(5000), 'limit.depth'],
    ['5,000 maps', '{a: '.repeat(5000), 'limit.depth'],
    ['5,000 dashes', `${'- '.repeat(5000)}x`, 'limit.depth'],
    [
      '1,000 indentations',
      Array.from({ length: 1000 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'),
      'limit.depth',
    ],
    ['an alias bomb', bomb, 'limit.expansion'],
    ['many aliases', `a: &a x\nb: [${'*a, '.repeat(200)}]`, 'limit.aliases'],
    ['many anchors', '&a '.repeat(2000), 'limit.aliases'],
    ['an alias of itself', 'a: &a [*a]', 'yaml.recursive-alias'],
    ['an alias of nothing', 'a: *x', 'yaml.unknown-anchor'],
    ['a tag', `name: !ruby/object a${step}`, 'yaml.tag'],
    ['a binary tag', `name: !!binary aGk=${step}`, 'yaml.tag'],
    ['a list as a key', '[a]: b', 'yaml.key'],
    ['a merge of a number', `name: a\n<<: 3${step}`, 'yaml.merge'],
    ['errors only', '"'.repeat(20_000), 'yaml.syntax'],
  ] as const)('says one clean sentence about %s', (_, source, code) => {
    expect(codesOf(source)).toEqual([code]);
  });

  it('counts steps, commands, variables and the size of the plan', () => {
    const steps = Array.from({ length: 10_001 }, (_, n) => `  - {id: s${n}, cmd: x}\n`).join('');
    expect(codesOf(`name: a\nsteps:\n${steps}`)).toEqual(['limit.steps']);
    expect(codesOf(`name: a\nsteps: [{id: a, cmd: [${'x, '.repeat(1001)}]}]`)).toEqual([
      'limit.commands',
    ]);
    expect(codesOf(`name: a\nsteps: [{id: a, cmd: "${'x'.repeat(110_000)}"}]`)).toEqual([
      'limit.commands',
    ]);
    expect(codesOf(`name: a\nenv: {A: ${'x'.repeat(140_000)}}${step}`)).toEqual(['limit.env']);
    const many = Array.from({ length: 100 }, (_, n) => `  - {id: s${n}, cmd: x}\n`).join('');
    expect(
      codesOf(`name: a\norder: graph\nenv: {A: ${'x'.repeat(100_000)}}\nsteps:\n${many}`),
    ).toEqual(['limit.plan-size']);
  });

  it('lists at most a hundred problems and says so', () => {
    const keys = Array.from({ length: 5000 }, (_, n) => `k${n}: v`).join('\n');
    const found = codesOf(keys);
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toBe('limit.diagnostics');
  });

  it('takes a byte order mark, Windows line ends and 10,000 steps in a chain', () => {
    expect(compiled(`\ufeffname: a${step.replaceAll('\n', '\r\n')}`).plan.name).toBe('a');
    const chain = Array.from({ length: 10_000 }, (_, n) => `- {id: s${n}, cmd: x}\n`).join('');
    const { plan } = compiled(`name: a\norder: sequential\nsteps:\n${chain}`);
    expect(plan.steps.at(-1)?.dependsOn).toEqual(['s9998']);
  });
});

describe('properties', () => {
  it('never throws, and an invalid file always has an error', () => {
    const yamlish = fc
      .array(
        fc.constantFrom(
          'name: a\n',
          'steps:\n',
          '  - id: a\n',
          '    cmd: x\n',
          '    env: ',
          '{',
          '}',
          '[',
          ']',
          ': ',
          '- ',
          '\n',
          '  ',
          '\t',
          '"',
          "'",
          '|',
          '>',
          '&a ',
          '*a ',
          '<<: ',
          '? ',
          '#',
          '---\n',
          '...\n',
          '%YAML 1.1\n',
          '!!str ',
          '${{ vars.A }}',
          '\u0085',
          '\0',
          'é',
          '\ud83d',
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join(''));
    const source = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array(), yamlish);
    fc.assert(
      fc.property(source, (text) => {
        const { ok, diagnostics } = compilePipeline(text);
        expect(diagnostics.some(({ severity }) => severity === 'error')).toBe(!ok);
        expect(diagnostics.every(({ line, column }) => line >= 1 && column >= 1)).toBe(true);
        expect(validatePipeline(text)).toEqual({ valid: ok, diagnostics });
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on any value of the right shape or near it, and gives plans that fit', () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const key = fc.oneof(fc.constantFrom(...Object.keys(pipelineFileSchema.shape)), fc.string());
    const id = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.record(
      {
        id,
        cmd: fc.oneof(
          fc.string({ minLength: 1 }),
          fc.array(fc.string({ minLength: 1 }), { minLength: 1 }),
          scalar,
        ),
        depends_on: fc.oneof(id, fc.array(id)),
        env: fc.dictionary(fc.constantFrom('A', 'B', '__proto__', '1'), scalar),
        timeout: fc.oneof(fc.constant('10m'), scalar),
      },
      { requiredKeys: ['id', 'cmd'] },
    );
    const file = fc.oneof(
      fc.record({ name: fc.constant('p'), steps: fc.array(step, { minLength: 1 }) }),
      fc.dictionary(key, fc.anything()),
    );
    fc.assert(
      fc.property(file, (value) => {
        const text = JSON.stringify(value, (_, item) =>
          typeof item === 'bigint' ? `${item}` : item,
        );
        const result = compilePipeline(text ?? '');
        if (!result.ok) return;
        expect(() => planSchema.parse(result.plan)).not.toThrow();
        expect(compiled(text).planHash).toBe(result.planHash);
      }),
      { numRuns: 500 },
    );
  });
});
