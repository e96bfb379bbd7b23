/** localtok's browser library, seen through the type checker: its members, its events, the options that it reads. */

import { Dispatches } from "./dispatches.mjs";

const ERROR = /^OT_[A-Z_]+[A-Z]$/;

export class Library {
  constructor(ts, checker, source) {
    Object.assign(this, { ts, checker, source });
    this.exports = new Map(checker.getExportsOfModule(checker.getSymbolAtLocation(source)).map((each) => [each.getName(), each]));
    /** Names of properties that are read of what may be a page's options; and those of literal objects. */
    this.reads = new Set();
    this.named = new Set();
    /** Titles of errors by code, and names of errors, wherever the library has them. */
    this.titles = {};
    this.errors = new Set();
    this._walk(source);
    this.dispatches = new Dispatches(ts, checker, source);
  }

  /** The type of `OT`, or of an instance of a class. */
  typeOf(owner) {
    const symbol = this._resolved(this.exports.get(owner));
    return owner === "OT" ? this.checker.getTypeOfSymbol(symbol) : this.checker.getDeclaredTypeOfSymbol(symbol);
  }

  /** The type of a member, or of the `promise` that hangs on it; undefined if there is none. */
  memberType(owner, name, promise = false) {
    const member = this.checker.getPropertyOfType(this.typeOf(owner), name);
    const type = member && this.checker.getTypeOfSymbol(member);
    if (!promise || !type) return type;
    const form = this.checker.getPropertyOfType(type, "promise");
    return form && this.checker.getTypeOfSymbol(form);
  }

  /** Names of public members that are properties of this owner. */
  publicNames(owner) {
    const names = this.checker.getPropertiesOfType(this.typeOf(owner)).map((each) => each.getName());
    return names.filter((name) => !/^(_|#|prototype$)/.test(name));
  }

  /** Every dispatch of an event to handlers of `owner`, as types of its fields: [Map<name, Type>]. */
  dispatchesOf(owner, event) {
    return this.dispatches.of(event, owner === "OT" ? ["OT"] : this._ancestry(owner));
  }

  _resolved(symbol) {
    return symbol.flags & this.ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  _walk(node) {
    const { ts } = this;
    if (ts.isPropertyAccessExpression(node) && this._mayBeOption(this.checker.getSymbolAtLocation(node.name))) this.reads.add(node.name.text);
    if (ts.isBindingElement(node)) {
      const name = (node.propertyName || node.name).getText();
      const symbol = this.checker.getPropertyOfType(this.checker.getTypeAtLocation(node.parent), name);
      if (this._mayBeOption(symbol)) this.reads.add(name);
    }
    if (ts.isPropertyAssignment(node)) this._property(node);
    if (ts.isStringLiteral(node) && ERROR.test(node.text)) this.errors.add(node.text);
    // Names in a list are read one after the other.
    if (ts.isStringLiteral(node) && ts.isArrayLiteralExpression(node.parent)) this.reads.add(node.text);
    ts.forEachChild(node, (child) => { this._walk(child); });
  }

  _property({ name, initializer }) {
    this.named.add(name.getText());
    if (ERROR.test(name.getText())) this.errors.add(name.getText());
    if (this.ts.isNumericLiteral(name) && this.ts.isStringLiteral(initializer)) this.titles[name.text] = initializer.text;
  }

  /** Whether a property is one of the vendor's types, or of an object whose type is not known. */
  _mayBeOption(symbol) {
    const places = symbol?.declarations?.map((each) => each.getSourceFile().fileName) ?? [];
    return places.every((path) => path.endsWith("opentok.d.ts"));
  }

  _ancestry(owner) {
    const names = [];
    let type = this.typeOf(owner);
    while (type && type.symbol) {
      names.push(type.symbol.getName());
      [type] = this.checker.getBaseTypes(type) || [];
    }
    return names;
  }
}
