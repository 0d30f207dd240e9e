/** Values as text for people. */

/** Controls and formats (Unicode Cc, Cf), but for tab, line feed and the joiner that emoji are made with. */
const HIDING = /(?![\t\n\u200d])[\p{Cc}\p{Cf}]/gu;

/** Characters that would hide or reorder text are shown by their code. */
export const visible = (text) =>
	String(text).replace(HIDING, (it) => {
		const code = it.codePointAt(0);
		return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `⟨${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
	});

const whole = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const precise = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat("en", {
	hour: "2-digit",
	minute: "2-digit",
	second: "2-digit",
	hourCycle: "h23",
});

export const count = (number) => whole.format(number);
export const short = (number) => compact.format(number);
export const timeOfDay = (time) => clock.format(time);

export function milliseconds(ms) {
	if (ms >= 10_000) return `${precise.format(ms / 1000)} s`;
	return `${ms >= 1000 ? whole.format(Math.round(ms)) : precise.format(ms)} ms`;
}

export function bytes(number) {
	const units = ["B", "KB", "MB", "GB"];
	const power = Math.min(3, Math.max(0, Math.floor(Math.log2(Math.max(number, 1)) / 10)));
	return `${precise.format(number / 1024 ** power)} ${units[power]}`;
}

export function span(seconds) {
	if (seconds < 90) return `${seconds} s`;
	if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
	return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

export function ago(time) {
	const seconds = Math.max(0, Math.round((Date.now() - time) / 1000));
	return seconds < 2 ? "now" : `${span(seconds)} ago`;
}

/** `http://hello.localhost:9000/` as `hello.localhost:9000`, an id cut short. */
export const host = (address) => new URL(address).host.replace(/^(.{6}).{20,}?(?=\.lambda-url)/, "$1…");

/** JSON indented, other text as it is. */
export function pretty(text) {
	try {
		return JSON.stringify(JSON.parse(text), null, 2);
	} catch {
		return text;
	}
}
