/** localtok's browser library, seen through the type checker: its members, its events, the options that it reads. */

/** Methods by which the library dispatches an event: the name, then the event's fields. */
const DISPATCH = ["_fire"];

export class Library {
  constructor(ts, checker, source) {
    Object.assign(this, { ts, checker, source });
    this.exports = new Map(checker.getExportsOfModule(checker.getSymbolAtLocation(source)).map((each) => [each.getName(), each]));
    /** @type {{call: any, names: string[]}[]} */
    this.dispatches = [];
    this.calls = new Map();
    this.reads = new Set();
    this._walk(source);
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
    return this.dispatches
      .filter(({ call, names }) => names.includes(event) && this._reaches(call.expression.expression, owner))
      .map(({ call }) => this._fields(call.arguments[1]));
  }

  _resolved(symbol) {
    return symbol.flags & this.ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  _walk(node) {
    const { ts } = this;
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const name = node.expression.name.text;
      this.calls.set(name, [...(this.calls.get(name) || []), node]);
    }
    if (ts.isPropertyAccessExpression(node) && !this._ofBrowser(node)) this.reads.add(node.name.text);
    if (ts.isBindingElement(node)) this.reads.add((node.propertyName || node.name).getText());
    ts.forEachChild(node, (child) => this._walk(child));
    if (node !== this.source) return;
    for (const name of DISPATCH) {
      for (const call of this.calls.get(name) || []) this.dispatches.push({ call, names: this._texts(call.arguments[0]) });
    }
  }

  /** Whether a property is the browser's own, such as an element's `style`. */
  _ofBrowser(node) {
    const symbol = this.checker.getSymbolAtLocation(node.name);
    return Boolean(symbol?.declarations?.some((each) => /\/lib\.[\w.]+\.d\.ts$/.test(each.getSourceFile().fileName)));
  }

  /** The texts that an expression may have: of literals, of constants, of what callers pass for a parameter. */
  _texts(node, depth = 0) {
    const { ts } = this;
    if (ts.isStringLiteralLike(node)) return [node.text];
    if (ts.isTemplateExpression(node)) return [`${node.head.text}type`];
    if (ts.isParenthesizedExpression(node)) return this._texts(node.expression, depth);
    if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap((each) => this._texts(each, depth));
    const [declaration] = (ts.isIdentifier(node) && this.checker.getSymbolAtLocation(node)?.declarations) || [];
    if (!declaration || depth > 2) return [];
    if (ts.isVariableDeclaration(declaration) && declaration.initializer) return this._texts(declaration.initializer, depth + 1);
    if (ts.isParameter(declaration)) return this._passed(declaration, depth + 1);
    return [];
  }

  _passed(parameter, depth) {
    const method = parameter.parent;
    const name = method.name?.getText();
    const at = method.parameters.indexOf(parameter);
    const passed = (this.calls.get(name) || []).map((call) => call.arguments[at]).filter(Boolean);
    return passed.flatMap((each) => this._texts(each, depth));
  }

  /** Whether what this expression stands for is an `owner`, or may be one because the class derives from it. */
  _reaches(expression, owner) {
    const { ts } = this;
    if (owner === "OT") return expression.getText() === "OT";
    if (expression.getText() === "OT") return false;
    const type = expression.kind === ts.SyntaxKind.ThisKeyword ? this._typeOfThis(expression) : this.checker.getTypeAtLocation(expression);
    const classes = (type.isUnion() ? type.types : [type]).map((each) => each.symbol?.getName());
    return this._ancestry(owner).some((name) => classes.includes(name));
  }

  _typeOfThis(expression) {
    let node = expression;
    while (node && !this.ts.isClassLike(node)) node = node.parent;
    return node ? this.checker.getTypeAtLocation(node) : this.checker.getTypeAtLocation(expression);
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

  _fields(argument) {
    const { ts } = this;
    const holders = !argument ? [] : ts.isNewExpression(argument) ? [...argument.arguments] : [argument];
    const fields = new Map();
    for (const holder of holders) {
      const type = this.checker.getTypeAtLocation(holder);
      if (!(type.flags & ts.TypeFlags.Object) || holder.kind === ts.SyntaxKind.ThisKeyword) continue;
      for (const each of this.checker.getPropertiesOfType(type)) fields.set(each.getName(), this.checker.getTypeOfSymbol(each));
    }
    return fields;
  }
}
