/** A self-signed certificate for tests of TLS (X.509, RFC 5280, in DER): node can sign one, but has nothing that makes it. */
import { createSign, generateKeyPairSync } from "node:crypto";

export interface Certificate {
	/** Private key and certificate, PEM. */
	key: string;
	cert: string;
}

function der(tag: number, ...contents: Uint8Array[]): Buffer {
	const content = Buffer.concat(contents);
	const length = content.length < 128 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
	return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...items: Uint8Array[]) => der(0x30, ...items);
const identifier = (hex: string) => der(0x06, Buffer.from(hex, "hex"));
const time = (date: Date) => der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`));

/** ecdsa-with-SHA256. */
const ALGORITHM = sequence(identifier("2a8648ce3d040302"));

/** A certificate for `localhost` and 127.0.0.1 from yesterday until tomorrow, its own issuer. */
export function selfSigned(): Certificate {
	const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const name = sequence(der(0x31, sequence(identifier("550403"), der(0x0c, Buffer.from("localhost")))));
	const names = sequence(der(0x82, Buffer.from("localhost")), der(0x87, Buffer.from([127, 0, 0, 1])));
	const authority = sequence(der(0x01, Buffer.from([0xff])));
	const content = sequence(
		der(0xa0, der(0x02, Buffer.from([2]))),
		der(0x02, Buffer.from([1])),
		ALGORITHM,
		name,
		sequence(time(new Date(Date.now() - 86_400_000)), time(new Date(Date.now() + 86_400_000))),
		name,
		publicKey.export({ type: "spki", format: "der" }),
		der(
			0xa3,
			sequence(
				sequence(identifier("551d11"), der(0x04, names)),
				sequence(identifier("551d13"), der(0x01, Buffer.from([0xff])), der(0x04, authority)),
			),
		),
	);
	const signature = createSign("sha256").update(content).sign(privateKey);
	const certificate = sequence(content, ALGORITHM, der(0x03, Buffer.from([0]), signature));
	const lines = certificate.toString("base64").replace(/.{64}/g, "$&\n");
	return {
		key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
		cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
	};
}
