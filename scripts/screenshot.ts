/**
 * Takes the picture of the page for the README from a host that runs:
 * `node scripts/screenshot.ts http://127.0.0.1:9000 [FUNCTION] [FILE]`. Needs chromium (Debian's, or CHROMIUM).
 */
import { launch, missing } from "../test/console/browser.ts";

const [address, name, file = "docs/images/console.png"] = process.argv.slice(2);
if (!address || missing) {
	console.error(missing ?? "Usage: node scripts/screenshot.ts http://127.0.0.1:9000 [FUNCTION] [FILE]");
	process.exit(2);
}

const browser = await launch();
try {
	const page = await browser.newPage({
		viewport: { width: 1280, height: 900 },
		deviceScaleFactor: 2,
		colorScheme: "light",
	});
	await page.goto(new URL("/_pilot/", address).href);
	const functions = page.getByRole("navigation", { name: "Functions" }).getByRole("link");
	await (name ? functions.filter({ hasText: name }) : functions).first().click();
	await page.getByRole("button", { name: "Invoke" }).click();
	// The answer, then one more look at the host.
	await page.getByRole("status").filter({ hasText: "round trip" }).waitFor();
	await page.waitForTimeout(2500);
	await page.screenshot({ path: file });
	console.log(file);
} finally {
	await browser.close();
}
