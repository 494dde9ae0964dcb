// @ts-check

/**
 * The one element that a selector means, of a kind that is known.
 *
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} kind such as `HTMLInputElement`
 * @returns {T}
 * @throws {Error} when the page is not as the script expects it
 */
export function find(root, selector, kind) {
  const found = root.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`The page has no ${kind.name} at ${selector}`);
}

/**
 * A copy of what a `<template>` holds.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function copyTemplate(id) {
  const template = find(document, `template#${id}`, HTMLTemplateElement);
  const copy = template.content.firstElementChild?.cloneNode(true);
  if (copy instanceof HTMLElement) return copy;
  throw new Error(`The template ${id} is empty`);
}

/**
 * An element that holds text, and nothing but text.
 *
 * @param {keyof HTMLElementTagNameMap} tag
 * @param {{ className?: string, text?: string }} [options]
 * @returns {HTMLElement}
 */
export function element(tag, { className = "", text = "" } = {}) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
