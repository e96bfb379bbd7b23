/**
 * Which names each probe touches: node touched.mjs TYPESCRIPT PROBES.js…
 *
 * A probe is a statement at the top of a file. What it mentions counts, and what the declarations say that it refers
 * to. Prints JSON: {file: [{label, names: [name]}]}; the label is the statement's first text.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";

const [typescript, ...files] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(typescript);

function declarationsOf(source) {
  const found = new Map();
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const each of statement.declarationList.declarations) found.set(each.name.getText(), each);
    } else if (ts.isFunctionDeclaration(statement)) found.set(statement.name.text, statement);
  }
  return found;
}

function namesIn(node, declarations, seen, names) {
  if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) for (const word of node.text.split(/[^\w:]+/)) names.add(word);
  // OT's own members are told from others of the same name.
  if (ts.isPropertyAccessExpression(node) && /\bOT$/.test(node.expression.getText())) names.add(`OT.${node.name.text}`);
  if (ts.isIdentifier(node)) {
    names.add(node.text);
    const declared = declarations.get(node.text);
    if (declared && !seen.has(declared)) {
      seen.add(declared);
      namesIn(declared, declarations, seen, names);
    }
  }
  ts.forEachChild(node, (child) => { namesIn(child, declarations, seen, names); });
}

function firstText(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.forEachChild(node, firstText);
}

function probesOf(path) {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
  const declarations = declarationsOf(source);
  const statements = source.statements.filter((each) => !ts.isVariableStatement(each) && !ts.isFunctionDeclaration(each));
  return statements.map((statement) => {
    const names = new Set();
    namesIn(statement, declarations, new Set(), names);
    return { label: firstText(statement) ?? "", names: [...names] };
  });
}

process.stdout.write(JSON.stringify(Object.fromEntries(files.map((path) => [basename(path, ".js"), probesOf(path)]))));
