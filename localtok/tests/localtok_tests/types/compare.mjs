/**
 * Compares localtok's browser library with the vendor's published types, member by member.
 *
 *   node compare.mjs TYPESCRIPT OPENTOK_D_TS LIBRARY_JS…
 *
 * TYPESCRIPT is the compiler's module, LIBRARY_JS localtok's parts joined as one module that exports its classes.
 * Prints JSON, one entry for each library: {members: [{key, owner, name, kind, fields, differs}], extra: [key],
 * titles: {code: title}, errors: [name]}; `differs` is empty if the member fits.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Fit } from "./fit.mjs";
import { Library } from "./library.mjs";
import { CLASSES, classEvents, classMembers, comparable, exceptionEvent, namespaceMembers, options } from "./vendor.mjs";

const [typescript, declarations, ...libraries] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(typescript);
const SETTINGS = {
  allowJs: true, checkJs: true, noEmit: true, strict: true, noImplicitAny: false, skipLibCheck: true, types: [],
  target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
};
// The browser's own types are read once for all libraries.
const READ = new Map();

function program(library, vendor) {
  const published = ts.createSourceFile("opentok.d.ts", readFileSync(declarations, "utf8"), ts.ScriptTarget.ES2022, true);
  const text = comparable(ts, published, library);
  const host = ts.createCompilerHost(SETTINGS, true);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => path === vendor || fileExists(path);
  host.readFile = (path) => (path === vendor ? text : readFile(path));
  host.getSourceFile = (path, ...rest) => {
    if (path === vendor) return ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
    if (!READ.has(path)) READ.set(path, getSourceFile.call(host, path, ...rest));
    return READ.get(path);
  };
  // The library's own comments name the vendor's types: as published, beside the copy.
  return ts.createProgram([vendor, library, declarations], SETTINGS, host);
}

/** The vendor's namespace, in the copy that can be compared. */
function namespaceOf(built, checker, vendor) {
  const file = built.getSourceFile(vendor);
  const [broken] = built.getSyntacticDiagnostics(file);
  if (broken) throw new Error(ts.flattenDiagnosticMessageText(broken.messageText, "\n"));
  return checker.getAliasedSymbol(checker.getSymbolAtLocation(file).exports.get("export="));
}

function membersOf(checker, exported) {
  return [
    ...namespaceMembers(ts, checker, exported), exceptionEvent(checker, exported),
    ...CLASSES.flatMap((owner) => [...classMembers(ts, checker, exported, owner), ...classEvents(ts, checker, exported, owner)]),
    ...options(ts, checker, exported),
  ];
}

function differs(member, library, fit) {
  if (member.kind === "option") return taken(member, library) ? "" : "missing";
  if (member.kind === "event") {
    const dispatches = library.dispatchesOf(member.owner, member.name);
    if (!dispatches.length) return "missing";
    return [...new Set(dispatches.flatMap((given) => fit.fields(given, member.fields)))].join("; ");
  }
  const wanted = library.checker.getTypeOfSymbol(member.symbol);
  return fit.difference(library.memberType(member.owner, member.name, member.kind === "promise"), wanted);
}

/** Styles are kept under their names, and never read one by one. */
function taken({ owner, name }, library) {
  return library.reads.has(name) || (owner.endsWith("Style") && library.named.has(name));
}

function keyOf({ owner, name, kind }) {
  return `${owner}${kind === "event" ? ":" : "."}${name}${kind === "promise" ? ".promise" : ""}`;
}

function compare(path) {
  const vendor = `${path}.vendor.d.ts`;
  const built = program(path, vendor);
  const checker = built.getTypeChecker();
  const library = new Library(ts, checker, built.getSourceFile(path));
  const fit = new Fit(ts, checker);
  const members = membersOf(checker, namespaceOf(built, checker, vendor));
  const known = new Set(members.map(({ owner, name }) => `${owner}.${name}`));
  const open = ["OT", ...CLASSES].flatMap((owner) => library.publicNames(owner).map((name) => `${owner}.${name}`));
  return {
    members: members.map((member) => ({
      key: keyOf(member), owner: member.owner, name: member.name, kind: member.kind,
      fields: (member.fields || []).map((each) => each.getName()).join(", "), differs: differs(member, library, fit),
    })),
    extra: open.filter((each) => !known.has(each)),
    titles: library.titles,
    errors: [...library.errors].sort(),
  };
}

process.stdout.write(JSON.stringify(libraries.map(compare)));
