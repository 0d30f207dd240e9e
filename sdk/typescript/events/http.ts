/** The event and result of function URLs: API Gateway's payload format 2.0. */

export interface APIGatewayProxyEventV2 {
	version: "2.0";
	/** `$default` for a function URL. */
	routeKey: string;
	/** Percent-encoding is kept: `/a%20b`. */
	rawPath: string;
	/** Without the question mark; `""` if there is none. */
	rawQueryString: string;
	/** `name=value`, one a cookie. */
	cookies?: string[];
	/** Names are lower-case; several values of one name are joined by commas. */
	headers: Record<string, string | undefined>;
	/** Decoded; several values of one name are joined by commas. */
	queryStringParameters?: Record<string, string | undefined>;
	requestContext: {
		accountId: string;
		apiId: string;
		domainName: string;
		domainPrefix: string;
		requestId: string;
		routeKey: string;
		stage: string;
		/** `22/Nov/2026:10:00:00 +0000`. */
		time: string;
		/** ms since the Unix epoch. */
		timeEpoch: number;
		http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string };
	};
	body?: string;
	/** `body` is base64, since it is not text. */
	isBase64Encoded: boolean;
}

/** A whole response. */
export interface APIGatewayProxyStructuredResultV2 {
	statusCode?: number;
	headers?: Record<string, string | number | boolean>;
	/** One `Set-Cookie` header each. */
	cookies?: string[];
	body?: string;
	isBase64Encoded?: boolean;
}

/** A response, or any JSON: that is sent with status 200 and `content-type: application/json`. */
export type APIGatewayProxyResultV2<T = never> = APIGatewayProxyStructuredResultV2 | string | T;
