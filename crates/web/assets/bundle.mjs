// Bundles the front end: node bundle.mjs <npm folder> <crate folder> <out folder>.
//
// Writes every file under a name that carries the hash of its content, with
// .gz and .br beside it, and `manifest.tsv` (logical name, hashed name, media
// type), from which build.rs makes the table that is compiled into the binary.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync, readdirSync, mkdirSync, rmSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, extname } from 'node:path';
import { brotliCompressSync, gzipSync, constants } from 'node:zlib';

const [npmDir, webDir, outDir] = process.argv.slice(2);
const modules = join(npmDir, 'node_modules');
const require = createRequire(join(npmDir, 'package.json'));
const esbuild = require('esbuild');
const postcss = require('postcss');
const { PurgeCSS } = require('purgecss');

const media = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const manifest = [];

function emit(name, content) {
  const bytes = Buffer.from(content);
  const ext = extname(name);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const hashed = `${name.slice(0, -ext.length)}-${hash}${ext}`;
  writeFileSync(join(outDir, hashed), bytes);
  // A font is compressed already: its twins would only be larger.
  const packed = ext !== '.woff2';
  if (packed) {
    writeFileSync(join(outDir, `${hashed}.gz`), gzipSync(bytes, { level: 9 }));
    writeFileSync(join(outDir, `${hashed}.br`), brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }));
  }
  manifest.push([name, hashed, media[ext], packed ? 'packed' : 'plain'].join('\t'));
  return hashed;
}

function sources(dir, pattern) {
  return readdirSync(dir, { recursive: true })
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => readFileSync(join(dir, name), 'utf8'));
}

// Where class names and icon names are written.
const texts = [
  ...sources(join(webDir, 'templates'), /\.(html|svg)$/),
  ...sources(join(webDir, 'src'), /\.rs$/),
  ...['app.js', 'chart.js'].map((name) => readFileSync(join(webDir, 'assets', name), 'utf8')),
];

// One sprite of our own marks and of every icon("name") or Menu::new("name", …) of the pages.
function sprite() {
  const names = new Set();
  for (const text of texts) {
    for (const match of text.matchAll(/(?:icon|Menu::new)\("([a-z0-9-]+)"/g)) names.add(match[1]);
  }
  // The registry's nouns name their icons in their own files.
  for (const text of sources(join(webDir, '../domain/nouns'), /\.yaml$/)) {
    for (const match of text.matchAll(/^icon:\s*([a-z0-9-]+)/gm)) names.add(match[1]);
  }
  // Packs name theirs too; for one that there is none of, and for packs that come later, a book stands.
  names.add('notebook');
  for (const folder of ['registers', 'flows']) {
    for (const text of sources(join(webDir, '../../policy', folder), /\.yaml$/)) {
      for (const match of text.matchAll(/^icon:\s*([a-z0-9-]+)/gm)) {
        if (existsSync(join(modules, '@tabler/icons/icons/outline', `${match[1]}.svg`))) names.add(match[1]);
      }
    }
  }
  const symbols = [...names].sort().map((name) => {
    const file = join(modules, '@tabler/icons/icons/outline', `${name}.svg`);
    if (!existsSync(file)) throw new Error(`icon("${name}"): @tabler/icons has no outline/${name}.svg`);
    const inner = readFileSync(file, 'utf8').replace(/^[\s\S]*?<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '').replace(/\s+/g, ' ');
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${inner.trim()}</symbol>`;
  });
  const marks = readFileSync(join(webDir, 'assets', 'marks.svg'), 'utf8').replace(/<!--[\s\S]*?-->/g, '').replace(/<\/?svg[^>]*>/g, '').trim();
  return `<svg xmlns="http://www.w3.org/2000/svg">${marks}${symbols.join('')}</svg>`;
}

// The two subsets of Inter that Vietnamese and English need.
function fonts() {
  const css = readFileSync(join(modules, '@fontsource-variable/inter/index.css'), 'utf8');
  return css.split('@font-face').slice(1).map((face) => {
    const file = face.match(/files\/(inter-(?:latin|vietnamese)-wght-normal\.woff2)/);
    if (!file) return '';
    const hashed = emit(file[1], readFileSync(join(modules, '@fontsource-variable/inter/files', file[1])));
    const range = face.match(/unicode-range:[^;}]+/)[0];
    return `@font-face{font-family:Inter;font-style:normal;font-weight:100 900;font-display:swap;src:url(/assets/${hashed}) format("woff2");${range}}`;
  }).join('');
}

// What the dark theme says also holds for "auto" on a machine that prefers
// dark: in CSS, so that it works without JavaScript and without a flash.
function autoDark(css) {
  const root = postcss.parse(css);
  const wrap = postcss.atRule({ name: 'media', params: '(prefers-color-scheme: dark)' });
  root.walkRules((rule) => {
    const dark = rule.selectors.filter((s) => s.includes('[data-bs-theme=dark]'));
    if (dark.length === 0 || rule.parent.type === 'atrule') return;
    wrap.append(rule.clone({ selectors: dark.map((s) => s.replaceAll('[data-bs-theme=dark]', '[data-bs-theme=auto]')) }));
  });
  root.append(wrap);
  return root.toString();
}

async function styles() {
  const [purged] = await new PurgeCSS().purge({
    content: [{ raw: texts.join('\n'), extension: 'html' }],
    css: [{ raw: readFileSync(join(modules, '@tabler/core/dist/css/tabler.min.css'), 'utf8') }],
    defaultExtractor: (text) => text.match(/[A-Za-z0-9_-]+/g) ?? [],
    safelist: { standard: ['html', 'body', 'show', 'active', 'disabled'], deep: [/data-bs-theme/] },
    variables: true,
    keyframes: true,
    fontFace: true,
  });
  const ours = sources(join(webDir, 'assets/css'), /\.css$/).join('\n');
  const all = autoDark(`${purged.css}\n${ours}`);
  const { code } = await esbuild.transform(fonts() + all, { loader: 'css', minify: true, target: ['chrome109', 'firefox115', 'safari16'], legalComments: 'none' });
  return code;
}

async function script(entry) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(webDir, 'assets', entry)],
    nodePaths: [modules],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['chrome109', 'firefox115', 'safari16'],
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return outputFiles[0].contents;
}

rmSync(outDir, { recursive: true, force: true });
mkdirSync(outDir, { recursive: true });
emit('icons.svg', sprite());
emit('favicon.svg', readFileSync(join(webDir, 'assets', 'favicon.svg')));
emit('app.css', await styles());
emit('app.js', await script('app.js'));
emit('chart.js', await script('chart.js'));
writeFileSync(join(outDir, 'manifest.tsv'), `${manifest.join('\n')}\n`);
