/** A function's log, followed. */
import { make } from "./dom.js";
import { readLog } from "./host.js";
import { timeOfDay } from "./text.js";

/** Lines that are kept on the page. */
const LINES = 2000;

let open = null;

/** Ends the reading of the log that is shown. */
export function closeLog() {
	open?.abort();
	open = null;
}

/** True while a log is read. */
export const isLogOpen = () => open !== null;

/** Shows a function's log in place of the one that was shown. */
export async function openLog(box, name, follow) {
	closeLog();
	const stop = new AbortController();
	open = stop;
	box.replaceChildren();
	try {
		let rest = "";
		for await (const text of readLog(name, { follow, signal: stop.signal })) {
			const lines = (rest + text).split("\n");
			rest = lines.pop();
			append(box, lines);
		}
		if (rest) append(box, [rest]);
		if (box.childElementCount === 0) box.append(make("p", "The log is empty.", "mark"));
	} catch (error) {
		if (!stop.signal.aborted) box.append(make("p", `The log broke off: ${error.message}`, "fault"));
	}
	// Should it have gone on, the host has stopped; who polls the host will know when it is back.
	if (open === stop) open = null;
}

function append(box, lines) {
	const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
	box.append(...lines.slice(-LINES).map(paragraph));
	while (box.childElementCount > LINES) box.firstElementChild.remove();
	if (atEnd) box.scrollTop = box.scrollHeight;
}

/** The host puts the time and a tab in front of each line. */
function paragraph(line) {
	const [, iso, text = line] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z)\t(.*)$/s.exec(line) ?? [];
	const element = make("p", undefined, classOf(text));
	if (iso) {
		const time = make("time", `${timeOfDay(Date.parse(iso))}${iso.slice(19, -1)}`);
		time.dateTime = iso;
		element.append(time, "  ");
	}
	element.append(make("bdi", text || " "));
	return element;
}

function classOf(text) {
	if (/^(START|END) RequestId: /.test(text)) return "mark";
	if (/^REPORT RequestId: /.test(text)) return "report";
	return /\b(error|panic|fatal|timed out)\b/i.test(text) ? "fault" : "";
}
