/** What the pages' modules find in a browser beside its own types. `PageElements` is made of the templates' ids. */

type OnCustom = (event: CustomEvent<any>) => void;

// The modules' own events are CustomEvents; the browser's types know only Event.
interface EventTarget {
  addEventListener(type: string, listener: OnCustom, options?: boolean | AddEventListenerOptions): void;
}
interface Document {
  addEventListener(type: "run" | "captions", listener: OnCustom): void;
}

interface Element {
  // The browser makes a string of it.
  setAttribute(name: string, value: boolean | number): void;
}

interface ParentNode {
  // What has a class or an attribute, only the template knows.
  querySelector(selectors: `${string}.${string}` | `${string}[${string}`): any;
  querySelectorAll(selectors: `${string}.${string}` | `${string}[${string}`): NodeListOf<any>;
}
