// Reads a workflow as GitHub does, by its own parser and its own evaluator of
// expressions, and prints what the jobs are given: `{"errors": […], "jobs": […]}`.
// Arguments: a directory of Node modules, and the workflow.
import { register } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

// The parser imports JSON without saying so, which Node refuses.
const hook = `export async function load(url, context, next) {
  const json = url.endsWith(".json") ? { importAttributes: { type: "json" } } : {};
  return next(url, { ...context, ...json });
}`;
register("data:text/javascript," + encodeURIComponent(hook));

const [modules, path] = process.argv.slice(2);
const at = (name) => import(pathToFileURL(`${modules}/@actions/${name}/dist/index.js`));
const { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } = await at("workflow-parser");
const { Lexer, Parser, Evaluator, data, wellKnownFunctions } = await at("expressions");

const content = readFileSync(path, "utf8");
const parsed = parseWorkflow({ name: path, content }, new NoOperationTraceWriter());
const errors = parsed.context.errors.getErrors().map(String);

function toData(value) {
  if (typeof value === "string") return new data.StringData(value);
  if (typeof value === "number") return new data.NumberData(value);
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  return new data.Dictionary(...Object.entries(value).map(([key, of]) => ({ key, value: toData(of) })));
}

function fromData(value) {
  if (value instanceof data.Array) return value.values().map(fromData);
  if (value instanceof data.Dictionary) {
    return Object.fromEntries(value.pairs().map(({ key, value }) => [key, fromData(value)]));
  }
  return value.value;
}

function evaluate(expression, context) {
  const functions = Object.values(wellKnownFunctions);
  const tree = new Parser(new Lexer(expression).lex().tokens, Object.keys(context), functions).parse();
  return fromData(new Evaluator(tree, toData(context)).evaluate());
}

// The numbers are those of the parser's types of tokens.
function value(token, context) {
  if (token.templateTokenType === 1) {
    return Array.from({ length: token.count }, (_, i) => value(token.get(i), context));
  }
  if (token.templateTokenType === 2) {
    const pairs = Array.from({ length: token.count }, (_, i) => token.get(i));
    return Object.fromEntries(pairs.map((pair) => [value(pair.key, context), value(pair.value, context)]));
  }
  return token.templateTokenType === 3 ? evaluate(token.expression, context) : token.value;
}

// What a mapping has under a key.
function under(token, key) {
  const pairs = Array.from({ length: token.count }, (_, i) => token.get(i));
  return pairs.find((pair) => pair.key.value === key)?.value;
}

// The parser's model has no environment that is an expression, and GitHub has:
// https://github.com/github/vscode-github-actions/issues/490
const KNOWN = /'BasicExpressionToken' encountered while reading 'job env'/;

const jobs = [];
if (errors.length === 0) {
  await convertWorkflowTemplate(parsed.context, parsed.value);
  const found = parsed.context.errors.getErrors().map(String);
  errors.push(...found.filter((error) => !KNOWN.test(error)));
  const all = under(parsed.value, "jobs");
  for (let i = 0; i < all.count; i++) {
    const { key, value: job } = all.get(i);
    for (const matrix of value(under(job, "strategy"), {}).matrix.include) {
      const context = { matrix };
      const of = (name) => value(under(job, name), context);
      const run = of("steps").filter((step) => step.run !== undefined).map((step) => step.run);
      jobs.push({ job: key.value, matrix, name: of("name"), "runs-on": of("runs-on"), env: of("env"), run });
    }
  }
}
console.log(JSON.stringify({ errors, jobs }));
