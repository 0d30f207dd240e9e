/** Who may call: everybody while there is no key; whoever signs with one from then on, and this machine's user by a token. */
import { ServiceError } from "../errors.ts";
import type { Keyring } from "./keyring.ts";
import { isLoopback } from "./loopback.ts";
import { checkScope, checkTime, REGION } from "./sigv4/checks.ts";
import { claimOf } from "./sigv4/claim.ts";
import { fieldOf, parametersOf, type SignedRequest, splitTarget } from "./sigv4/request.ts";
import { checkSignature, sameText } from "./sigv4/signature.ts";
import type { AdminToken } from "./token.ts";

/** A request, and where it came from. */
export interface Incoming extends SignedRequest {
	/** IP address of the caller. */
	address: string;
}

export interface Caller {
	/** `open`: nobody needs a key. `token`: the user of this machine. */
	kind: "open" | "key" | "token";
	keyId: string | null;
	/** Null where none is told: then it is the host's own. */
	account: string | null;
	region: string | null;
	/** Throws InvalidSignatureException unless the request was signed with this body. */
	confirm(body: Uint8Array): Promise<void>;
}

export const TOKEN_HEADER = "x-pilot-token";

export interface Callers {
	/**
	 * Who sends a request, as far as it can be told before its body is read: `confirm` has the rest. Throws ServiceError: no
	 * signature, an unknown key, another time.
	 */
	identify(incoming: Incoming): Promise<Caller>;
	/** Whether everybody may call. */
	open(): Promise<boolean>;
}

export function createCallers(
	deps: { keyring: Keyring; token: AdminToken | null; host: string },
	now: () => number = Date.now,
): Callers {
	const { keyring, token } = deps;

	async function identify(incoming: Incoming): Promise<Caller> {
		const given = fieldOf(incoming, TOKEN_HEADER);
		if (given !== undefined) return byToken(incoming, given);
		if (await open()) return anybody(incoming);
		const claim = claimOf(incoming);
		if (claim === null) throw new ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token");
		const key = claim.sessionToken ? null : await keyring.find(claim.keyId);
		if (key === null) throw unknown();
		checkScope(claim);
		checkTime(claim, now());
		return {
			kind: "key",
			keyId: key.id,
			account: key.account,
			region: claim.region,
			confirm: (body) => checkSignature(incoming, claim, body, key.secret),
		};
	}

	function byToken(incoming: Incoming, given: string): Caller {
		const right = token !== null && isLoopback(incoming.address) && sameText(token.value(), given);
		if (!right) throw unknown();
		return { kind: "token", keyId: null, account: null, region: null, confirm: async () => {} };
	}

	// A host that others reach is open to nobody, also where its last key was taken away under it.
	async function open(): Promise<boolean> {
		return isLoopback(deps.host) && !(await keyring.any());
	}

	return { identify, open };
}

function unknown(): ServiceError {
	return new ServiceError("UnrecognizedClientException", "The security token included in the request is invalid.");
}

/** Nothing is checked; the region is what the caller's client was set up with. */
function anybody(incoming: Incoming): Caller {
	const credential =
		/\bCredential=([^,\s]+)/.exec(fieldOf(incoming, "authorization") ?? "")?.[1] ??
		parametersOf(splitTarget(incoming.target)[1])?.get("X-Amz-Credential")?.[0];
	const [keyId = null, , region] = credential?.split("/") ?? [];
	return {
		kind: "open",
		keyId,
		account: null,
		region: region !== undefined && REGION.test(region) ? region : null,
		confirm: async () => {},
	};
}
