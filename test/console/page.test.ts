/** The page in a real browser: clicked through, read, and watched for what it loads and complains of. */
import { mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, missing } from "./browser.ts";
import { HOSTILE, type PageHost, startPageHost } from "./host.ts";

if (missing) console.warn(missing);

describe.skipIf(missing !== null)("the page", () => {
	let host: PageHost;
	let browser: Browser;
	let page: Page;
	const complaints: string[] = [];
	const elsewhere: string[] = [];

	beforeAll(async () => {
		host = await startPageHost();
		browser = await launch();
		page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
		page.on("console", (message) => complaints.push(message.text()));
		page.on("pageerror", (error) => complaints.push(error.message));
		page.on("dialog", (dialog) => complaints.push(dialog.message()));
		page.on("request", (request) => {
			if (new URL(request.url()).origin !== origin()) elsewhere.push(request.url());
		});
		await page.goto(`${origin()}/_pilot/`);
	});
	afterAll(async () => {
		await browser?.close();
		await host?.close();
	});

	const origin = () => `http://127.0.0.1:${host.port}`;
	const list = () => page.getByRole("navigation", { name: "Functions" });
	const open = async (name: string) => {
		await list().getByRole("link", { name }).click();
		await page.getByRole("heading", { level: 1, name }).waitFor();
		await page.getByText("pilot:function/handler@0.1.0").or(page.getByText("wasi:")).first().waitFor();
	};
	const log = () => page.getByRole("log");

	it("shows all functions with their world, size, limits, counts and URL", async () => {
		const row = page.getByRole("row").filter({ hasText: "hello" });
		await row.waitFor();
		expect(await row.getByRole("cell").allTextContents()).toEqual([
			"pilot:function/handler@0.1.0",
			"1.34 MB",
			"128 MB",
			"3 s",
			"1,834",
			"0",
			"hello.localhost:9000",
		]);
		expect(await page.getByRole("row").count()).toBe(7);
		await page.getByText("1 busy of 7").waitFor();
		await page.getByText("live").waitFor();
	});

	it("shows one function: figures, invocations with cost and error, configuration", async () => {
		await open("image-resize");
		const failed = page.getByRole("row").filter({ hasText: "Sandbox.Timedout" });
		await failed.waitFor();
		expect(await failed.textContent()).toContain("3,000 ms");
		const configuration = await page.getByRole("region", { name: "Configuration" }).textContent();
		for (const fact of ["128 MB", "provided.wasi", "sha256:3f9a2c51", "API_TOKEN, LOG_LEVEL"])
			expect(configuration).toContain(fact);
		expect(await page.content()).not.toContain("not-for-the-page");
		expect(await page.title()).toBe("image-resize · Pilotlight");
	});

	it("follows the log, and stops when told", async () => {
		await open("hello");
		await log().getByText("REPORT RequestId").last().waitFor();
		host.write("hello", "a line that came later");
		await log().getByText("a line that came later").waitFor();
		const read = page.waitForResponse((response) => response.url().endsWith("follow=0"));
		await page.getByRole("checkbox", { name: "Follow" }).uncheck();
		await read;
		await log().getByText("a line that came later").waitFor();
		host.write("hello", "a line that nobody waits for");
		await page.waitForResponse((response) => response.url().endsWith("/status"));
		expect(await log().getByText("a line that nobody waits for").count()).toBe(0);
		await page.getByRole("checkbox", { name: "Follow" }).check();
		await log().getByText("a line that nobody waits for").waitFor();
		expect(await log().getByText("a line that came later").count()).toBe(1);
	});

	it("shows another function's log when another is chosen", async () => {
		await open("Greeter_2");
		await log().getByText("Greeter_2: served").first().waitFor();
		expect(await log().getByText("hello: served").count()).toBe(0);
		host.write("hello", "not for this view");
		host.write("Greeter_2", "for this view");
		await log().getByText("for this view", { exact: true }).waitFor();
		expect(await log().getByText("not for this view").count()).toBe(0);
	});

	it("keeps the log bounded", async () => {
		for (let index = 0; index < 5000; index++) host.write("Greeter_2", `line ${index}`);
		await log().getByText("line 4999", { exact: true }).waitFor();
		expect(await log().locator("p").count()).toBe(2000);
	});

	it("invokes a function with the event that is typed", async () => {
		await open("hello");
		await page.getByRole("textbox", { name: "Event" }).fill('{"name": "pilot"}');
		await page.getByRole("button", { name: "Invoke" }).click();
		await page.getByText("Success").waitFor();
		expect(await page.getByLabel("Answer").textContent()).toContain('"message": "Hello, pilot!"');
		expect(host.invoked).toEqual([{ name: "hello", body: '{"name": "pilot"}' }]);
	});

	it("can be used by the keyboard alone", async () => {
		await page.keyboard.press("Escape");
		await page.getByRole("link", { name: "Pilotlight" }).focus();
		await page.keyboard.press("/");
		await page.keyboard.type("guest");
		expect(await list().getByRole("link").allTextContents()).toEqual([expect.stringContaining("guestbook")]);
		await page.keyboard.press("Enter");
		await page.getByRole("heading", { level: 1, name: "guestbook" }).waitFor();
		await page.getByRole("searchbox").fill("");
		await page.keyboard.press("ArrowDown");
		await page.keyboard.press("ArrowDown");
		await page.keyboard.press("ArrowDown");
		await page.keyboard.press("Enter");
		await page.getByRole("heading", { level: 1, name: "hello" }).waitFor();
		await page.getByRole("textbox", { name: "Event" }).focus();
		await page.keyboard.press("Control+Enter");
		await page.getByText("Success").waitFor();
		expect(host.invoked.length).toBe(2);
	});

	it("shows what strangers wrote as the text that it is", async () => {
		await open("hostile");
		const failed = page.getByRole("row").filter({ hasText: "<b>Error</b>: <img src=x" });
		await failed.waitFor();
		// The character that would turn the rest around is shown, not obeyed.
		expect(await failed.textContent()).toContain("⟨202E⟩gnp.exe");
		await log().getByText('</p><script>document.title="taken"</script> ␛[31mred␛[0m ␀').waitFor();
		await page.getByRole("button", { name: "Invoke" }).click();
		await page.getByText("Unhandled").waitFor();
		expect(await page.getByLabel("Answer").textContent()).toContain("<b>Error</b>");
		expect(HOSTILE.error).toContain("<img");
		expect(await page.locator("main img, main b, main script").count()).toBe(0);
		expect(await page.title()).toBe("hostile · Pilotlight");
	});

	it("shows what is deployed meanwhile, without moving the focus", async () => {
		await list().getByRole("link", { name: "hello" }).focus();
		await host.deploy("a-new-one");
		await list().getByRole("link", { name: "a-new-one" }).waitFor();
		expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("hello");
	});

	it("leads back to all functions from one that does not exist, or an address that is none", async () => {
		for (const hash of ["#/nobody", "#/%zz", "#/"]) {
			await page.goto(`${origin()}/_pilot/${hash}`);
			await page.getByRole("heading", { level: 1, name: "Functions" }).waitFor();
		}
		// The browser itself reports the 404 that the page asked for.
		expect(complaints.splice(0).filter((it) => !it.includes("404"))).toEqual([]);
	});

	it.each(["light", "dark"] as const)(
		"can be read in %s: text stands out, nothing is cut off at the side",
		async (scheme) => {
			await page.emulateMedia({ colorScheme: scheme });
			await open("image-resize");
			await page.getByText("Sandbox.Timedout").first().waitFor();
			for (const width of [1280, 400]) {
				await page.setViewportSize({ width, height: 900 });
				expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
			}
			await page.setViewportSize({ width: 1280, height: 900 });
			expect(await page.evaluate(lowestContrast)).toBeGreaterThan(4.5);
			const path = join(mkdtempSync(join(tmpdir(), "pilot-page-")), `${scheme}.png`);
			await page.screenshot({ path });
			expect(statSync(path).size).toBeGreaterThan(20_000);
		},
	);

	it("says when the host is gone", async () => {
		complaints.length = 0;
		await page.route("**/_pilot/api/**", (route) => route.abort());
		await page.getByText("no host").waitFor();
		await page.unroute("**/_pilot/api/**");
		await page.getByText("live", { exact: true }).waitFor();
		expect(complaints.every((it) => it.includes("ERR_FAILED"))).toBe(true);
		complaints.length = 0;
	});

	it("loads nothing from elsewhere, and the browser has nothing to complain of", () => {
		expect(elsewhere).toEqual([]);
		expect(complaints).toEqual([]);
	});
});

/** The least contrast of text with the ground it stands on (WCAG 2.2, 1.4.3 asks for 4.5). Runs in the page. */
function lowestContrast(): number {
	const channels = (color: string) => {
		const [r = 0, g = 0, b = 0, alpha = 1] = (color.match(/[\d.]+/g) ?? []).map(Number);
		return { rgb: [r, g, b], alpha };
	};
	const luminance = (rgb: number[]) => {
		const [r = 0, g = 0, b = 0] = rgb.map((it) =>
			it / 255 <= 0.04045 ? it / 255 / 12.92 : ((it / 255 + 0.055) / 1.055) ** 2.4,
		);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ground = (element: Element | null): number[] => {
		if (!element) return [255, 255, 255];
		const { rgb, alpha } = channels(getComputedStyle(element).backgroundColor);
		return alpha === 1 ? rgb : ground(element.parentElement);
	};
	const shown = [...document.querySelectorAll("*")].filter(
		(it) => [...it.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()) && it.checkVisibility(),
	);
	return Math.min(
		...shown.map((element) => {
			const [dark = 0, light = 0] = [
				luminance(channels(getComputedStyle(element).color).rgb),
				luminance(ground(element)),
			].sort((a, b) => a - b);
			return (light + 0.05) / (dark + 0.05);
		}),
	);
}
