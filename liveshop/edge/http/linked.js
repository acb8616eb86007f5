/** The start of a page's one script: each module is a function, called when it is first needed. */
const $root = new URL("../../", import.meta.url);
const $modules = {};
const $made = new Map();

/** Return what a module exports. */
function $need(path) {
  if (!$made.has(path)) $made.set(path, Object.freeze({ __proto__: null, ...$modules[path]() }));
  return $made.get(path);
}

/** Return the `import(…)` of a module: of one that is here, or of a file of its own. */
function $importer(from) {
  return async (to) => {
    const path = new URL(to, new URL(from, $root)).href.slice($root.href.length);
    if (path in $modules) return $need(path);
    return import(new URL($late.includes(path) ? `${$page}/${path}` : path, $root));
  };
}

// Files that are loaded later share the modules that are here. One of another release might ask
// for what this page lacks: it is not loaded, in place of failing while it draws.
globalThis[Symbol.for("liveshop.modules")] = (path, names) => {
  const found = path in $modules ? $need(path) : null;
  if (found && names.every((name) => name in found)) return found;
  throw new Error(`this page lacks ${names} of ${path}: reload it`);
};
