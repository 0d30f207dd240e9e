/** The page: asks the host every two seconds, while somebody looks, and shows what it says. */
import { byId, say, slot } from "./dom.js";
import { openFunction, showFunction } from "./function.js";
import { get, pathOf, takeToken } from "./host.js";
import { openOverview, showList, showOverview } from "./list.js";
import { closeLog } from "./log.js";
import { bytes, count, span, visible } from "./text.js";

const POLL_MS = 2000;

let functions = [];
let selected = null;
let turn = 0;

/** Asks once. Only the last of several that overlap is shown. */
async function poll() {
	const mine = ++turn;
	try {
		const [status, list, view] = await Promise.all([
			get("status"),
			get("functions"),
			selected === null ? null : get(pathOf(selected)).catch(goneOrThrow),
		]);
		if (mine !== turn) return;
		functions = list.functions;
		show(status, view);
	} catch (error) {
		if (mine === turn)
			showConnection("lost", error.status === 403 ? "needs the token" : error.status ? "host error" : "no host");
	}
}

function goneOrThrow(error) {
	if (error.status === 404) return "gone";
	throw error;
}

function show(status, view) {
	showConnection("live", "live");
	showStatus(status);
	showList(functions, selected);
	if (view === "gone") location.hash = "#/";
	else if (view === null) showOverview(functions);
	else showFunction(view);
}

function showStatus({ version, functions: number, engine, uptimeSeconds }) {
	const bar = document.querySelector(".bar");
	say(slot(bar, "version"), `v${version}`);
	say(slot(bar, "functions"), count(number));
	say(slot(bar, "instances"), `${engine.busy} busy of ${engine.instances}`);
	say(slot(bar, "memory"), bytes(engine.memoryBytes));
	say(slot(bar, "uptime"), span(uptimeSeconds));
}

function showConnection(state, text) {
	byId("connection").dataset.state = state;
	say(byId("connection"), text);
}

/** `#/NAME` is a function, anything else all of them. */
function route() {
	takeToken();
	selected = nameOf(location.hash);
	document.title = selected === null ? "Pilotlight" : `${visible(selected)} · Pilotlight`;
	closeLog();
	if (selected === null) openOverview();
	else openFunction(selected, poll);
	showList(functions, selected);
	void poll();
}

function nameOf(hash) {
	try {
		return decodeURIComponent(hash.replace(/^#\/?/, "")) || null;
	} catch {
		return null;
	}
}

/* The keyboard: / to filter, arrows through the list, Enter to open. */

const anchors = () => [...byId("functions").querySelectorAll("a")];

byId("filter").addEventListener("input", () => showList(functions, selected));
byId("filter").addEventListener("keydown", (event) => {
	if (event.key === "Enter") anchors()[0]?.click();
	if (event.key === "ArrowDown") anchors()[0]?.focus();
});
byId("functions").addEventListener("keydown", (event) => {
	const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
	if (!step) return;
	event.preventDefault();
	const all = anchors();
	const next = all.indexOf(document.activeElement) + step;
	(next < 0 ? byId("filter") : all[Math.min(next, all.length - 1)]).focus();
});
document.addEventListener("keydown", (event) => {
	if (event.key !== "/" || event.target.matches("input, textarea") || event.ctrlKey || event.metaKey) return;
	event.preventDefault();
	byId("filter").focus();
});
document.querySelector(".skip").addEventListener("click", (event) => {
	event.preventDefault();
	byId("detail").focus();
});

addEventListener("hashchange", route);
document.addEventListener("visibilitychange", () => {
	if (!document.hidden) void poll();
});
setInterval(() => {
	if (!document.hidden) void poll();
}, POLL_MS);
route();
