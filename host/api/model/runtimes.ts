/** Names of Lambda's runtimes, in the orders in which the service's messages have them (as recorded in 2026). */

/** Those that a new function may have. */
export const CURRENT_RUNTIMES =
	"nodejs20.x python3.14 provided.al2023 python3.12 python3.13 nodejs24.x nodejs22.x java25 python3.10 python3.11 java21 ruby3.3 ruby3.4 ruby3.2 python3.8 python3.9 java17 nodejs16.x dotnet10 dotnet8 java11 dotnet6 nodejs18.x provided.al2 java8.al2".split(
		" ",
	);

/** All that there ever were, and some that are to come. */
export const ALL_RUNTIMES =
	"ruby3.5 ruby2.6 dotnetcore1.0 python3.7 nodejs8.10 nasa ruby2.7 python2.7-greengrass dotnetcore2.0 python3.8 java21 dotnet6 dotnetcore2.1 python3.9 java11 nodejs6.10 provided dotnetcore3.1 dotnet8 java25 java17 nodejs nodejs4.3 java8.al2 go1.x dotnet10 nodejs20.x go1.9 byol nodejs10.x provided.al2023 nodejs22.x python3.10 java8 nodejs12.x python3.11 nodejs24.x nodejs8.x python3.12 nodejs14.x nodejs8.9 nodejs26.x python3.13 python3.14 nodejs16.x python3.15 provided.al2 nodejs4.3-edge nodejs18.x ruby3.2 python3.4 ruby3.3 ruby3.4 ruby2.5 python3.6 python2.7".split(
		" ",
	);

/** In the service model, and not in that list. */
const NEWER = ["ruby4.0", "java8.al2023", "java11.al2023", "java17.al2023", "custom"];
const KNOWN: ReadonlySet<string> = new Set([...ALL_RUNTIMES, ...NEWER]);

/** Whether there is such a runtime, here or at AWS: the host's own are all called `provided.` and something. */
export function isRuntime(name: string): boolean {
	return KNOWN.has(name) || /^provided\.[a-z0-9.]+$/.test(name);
}
