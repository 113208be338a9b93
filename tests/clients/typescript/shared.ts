// What the programs share: the environment, what they send, and the delivery that they verify.
import { readFileSync } from "node:fs";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

export const url = given("URL");
export const key = given("KEY");
export const filters = { state: "declined", company: "microsoft", limit: 2 };

export function question(company: string) {
  const source = { url: "https://example.org/2025/05/article" };
  const ask = { asker: "associated-press", asked_on: "2025-05", source };
  return { company, text: "Who audited it?", lang: "en", asks: [ask] };
}

interface Delivery {
  headers: Record<string, string>;
  body: string;
}

/** Verify the delivery and return its event; and say what becomes of a forged one. */
export function verified(): { event: unknown; forged: string } {
  const sent = JSON.parse(readFileSync(given("DELIVERY"), "utf-8")) as Delivery;
  const webhook = new Webhook(given("SECRET"));
  const event = webhook.verify(sent.body, sent.headers);
  try {
    webhook.verify(`${sent.body} `, sent.headers);
  } catch (error) {
    if (error instanceof WebhookVerificationError) return { event, forged: "refused" };
    throw error;
  }
  return { event, forged: "taken" };
}

export function fail(what: unknown): never {
  throw new Error(JSON.stringify(what));
}
