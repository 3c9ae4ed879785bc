import { AddressError } from './address.ts';

/**
 * Exchanges the code of a sign-in link for a token, at the server that this page came from. Throws AddressError where it
 * does not give one: the link may have been used, or be too old.
 */
export async function signIn(code: string): Promise<string> {
  let response: Response;
  try {
    response = await fetch('/api/sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
  } catch (cause) {
    throw new AddressError('The server could not be reached to sign in. Open the link again.', { cause });
  }
  const answer = await bodyOf(response);
  if (response.ok && typeof answer['token'] === 'string') return answer['token'];
  throw new AddressError(
    typeof answer['message'] === 'string'
      ? answer['message']
      : `The server does not sign in (it answered ${response.status}). Ask whoever looks after it for a new link.`,
  );
}

/** Empty for what is no JSON, such as the page of a proxy. */
async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
