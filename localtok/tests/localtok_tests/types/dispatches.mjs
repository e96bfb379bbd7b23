/**
 * Where localtok's library dispatches events: `target._fire(type, fields)`, `target._dispatch(new SomeEvent(…))`.
 *
 * What type and fields an event gets is followed through parameters to what callers pass, and through a kind of
 * event: `const SomeEvent = eventKind((…) => [type, cancelable, fields])`, or a class with those arguments.
 */

const DISPATCHING = ["_fire", "_dispatch", "dispatchEvent", "trigger"];
const MOST_STEPS = 4;

export class Dispatches {
  constructor(ts, checker, source) {
    Object.assign(this, { ts, checker, found: [], calls: new Map() });
    this._collect(source);
    for (const name of DISPATCHING) {
      for (const call of this.calls.get(name) || []) if (!this._isMachinery(call)) this._add(call);
    }
  }

  /** The fields of each dispatch of this event at one of the targets (names of classes, or `OT`). */
  of(event, targets) {
    return this.found.filter((each) => each.names.includes(event) && each.targets.some((target) => targets.includes(target)))
      .map((each) => each.fields);
  }

  _collect(node) {
    const { ts } = this;
    if (ts.isCallExpression(node)) {
      const name = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText();
      this.calls.set(name, [...(this.calls.get(name) || []), node]);
    }
    ts.forEachChild(node, (child) => { this._collect(child); });
  }

  /** The methods that dispatch what others give them are no dispatches of an event of theirs. */
  _isMachinery(call) {
    const around = this._around(call, this.ts.isMethodDeclaration);
    return Boolean(around && DISPATCHING.includes(around.name.getText()));
  }

  _add(call) {
    const { type, fields } = this._event(call.arguments);
    this.found.push({ targets: this._targets(call.expression.expression), names: type ? this._texts(type) : [], fields: this._types(fields) });
  }

  /** The expressions of type and fields: of a call with both, or of one with a new event. */
  _event([first, second]) {
    const made = first && this._made(first);
    if (!made && second && this._made(second)) return { ...this._event([second]), type: first };
    return made ? this._kindOf(made) : { type: first, fields: second };
  }

  /** The `new …` that an expression is, or that the variable is which it names. */
  _made(expression) {
    if (this.ts.isNewExpression(expression)) return expression;
    if (this.ts.isCallExpression(expression) && expression.expression.getText() === "Object.assign") return this._made(expression.arguments[0]);
    const declaration = this._declaration(expression);
    const initial = declaration && this.ts.isVariableDeclaration(declaration) && declaration.initializer;
    return initial && this.ts.isNewExpression(initial) ? initial : null;
  }

  _kindOf(made) {
    const { ts } = this;
    const initial = this._declaration(made.expression)?.initializer;
    const read = initial && ts.isCallExpression(initial) && initial.arguments.find(ts.isArrowFunction);
    if (!read) return { type: made.arguments[0], fields: made.arguments.slice(1).find((each) => this._types(each).size && each.getText() !== "this") };
    const body = ts.isParenthesizedExpression(read.body) ? read.body.expression : read.body;
    const [type, , fields] = body.elements;
    const at = read.parameters.findIndex((each) => each.name.getText() === type.getText());
    return { type: at < 0 ? type : made.arguments[at], fields };
  }

  _declaration(node) {
    return (this.ts.isIdentifier(node) && this.checker.getSymbolAtLocation(node)?.declarations?.[0]) || null;
  }

  /** The texts that an expression may have: of literals, of variables, of what callers pass for a parameter. */
  _texts(node, steps = 0) {
    const { ts } = this;
    if (ts.isStringLiteralLike(node)) return [node.text];
    if (ts.isTemplateExpression(node)) return [`${node.head.text}type`];
    if (ts.isParenthesizedExpression(node)) return this._texts(node.expression, steps);
    if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap((each) => this._texts(each, steps));
    const declaration = this._declaration(node);
    if (!declaration || steps === MOST_STEPS) return [];
    if (ts.isVariableDeclaration(declaration) && declaration.initializer) return this._texts(declaration.initializer, steps + 1);
    return ts.isParameter(declaration) ? this._passed(declaration, steps + 1) : [];
  }

  _passed(parameter, steps) {
    const at = parameter.parent.parameters.indexOf(parameter);
    const calls = this.calls.get(parameter.parent.name?.getText()) || [];
    return calls.map((call) => call.arguments[at]).filter(Boolean).flatMap((each) => this._texts(each, steps));
  }

  _targets(expression) {
    if (expression.getText() === "OT") return ["OT"];
    const place = expression.kind === this.ts.SyntaxKind.ThisKeyword ? this._around(expression, this.ts.isClassLike) || expression : expression;
    const type = this.checker.getTypeAtLocation(place);
    return (type.isUnion() ? type.types : [type]).map((each) => each.symbol?.getName()).filter(Boolean);
  }

  _around(node, is) {
    let at = node.parent;
    while (at && !is(at)) at = at.parent;
    return at;
  }

  /** The types of an event's fields. */
  _types(fields) {
    const type = fields && this.checker.getTypeAtLocation(fields);
    if (!type || !(type.flags & this.ts.TypeFlags.Object)) return new Map();
    return new Map(this.checker.getPropertiesOfType(type).map((each) => [each.getName(), this.checker.getTypeOfSymbol(each)]));
  }
}
