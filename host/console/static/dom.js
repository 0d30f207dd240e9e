/** Elements. Strangers' text only ever becomes text: nothing here reads markup. */
import { visible } from "./text.js";

export const byId = (id) => document.getElementById(id);
export const slot = (root, name) => root.querySelector(`[data-slot="${name}"]`);
export const clone = (id) => byId(id).content.cloneNode(true);

/** Sets text only where it changed, so that selections and screen readers are left alone. */
export function say(element, text) {
	const shown = visible(text);
	if (element.textContent !== shown) element.textContent = shown;
}

export function make(tag, text, className) {
	const element = document.createElement(tag);
	if (text !== undefined) element.textContent = visible(text);
	if (className) element.className = className;
	return element;
}

export function link(href, text) {
	const element = make("a", text);
	element.href = href;
	return element;
}

/** Fills an element anew, but only if what it shows has changed. */
export function fill(element, shown, children) {
	const shape = JSON.stringify(shown);
	if (element.dataset.shape === shape) return;
	element.dataset.shape = shape;
	element.replaceChildren(...children());
}

export function showKind(element, kind) {
	say(element, kind);
	element.dataset.kind = kind;
}

/** Bars, oldest to the left; the root of the duration, since one slow start would flatten all others. */
export function bars(svg, invocations, { width, height, count }) {
	const shown = invocations.slice(0, count).reverse();
	const most = Math.max(Number.MIN_VALUE, ...shown.map((it) => it.usage.durationMs));
	const step = width / count;
	svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
	svg.replaceChildren(
		...shown.map(({ usage, failure }, index) => {
			const tall = Math.max(2, height * Math.sqrt(usage.durationMs / most));
			const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
			const x = (count - shown.length + index) * step;
			const place = { x, y: height - tall, width: step * 0.72, height: tall, rx: 1 };
			for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value);
			if (failure) rect.setAttribute("class", "failed");
			return rect;
		}),
	);
}
