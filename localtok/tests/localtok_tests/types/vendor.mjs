/**
 * The vendor's published types (`@opentok/client`, opentok.d.ts) as a list of members that can be compared one by one.
 *
 * A class is compared under the assumption that the other classes fit: in the copy that is compared, each class is
 * called `Vendor<Name>`, and `<Name>` is localtok's class. Otherwise one missing method of Publisher would make
 * everything differ that returns a Publisher.
 */

/** The classes that a page meets, and so what localtok has under the same names. */
export const CLASSES = ["Session", "Publisher", "Subscriber", "Stream", "Connection"];

/** The groups of options: object types that a page fills in. */
export const OPTIONS = [
  "WidgetProperties", "GetUserMediaProperties", "PublisherProperties", "SubscriberProperties",
  "WidgetStyle", "PublisherStyle", "SubscriberStyle",
];

/** The text of the copy: a module that exports the namespace `OT`. `library` is the path of localtok's module. */
export function comparable(ts, source, library) {
  const edits = [];
  const replace = (node, text) => edits.push({ at: node.getStart(source), end: node.end, text });
  const namespace = source.statements.find((each) => ts.isModuleDeclaration(each) && ts.isIdentifier(each.name));
  for (const each of source.statements) if (each !== namespace) replace(each, "");
  for (const each of namespace.body.statements) {
    if (ts.isClassDeclaration(each)) editClass(ts, each, replace);
    // A function and the namespace of its `promise` merge; apart, each can be compared for itself.
    if (ts.isModuleDeclaration(each)) replace(each.name, `${each.name.text}_`);
  }
  const own = CLASSES.map((name) => `export type ${name} = import("${library}").${name};`).join("\n");
  return `${withEdits(source.text, edits)}\ndeclare namespace OT {\n${own}\n}\nexport = OT;\n`;
}

function editClass(ts, declaration, replace) {
  if (CLASSES.includes(declaration.name.text)) replace(declaration.name, `Vendor${declaration.name.text}`);
  for (const member of declaration.members) {
    const literal = ts.isPropertyDeclaration(member) && member.type && ts.isTypeLiteralNode(member.type) && member.type;
    if (literal && literal.members.some(ts.isCallSignatureDeclaration)) replace(member, separated(ts, member.name.text, literal));
  }
}

/** `{ (…): A; promise: … }` as two members, so that a missing promise form is one difference and not two. */
function separated(ts, name, literal) {
  const calls = literal.members.filter(ts.isCallSignatureDeclaration).map((each) => each.getText());
  const promises = literal.members.filter((each) => each.name && each.name.getText() === "promise");
  const types = promises.map((each) => (
    ts.isMethodSignature(each) ? `{ ${each.getText().replace(/^promise/, "")} }` : `(${each.type.getText()})`));
  const promise = types.length ? ` ${name}_promise: ${types.join(" & ")};` : "";
  return `${name}: { ${calls.join(" ")} };${promise}`;
}

function withEdits(text, edits) {
  let result = text;
  for (const { at, end, text: put } of edits.sort((a, b) => b.at - a.at)) {
    result = result.slice(0, at) + put + result.slice(end);
  }
  return result;
}

/** Members of the namespace, as [{owner, name, kind, promise, symbol}]. */
export function namespaceMembers(ts, checker, exported) {
  const found = [];
  for (const symbol of checker.getExportsOfModule(exported)) {
    const name = symbol.getName();
    if (symbol.flags & ts.SymbolFlags.Function) found.push({ owner: "OT", name, kind: "function", symbol });
    if (symbol.flags & ts.SymbolFlags.ValueModule && name.endsWith("_")) {
      const promise = checker.getExportsOfModule(symbol).find((each) => each.getName() === "promise");
      found.push({ owner: "OT", name: name.slice(0, -1), kind: "promise", symbol: promise });
    }
  }
  return found;
}

/** Members of a class. */
export function classMembers(ts, checker, exported, owner) {
  const symbol = exported.exports.get(`Vendor${owner}`);
  return checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).map((member) => {
    const [, name, promise] = /^(.*?)(_promise)?$/.exec(member.getName());
    const type = checker.getTypeOfSymbol(member);
    const kind = promise ? "promise" : checker.getNonNullableType(type).getCallSignatures().length ? "method" : "property";
    return { owner, name, kind, symbol: member };
  });
}

/** Events of a class, as [{owner, name, fields: Symbol[]}]: what each has beside the fields of every event. */
export function classEvents(ts, checker, exported, owner) {
  const declaration = exported.exports.get(`Vendor${owner}`).declarations[0];
  const [base] = (declaration.heritageClauses || []).flatMap((clause) => [...clause.types]);
  if (!base || !base.typeArguments) return [];
  const map = checker.getTypeFromTypeNode(base.typeArguments[0]);
  return checker.getPropertiesOfType(map).map((event) => (
    { owner, name: event.getName(), kind: "event", fields: extraFields(checker, checker.getTypeOfSymbol(event)) }));
}

/** The event `exception` of OT itself, and what its handlers get. */
export function exceptionEvent(checker, exported) {
  const type = checker.getDeclaredTypeOfSymbol(exported.exports.get("ExceptionEvent"));
  return { owner: "OT", name: "exception", kind: "event", fields: extraFields(checker, type) };
}

const OF_EVERY_EVENT = ["type", "target", "cancelable", "isDefaultPrevented", "preventDefault"];

function extraFields(checker, type) {
  return checker.getPropertiesOfType(type).filter((field) => !OF_EVERY_EVENT.includes(field.getName()));
}

/** Options, each under the smallest group that has it, and those of initSession. */
export function options(ts, checker, exported) {
  const seen = new Set();
  const found = [];
  const take = (owner, type) => {
    for (const symbol of checker.getPropertiesOfType(type)) {
      const place = symbol.declarations[0];
      if (seen.has(place)) continue;
      seen.add(place);
      found.push({ owner, name: symbol.getName(), kind: "option", symbol });
    }
  };
  for (const owner of OPTIONS) take(owner, checker.getDeclaredTypeOfSymbol(exported.exports.get(owner)));
  const [session] = checker.getTypeOfSymbol(exported.exports.get("initSession")).getCallSignatures();
  take("initSession", checker.getNonNullableType(checker.getTypeOfSymbol(session.parameters[2])));
  return found;
}
