/** `pilot sign`. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { faultOfKey, profileArn } from "../../signing/profile.ts";
import { bundleName, signBundle } from "../../signing/sign.ts";
import { examples, optionsOf } from "../context.ts";
import { CliError, codeOf, messageOf, UsageError } from "../errors.ts";
import { print, printJson } from "../output.ts";

interface Options {
	key: string;
	newKey?: true;
	profile: string;
}

export function signCommand(): Command {
	return new Command("sign")
		.description("sign a .wasm: writes the sigstore bundle that `deploy` sends with it")
		.argument("[file]", "the .wasm; without one, the key's publisher is printed, and nothing signed")
		.requiredOption("--key <pem>", "the private key (EC P-256 or P-384, or RSA); PILOT_KEY_PASSPHRASE opens it")
		.option("--new-key", "make the key first; it must not be there yet")
		.option("--profile <name>", "name of the signing profile in the publisher's ARN", "default")
		.addHelpText(
			"after",
			examples(
				"pilot sign --key release.pem --new-key",
				"pilot sign app.wasm --key release.pem && pilot deploy app.wasm",
			),
		)
		.action(async (file: string | undefined, _options, command: Command) => {
			const options = optionsOf<Options>(command);
			const { key: path, newKey, profile } = options;
			if (file !== undefined && !/\.wasm$/i.test(file)) throw new UsageError(`${file} is no .wasm`);
			if (!/^[a-zA-Z0-9_]{2,64}$/.test(profile)) throw new UsageError("--profile is 2 to 64 letters, digits and _");
			const key = newKey ? makeKey(path) : readKey(path);
			const bundle = file === undefined ? null : await sign(file, key);
			const publisher = profileArn(key, { name: profile, region: "us-east-1", account: "000000000000" });
			if (options.json) return printJson({ bundle, publisher });
			if (bundle !== null) print(bundle);
			print(publisher);
		});
}

async function sign(file: string, key: KeyObject): Promise<string> {
	const path = bundleName(file);
	writeFileSync(path, await signBundle(read(file), key));
	return path;
}

function read(path: string): Buffer {
	try {
		return readFileSync(path);
	} catch (error) {
		throw new CliError(codeOf(error) === "ENOENT" ? `There is no ${path}` : messageOf(error));
	}
}

const passphrase = () => process.env.PILOT_KEY_PASSPHRASE || undefined;

function readKey(path: string): KeyObject {
	const pem = read(path);
	let key: KeyObject;
	try {
		key = createPrivateKey({ key: pem, passphrase: passphrase() });
	} catch (error) {
		throw new CliError(`${path} is no private key that can be read: ${messageOf(error)}`);
	}
	const fault = faultOfKey(key);
	if (fault !== null)
		throw new CliError(`${path} cannot sign: ${fault}. Use EC P-256 or P-384, or RSA of 2048 bits and more.`);
	return key;
}

/** Never in the place of a file. */
function makeKey(path: string): KeyObject {
	const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const secret = passphrase();
	const sealed = secret === undefined ? {} : { cipher: "aes-256-cbc", passphrase: secret };
	const pem = privateKey.export({ format: "pem", type: "pkcs8", ...sealed });
	try {
		writeFileSync(path, pem, { mode: 0o600, flag: "wx" });
	} catch (error) {
		throw new CliError(codeOf(error) === "EEXIST" ? `There is a ${path} already` : messageOf(error));
	}
	return privateKey;
}
