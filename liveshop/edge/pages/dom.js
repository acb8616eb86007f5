/**
 * A page as a function of its state, in sixty lines: `h` describes an element, `render` makes a
 * container's children so, changing only what differs, so that focus and scrolling stay.
 * Text is always text: nothing here parses HTML.
 */

const SHOWN = new WeakMap(); // node → the props it was last given
const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected"]);

/** Describe an element; `props.key` names it among its siblings, `on…` are its handlers. */
export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, children: children.flat(2) };
}

/** Make `parent`'s children as described: elements by `h`, strings and numbers; the rest is air. */
export function render(parent, children) {
  const byKey = new Map();
  for (const node of parent.childNodes) {
    const key = SHOWN.get(node)?.key;
    if (key !== undefined) byKey.set(key, node);
  }
  let next = parent.firstChild;
  for (const child of children.filter(isShown)) {
    const node = byKey.get(child.props?.key) ?? (fits(next, child) ? next : create(child));
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
    update(node, child);
  }
  while (next !== null) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

const isShown = (child) => child !== null && child !== undefined && child !== false;

function fits(node, child) {
  if (node === null) return false;
  if (child.tag === undefined) return node.nodeType === Node.TEXT_NODE;
  return node.localName === child.tag && SHOWN.get(node)?.key === child.props.key;
}

function create(child) {
  return child.tag === undefined ? new Text() : document.createElement(child.tag);
}

function update(node, child) {
  if (child.tag === undefined) {
    if (node.data !== String(child)) node.data = String(child);
    return;
  }
  const before = SHOWN.get(node) ?? {};
  SHOWN.set(node, child.props);
  for (const name of Object.keys({ ...before, ...child.props })) {
    if (name !== "key" && before[name] !== child.props[name]) set(node, name, child.props[name]);
  }
  render(node, child.children);
}

function set(node, name, value) {
  if (name.startsWith("on")) node[name] = value ?? null;
  else if (PROPERTIES.has(name)) node[name] = value ?? (name === "value" ? "" : false);
  else if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}
