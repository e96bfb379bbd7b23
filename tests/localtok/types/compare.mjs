/**
 * Compares localtok's browser library with the vendor's published types, member by member.
 *
 *   node compare.mjs TYPESCRIPT OPENTOK_D_TS LIBRARY_JS
 *
 * TYPESCRIPT is the compiler's module, LIBRARY_JS localtok's parts joined as one module that exports its classes.
 * Prints JSON: {members: [{key, owner, name, kind, fields, differs}], extra: [key]}; `differs` is empty if it fits.
 */

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { Library } from "./library.mjs";
import { CLASSES, classEvents, classMembers, comparable, exceptionEvent, namespaceMembers, options } from "./vendor.mjs";

const [typescript, declarations, libraryPath] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(typescript);
const VENDOR = `${libraryPath}.vendor.d.ts`;

function program() {
  const settings = {
    allowJs: true, checkJs: true, noEmit: true, strict: true, noImplicitAny: false, skipLibCheck: true, types: [],
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  };
  const source = ts.createSourceFile("opentok.d.ts", readFileSync(declarations, "utf8"), ts.ScriptTarget.ES2022, true);
  const text = comparable(ts, source, libraryPath);
  const host = ts.createCompilerHost(settings, true);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => path === VENDOR || fileExists(path);
  host.readFile = (path) => (path === VENDOR ? text : readFile(path));
  host.getSourceFile = (path, ...rest) => (
    path === VENDOR ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) : getSourceFile.call(host, path, ...rest));
  return ts.createProgram([VENDOR, libraryPath], settings, host);
}

const built = program();
const checker = built.getTypeChecker();
const vendorFile = built.getSourceFile(VENDOR);
const broken = built.getSyntacticDiagnostics(vendorFile);
if (broken.length) throw new Error(ts.formatDiagnostics(broken, { getCanonicalFileName: String, getCurrentDirectory: String, getNewLine: () => "\n" }));
const exported = checker.resolveExternalModuleSymbol
  ? checker.resolveExternalModuleSymbol(checker.getSymbolAtLocation(vendorFile))
  : checker.getAliasedSymbol(checker.getSymbolAtLocation(vendorFile).exports.get("export="));
const library = new Library(ts, checker, built.getSourceFile(libraryPath));

const text = (type) => checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation).replace(/\bVendor/g, "");
const isAny = (type) => Boolean(type.flags & ts.TypeFlags.Any);
const isNothing = (type) => Boolean(type.flags & (ts.TypeFlags.Void | ts.TypeFlags.Undefined));

/** Why localtok's type does not fit the vendor's; empty if it does. */
function difference(own, wanted) {
  if (!own) return "missing";
  if (isAny(own)) return "its type is not known";
  const calls = checker.getNonNullableType(wanted).getCallSignatures();
  if (!calls.length) return checker.isTypeAssignableTo(own, wanted) ? "" : `is ${text(own)}, not ${text(wanted)}`;
  const signatures = own.getCallSignatures();
  if (!signatures.length) return "is no function";
  return fewer(signatures, calls) || refused(signatures, calls) || returned(signatures, calls);
}

/** Every call that the vendor's types allow must be one that localtok's function takes. */
function refused(signatures, calls) {
  const call = calls.find((wanted) => !signatures.some((own) => takes(own, wanted)));
  return call ? `takes (${signatures[0].parameters.map(typed).join(", ")}), not (${call.parameters.map(typed).join(", ")})` : "";
}

function takes(own, wanted) {
  return wanted.parameters.every((each, at) => takesValue(own.parameters[at] || own.parameters.at(-1), checker.getTypeOfSymbol(each)))
    && own.parameters.slice(wanted.parameters.length).every((each) => !requires(each));
}

function takesValue(parameter, value) {
  const declaration = parameter?.valueDeclaration;
  if (!declaration || declaration.dotDotDotToken) return true;
  const given = declaration.initializer ? checker.getNonNullableType(value) : value;
  return checker.isTypeAssignableTo(given, checker.getTypeOfSymbol(parameter));
}

/** In JavaScript a parameter without a type may be left out. */
function requires(parameter) {
  const declaration = parameter.valueDeclaration;
  return Boolean(declaration && ts.getJSDocType(declaration) && !declaration.dotDotDotToken && !checker.isOptionalParameter(declaration));
}

const typed = (each) => `${each.getName()}: ${text(checker.getTypeOfSymbol(each))}`;

/** A function that declares fewer parameters than the vendor's cannot heed them all. */
function fewer(signatures, calls) {
  const count = (each) => (each.declaration && usesArguments(each.declaration) ? Infinity : each.parameters.length);
  const most = Math.max(...signatures.map(count));
  const longest = calls.reduce((a, b) => (b.parameters.length > a.parameters.length ? b : a));
  const ignored = longest.parameters.slice(most).map((each) => each.getName());
  return ignored.length ? `ignores ${ignored.join(", ")}` : "";
}

function usesArguments(declaration) {
  if (declaration.parameters?.some((each) => each.dotDotDotToken)) return true;
  let found = false;
  const walk = (node) => {
    if (ts.isIdentifier(node) && node.text === "arguments") found = true;
    ts.forEachChild(node, walk);
  };
  if (declaration.body) walk(declaration.body);
  return found;
}

function returned(signatures, calls) {
  const wanted = calls[0].getReturnType();
  const [own] = signatures.map((each) => each.getReturnType());
  if (isNothing(wanted)) return "";
  const [promised] = wanted.symbol?.getName() === "Promise" ? checker.getTypeArguments(wanted) : [];
  const [kept] = own.symbol?.getName() === "Promise" ? checker.getTypeArguments(own) : [];
  if (isAny(own)) return `returns what is not known, not ${text(wanted)}`;
  if (promised && kept && isAny(kept) && !isNothing(promised)) return `resolves with what is not known, not ${text(promised)}`;
  // What a promise of nothing resolves with is nobody's business; that it is one counts.
  if (promised && kept && isNothing(promised)) return "";
  return checker.isTypeAssignableTo(own, wanted) ? "" : `returns ${text(own)}, not ${text(wanted)}`;
}

function eventDifference({ owner, name, fields }) {
  const dispatches = library.dispatchesOf(owner, name);
  if (!dispatches.length) return "missing";
  const found = new Set();
  for (const dispatch of dispatches) {
    for (const field of fields) {
      const wanted = checker.getTypeOfSymbol(field);
      const own = dispatch.get(field.getName());
      const optional = field.flags & ts.SymbolFlags.Optional || checker.isTypeAssignableTo(checker.getUndefinedType(), wanted);
      if (!own && !optional) found.add(`without ${field.getName()}`);
      else if (own && !isAny(own) && !checker.isTypeAssignableTo(own, wanted)) found.add(`${field.getName()} is ${text(own)}, not ${text(wanted)}`);
    }
  }
  return [...found].join("; ");
}

function differs(member) {
  if (member.kind === "event") return eventDifference(member);
  if (member.kind === "option") return library.reads.has(member.name) ? "" : "missing";
  return difference(library.memberType(member.owner, member.name, member.kind === "promise"), checker.getTypeOfSymbol(member.symbol));
}

const SIGN = { event: ":", promise: "." };
const key = ({ owner, name, kind }) => `${owner}${SIGN[kind] || "."}${name}${kind === "promise" ? ".promise" : ""}`;

const members = [
  ...namespaceMembers(ts, checker, exported), exceptionEvent(checker, exported),
  ...CLASSES.flatMap((owner) => [...classMembers(ts, checker, exported, owner), ...classEvents(ts, checker, exported, owner)]),
  ...options(ts, checker, exported),
];
const known = new Set(members.map(({ owner, name }) => `${owner}.${name}`));
const extra = ["OT", ...CLASSES].flatMap((owner) => library.publicNames(owner).map((name) => `${owner}.${name}`)).filter((each) => !known.has(each));
const rows = members.map((member) => (
  {
    key: key(member), owner: member.owner, name: member.name, kind: member.kind,
    fields: (member.fields || []).map((each) => each.getName()).join(", "), differs: differs(member),
  }));
process.stdout.write(JSON.stringify({ members: rows, extra }));
