/** Whether one type fits another, in words: empty if it does. */

export class Fit {
  constructor(ts, checker) {
    Object.assign(this, { ts, checker });
  }

  /** Why localtok's type does not fit the vendor's. */
  difference(own, wanted) {
    if (!own) return "missing";
    if (this._isAny(own)) return "its type is not known";
    const calls = this.checker.getNonNullableType(wanted).getCallSignatures();
    if (!calls.length) return this.checker.isTypeAssignableTo(own, wanted) ? "" : `is ${this._text(own)}, not ${this._text(wanted)}`;
    const signatures = own.getCallSignatures();
    if (!signatures.length) return "is no function";
    return this._fewer(signatures, calls) || this._refused(signatures, calls) || this._returned(signatures, calls);
  }

  /** Why the fields that one dispatch of an event gives it do not fit those that the vendor's has. */
  fields(given, wanted) {
    return wanted.flatMap((field) => {
      const name = field.getName();
      const type = this.checker.getTypeOfSymbol(field);
      const own = given.get(name);
      const optional = field.flags & this.ts.SymbolFlags.Optional || this.checker.isTypeAssignableTo(this.checker.getUndefinedType(), type);
      if (!own) return optional ? [] : [`without ${name}`];
      return this._isAny(own) || this.checker.isTypeAssignableTo(own, type) ? [] : [`${name} is ${this._text(own)}, not ${this._text(type)}`];
    });
  }

  _text(type) {
    return this.checker.typeToString(type, undefined, this.ts.TypeFormatFlags.NoTruncation).replace(/\bVendor/g, "");
  }

  _isAny(type) {
    return Boolean(type.flags & this.ts.TypeFlags.Any);
  }

  _isNothing(type) {
    return Boolean(type.flags & (this.ts.TypeFlags.Void | this.ts.TypeFlags.Undefined));
  }

  /** A function that declares fewer parameters than the vendor's cannot heed them all. */
  _fewer(signatures, calls) {
    const count = (each) => (each.declaration && this._usesArguments(each.declaration) ? Infinity : each.parameters.length);
    const most = Math.max(...signatures.map(count));
    const longest = calls.reduce((a, b) => (b.parameters.length > a.parameters.length ? b : a));
    const ignored = longest.parameters.slice(most).map((each) => each.getName());
    return ignored.length ? `ignores ${ignored.join(", ")}` : "";
  }

  _usesArguments(declaration) {
    if (declaration.parameters?.some((each) => each.dotDotDotToken)) return true;
    const walk = (node) => (this.ts.isIdentifier(node) && node.text === "arguments") || this.ts.forEachChild(node, walk);
    return Boolean(declaration.body && walk(declaration.body));
  }

  /** Every call that the vendor's types allow must be one that localtok's function takes. */
  _refused(signatures, calls) {
    const typed = (each) => `${each.getName()}: ${this._text(this.checker.getTypeOfSymbol(each))}`;
    const call = calls.find((wanted) => !signatures.some((own) => this._takes(own, wanted)));
    return call ? `takes (${signatures[0].parameters.map(typed).join(", ")}), not (${call.parameters.map(typed).join(", ")})` : "";
  }

  _takes(own, wanted) {
    const given = wanted.parameters.map((each) => this.checker.getTypeOfSymbol(each));
    return given.every((each, at) => this._takesValue(own.parameters[at] || own.parameters[own.parameters.length - 1], each))
      && own.parameters.slice(wanted.parameters.length).every((each) => !this._requires(each));
  }

  _takesValue(parameter, value) {
    const declaration = parameter?.valueDeclaration;
    if (!declaration || declaration.dotDotDotToken) return true;
    const given = declaration.initializer ? this.checker.getNonNullableType(value) : value;
    return this.checker.isTypeAssignableTo(given, this.checker.getTypeOfSymbol(parameter));
  }

  /** In JavaScript a parameter without a type may be left out. */
  _requires(parameter) {
    const declaration = parameter.valueDeclaration;
    return Boolean(declaration && this.ts.getJSDocType(declaration) && !declaration.dotDotDotToken && !this.checker.isOptionalParameter(declaration));
  }

  _returned(signatures, calls) {
    const wanted = calls[0].getReturnType();
    const [own] = signatures.map((each) => each.getReturnType());
    if (this._isNothing(wanted)) return "";
    if (this._isAny(own)) return `returns what is not known, not ${this._text(wanted)}`;
    const [promised, kept] = [this._promised(wanted), this._promised(own)];
    // What a promise of nothing resolves with is nobody's business; that it is one counts.
    if (promised && kept && this._isNothing(promised)) return "";
    if (promised && kept && this._isAny(this._element(kept))) return `resolves with what is not known, not ${this._text(promised)}`;
    return this.checker.isTypeAssignableTo(own, wanted) ? "" : `returns ${this._text(own)}, not ${this._text(wanted)}`;
  }

  _element(type) {
    return this.checker.isArrayType(type) ? this.checker.getTypeArguments(type)[0] : type;
  }

  _promised(type) {
    return type.symbol?.getName() === "Promise" ? this.checker.getTypeArguments(type)[0] : undefined;
  }
}
