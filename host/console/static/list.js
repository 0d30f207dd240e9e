/** All functions: the list at the side, and the table where none is chosen. */
import { bars, byId, clone, fill, link, make, say, showKind, slot } from "./dom.js";
import { hashOf } from "./host.js";
import { bytes, count, host, milliseconds, short } from "./text.js";

/** Items by function, so that those that stay keep the focus. */
const items = new Map();

/** Shows the functions that the filter lets through. */
export function showList(functions, selected) {
	const filter = byId("filter").value.trim().toLowerCase();
	const names = new Set(functions.map(({ name }) => name));
	for (const name of items.keys()) if (!names.has(name)) items.delete(name);
	const shown = functions
		.filter(({ name }) => name.toLowerCase().includes(filter))
		.map((it) => {
			if (!items.has(it.name)) items.set(it.name, clone("line").firstElementChild);
			return showItem(items.get(it.name), it, selected);
		});
	const list = byId("functions");
	const same = shown.length === list.children.length && shown.every((item, index) => list.children[index] === item);
	if (!same) list.replaceChildren(...shown);
	byId("no-match").hidden = shown.length > 0 || functions.length === 0;
}

function showItem(item, { name, kind, invocations, errors, recent }, selected) {
	const anchor = item.firstElementChild;
	anchor.href = hashOf(name);
	if (name === selected) anchor.setAttribute("aria-current", "page");
	else anchor.removeAttribute("aria-current");
	say(slot(item, "name"), name);
	showKind(slot(item, "kind"), kind);
	say(slot(item, "counts"), `${short(invocations)} invocation${invocations === 1 ? "" : "s"}`);
	say(slot(item, "errors"), errors === 0 ? "" : `${short(errors)} error${errors === 1 ? "" : "s"}`);
	say(slot(item, "last"), recent[0] ? milliseconds(recent[0].usage.durationMs) : "");
	bars(slot(item, "spark"), recent, { width: 96, height: 18, count: 24 });
	return item;
}

/** Begins to show the table. */
export function openOverview() {
	byId("detail").replaceChildren(clone("overview"));
}

export function showOverview(functions) {
	const main = byId("detail");
	slot(main, "none").hidden = functions.length > 0;
	slot(main, "some").hidden = functions.length === 0;
	const rows = functions.map(({ recent, ...it }) => it);
	fill(slot(main, "rows"), rows, () => rows.map(row));
}

function row({ name, world, size, memoryMb, timeoutSeconds, invocations, errors, url }) {
	const line = make("tr");
	const head = make("th");
	head.scope = "row";
	head.append(link(hashOf(name), name));
	const address = make("td", url ? undefined : "none", "address");
	if (url)
		address.append(link(url.addresses.byName ?? url.addresses.byId, host(url.addresses.byName ?? url.addresses.byId)));
	line.append(
		head,
		make("td", world, "world"),
		make("td", bytes(size), "num"),
		make("td", `${memoryMb} MB`, "num"),
		make("td", `${timeoutSeconds} s`, "num"),
		make("td", count(invocations), "num"),
		make("td", count(errors), errors > 0 ? "num bad" : "num"),
		address,
	);
	return line;
}
