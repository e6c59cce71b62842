// Bundles src/ and styles/ into static/.
//   node build.mjs           writes static/
//   node build.mjs --check   builds aside and fails when static/ differs
//   node build.mjs --watch   rebuilds while you type
import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const committed = path.join(here, "static");
const flags = new Set(process.argv.slice(2));

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: ["chrome111", "firefox115", "safari16.4"],
  legalComments: "none",
  logLevel: "warning",
  charset: "utf8",
};

/** The texts are a classic script of their own: they are there before any module runs. */
const texts = {
  name: "texts",
  setup(build) {
    build.onLoad({ filter: /texts\/\w+\.json$/ }, async ({ path: file }) => {
      const table = JSON.parse(await readFile(file, "utf8"));
      const client = Object.entries(table).filter(([key]) => key.startsWith("js."));
      const short = Object.fromEntries(client.map(([key, text]) => [key.slice(3), text]));
      return { contents: `globalThis.pattaraiTexts=${JSON.stringify(short)}`, loader: "js" };
    });
  },
};

function configurations(outdir) {
  return [
    {
      ...shared,
      entryPoints: { site: "src/site.ts", lesson: "src/lesson.ts", report: "src/report.ts", review: "src/review.ts" },
      outdir, format: "esm", splitting: true, chunkNames: "chunk-[name]-[hash]",
    },
    {
      ...shared,
      entryPoints: { theme: "src/theme.ts", "texts.en": "texts/en.json", "texts.ta": "texts/ta.json" },
      outdir, format: "iife", plugins: [texts],
    },
    {
      ...shared,
      entryPoints: { app: "styles/app.css", lesson: "styles/lesson.css", mark: "styles/mark.svg", mermaid: "@mermaid-js/tiny/dist/mermaid.tiny.js" },
      outdir, assetNames: "fonts/[name]",
      loader: { ".woff2": "file", ".svg": "copy", ".js": "copy" },
    },
  ];
}

async function list(dir) {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((e) => path.relative(dir, path.join(e.parentPath, e.name))).sort();
}

/** A sum of everything the bundle is made from. A Go test compares it, so that a bundle older than its sources is found without Node. */
async function sourceSum() {
  const files = ["build.mjs", "package-lock.json"];
  for (const dir of ["src", "styles", "texts"]) for (const name of await list(path.join(here, dir))) files.push(`${dir}/${name}`);
  const hash = createHash("sha256");
  for (const name of files.sort()) hash.update(`${name}\0`).update(await readFile(path.join(here, name))).update("\0");
  return hash.digest("hex");
}

async function build(outdir) {
  await rm(outdir, { recursive: true, force: true });
  await Promise.all(configurations(outdir).map((c) => esbuild.build(c)));
}

async function check() {
  const outdir = await mkdtemp(path.join(tmpdir(), "pattarai-assets-"));
  try {
    await build(outdir);
    const names = new Set([...(await list(outdir)), ...(await list(committed))]);
    const differing = [];
    for (const name of names) {
      const [a, b] = await Promise.all([outdir, committed].map((d) => readFile(path.join(d, name)).catch(() => null)));
      if (!a || !b || !a.equals(b)) differing.push(name);
    }
    if (differing.length) {
      console.error(`static/ is not what the sources make: ${differing.join(", ")}\nRun "npm run build" and commit static/.`);
      process.exitCode = 1;
    }
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

if (flags.has("--check")) await check();
else if (flags.has("--watch")) {
  await build(committed);
  for (const c of configurations(committed)) await (await esbuild.context(c)).watch();
} else {
  await build(committed);
  await writeFile(path.join(here, "bundle.sum"), `${await sourceSum()}\n`);
}
