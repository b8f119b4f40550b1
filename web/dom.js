// Making and updating elements. What strangers wrote goes into the page as text, never as HTML.
export const $ = id => document.getElementById(id);

export function element(tag, { text, ...rest } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), rest);
  if (text !== undefined) made.textContent = text;
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

export function button(text, action, className = '') {
  return element('button', { text, className, type: 'button', onclick: action });
}

export function setText(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

// Keeps one child of `container` for each item, so that what a person types or plays in it stays. `make(item)` gives
// { root, update(item) }, and `gone()` where something must end with it.
export function keyed(container, items, keyOf, make) {
  const kept = container.kept ??= new Map(), wanted = new Set(items.map(keyOf));
  for (const [key, part] of kept) {
    if (wanted.has(key)) continue;
    part.gone?.();
    part.root.remove();
    kept.delete(key);
  }
  items.forEach((item, i) => {
    const key = keyOf(item);
    if (!kept.has(key)) kept.set(key, make(item));
    const part = kept.get(key);
    part.update(item);
    if (container.children[i] !== part.root) container.insertBefore(part.root, container.children[i] ?? null);
  });
}

export const plain = number => Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(number);

export function clock(seconds) {
  const s = Math.max(0, Math.floor(seconds)), two = n => String(n).padStart(2, '0');
  return (s >= 3600 ? `${Math.floor(s / 3600)}:` : '') + `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}
