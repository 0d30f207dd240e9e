/** A real browser: Debian's chromium, or the one that CHROMIUM names. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why there is no browser, in one line; null if there is one. */
export const missing = existsSync(executablePath)
	? null
	: `no chromium at ${executablePath} (apt-get install chromium, or set CHROMIUM): the page is not looked at`;

/** Starts it, without the things that a browser does on its own in a network. */
export function launch(): Promise<Browser> {
	return chromium.launch({
		executablePath,
		args: [
			"--no-sandbox",
			"--disable-gpu",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
			"--no-first-run",
			"--disable-quic",
		],
	});
}
