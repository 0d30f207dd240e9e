/** What an event says of who signed its request (`requestContext.authorizer`). */

export interface Authorizer {
	iam: {
		accessKey: string;
		accountId: string;
		callerId: string;
		cognitoIdentity: null;
		principalOrgId: null;
		userArn: string;
		userId: string;
	};
}

/** A key here acts for its account as a key of the root user does: there, the user's id is the account's. */
export function authorizerOf(accessKey: string, accountId: string): Authorizer {
	const userArn = `arn:aws:iam::${accountId}:root`;
	return {
		iam: {
			accessKey,
			accountId,
			callerId: accountId,
			cognitoIdentity: null,
			principalOrgId: null,
			userArn,
			userId: accountId,
		},
	};
}
