/** One function: figures, invocations, log, configuration, and a place to invoke it. */
import { bars, byId, clone, fill, link, make, say, showKind, slot } from "./dom.js";
import { invokeFunction } from "./host.js";
import { isLogOpen, openLog } from "./log.js";
import { ago, bytes, count, host, milliseconds, pretty, short, timeOfDay, visible } from "./text.js";

const ANSWER_CHARACTERS = 200_000;
const COPY = "Copy curl";

/** Begins to show a function; `refresh` is called once it was invoked. */
export function openFunction(name, refresh) {
	const main = byId("detail");
	main.replaceChildren(clone("function"));
	main.scrollTop = 0;
	say(slot(main, "name"), name);
	const run = () => invoke(main, name).then(refresh);
	slot(main, "invoke").addEventListener("click", run);
	slot(main, "payload").addEventListener("keydown", (event) => {
		if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void run();
	});
	slot(main, "follow").addEventListener("change", () => readLog(main, name));
	void readLog(main, name);
}

function readLog(main, name) {
	return openLog(slot(main, "log"), name, slot(main, "follow").checked);
}

/** Shows what the host says of it. */
export function showFunction(view) {
	const { function: record, urls, stats } = view;
	const main = byId("detail");
	showKind(slot(main, "kind"), record.artifact.kind);
	say(slot(main, "world"), record.artifact.world);
	fill(slot(main, "urls"), urls, () => urls.map(urlItem));
	showFigures(main, record, stats);
	bars(slot(main, "chart"), stats.recent, { width: 600, height: 56, count: 60 });
	slot(main, "no-invocations").hidden = stats.recent.length > 0;
	fill(slot(main, "invocation-rows"), stats.recent, () => stats.recent.map(invocationRow));
	const facts = factsOf(view);
	fill(slot(main, "facts"), facts, () => facts.flatMap(([name, value]) => [make("dt", name), make("dd", value)]));
	if (slot(main, "follow").checked && !isLogOpen()) void readLog(main, record.name);
}

function showFigures(main, record, { invocations, errors, recent }) {
	const durations = recent.map((it) => it.usage.durationMs).sort((a, b) => a - b);
	const none = recent.length === 0;
	say(slot(main, "invocations"), count(invocations));
	say(slot(main, "errors"), count(errors));
	slot(main, "errors").classList.toggle("bad", errors > 0);
	say(slot(main, "median"), none ? "–" : milliseconds(durations[Math.floor((durations.length - 1) / 2)]));
	say(slot(main, "slowest"), none ? "" : `slowest ${milliseconds(durations.at(-1))}`);
	say(slot(main, "fuel"), none ? "–" : short(recent[0].usage.fuel));
	say(slot(main, "fuel-limit"), none || record.fuel === null ? "" : `of ${short(record.fuel)}`);
	say(slot(main, "peak"), none ? "–" : bytes(Math.max(...recent.map((it) => it.usage.memoryBytes))));
	say(slot(main, "memory-limit"), `of ${record.memoryMb} MB`);
}

function invocationRow({ endedAt, requestId, usage, failure }) {
	const row = make("tr");
	row.title = `Request ${visible(requestId)}`;
	const time = make("time", timeOfDay(endedAt));
	time.dateTime = new Date(endedAt).toISOString();
	time.title = `${ago(endedAt)}, request ${visible(requestId)}`;
	const when = make("td", undefined, "when");
	when.append(time);
	const words = failure ? `${failure.errorType}: ${failure.errorMessage}` : "ok";
	const result = make("td", words, failure ? "result bad" : "result good");
	if (failure) result.title = visible(words);
	row.append(
		when,
		make("td", milliseconds(usage.durationMs), "num"),
		make("td", usage.initMs === null ? "" : milliseconds(usage.initMs), "num"),
		make("td", short(usage.fuel), "num"),
		make("td", bytes(usage.memoryBytes), "num"),
		result,
	);
	return row;
}

function urlItem({ addresses, authType, qualifier }) {
	const item = make("li");
	const address = addresses.byName ?? addresses.byId;
	const anchor = link(address, host(address));
	anchor.target = "_blank";
	anchor.rel = "noreferrer";
	item.append(anchor, copyButton(`curl ${addresses.byPath}`));
	if (qualifier) item.append(make("span", qualifier, "chip"));
	if (authType !== "NONE") item.append(make("span", authType, "chip"));
	return item;
}

function copyButton(command) {
	const button = make("button", COPY);
	button.type = "button";
	button.title = visible(command);
	button.addEventListener("click", async () => {
		const said = await navigator.clipboard.writeText(command).then(
			() => "Copied",
			() => "Not copied",
		);
		say(button, said);
		setTimeout(() => say(button, COPY), 1500);
	});
	return button;
}

function memoryText(wanted, available) {
	return wanted === available ? `${wanted} MB` : `${wanted} MB, of which an instance can have ${available} here`;
}

function aliasText({ name, version, weights }) {
	const others = Object.entries(weights).map(([other, weight]) => `, ${other} for ${Math.round(weight * 1000) / 10} %`);
	return `${name}: ${version}${others.join("")}`;
}

function factsOf({ function: record, triggers, memoryAvailableMb, versions, aliases }) {
	const facts = [
		["Size", bytes(record.artifact.size)],
		["Memory", memoryText(record.memoryMb, memoryAvailableMb)],
		["Timeout", `${record.timeoutSeconds} s`],
		["Fuel limit", record.fuel === null ? "none" : count(record.fuel)],
		["Runtime", record.runtime],
		["Log format", record.logging.format],
		["Modified", record.lastModified],
		["Environment", record.environmentNames.join(", ") || "none"],
		["Versions", versions.join(", ") || "none"],
		["Aliases", aliases.map(aliasText).join("\n") || "none"],
		["Triggers", triggers.map(triggerText).join("\n") || "none"],
		["Digest", record.artifact.digest],
	];
	return record.description ? [["Description", record.description], ...facts] : facts;
}

function triggerText({ kind, enabled, settings }) {
	return `${kind}${enabled ? "" : " (off)"} ${JSON.stringify(settings)}`;
}

async function invoke(main, name) {
	const button = slot(main, "invoke");
	if (button.disabled) return;
	button.disabled = true;
	const outcome = slot(main, "outcome");
	outcome.replaceChildren(make("span", "running"));
	const start = performance.now();
	try {
		const answer = await invokeFunction(name, slot(main, "payload").value);
		showAnswer(main, answer, performance.now() - start);
	} catch (error) {
		outcome.replaceChildren(make("span", "Not sent", "badge bad"), make("span", error.message));
	}
	button.disabled = false;
}

function showAnswer(main, { ok, status, functionError, text }, ms) {
	const word = ok ? (functionError ?? "Success") : `HTTP ${status}`;
	slot(main, "outcome").replaceChildren(
		make("span", word, ok && !functionError ? "badge good" : "badge bad"),
		make("span", `${milliseconds(ms)} round trip`),
		make("span", bytes(new Blob([text]).size)),
	);
	const box = slot(main, "answer");
	box.textContent = visible(pretty(text).slice(0, ANSWER_CHARACTERS));
	box.hidden = false;
}
