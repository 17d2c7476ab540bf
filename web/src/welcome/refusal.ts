/** Why the door stayed shut, in words. */
import { reason } from "../i18n/language";
import type { Text } from "../i18n/en";

export function refusal(text: Text, error: { code?: string }): string {
  switch (error.code) {
    case undefined:
    case "unavailable":
      return text.welcome.silent;
    case "conflict":
      return text.welcome.taken;
    case "unauthenticated":
      return text.welcome.refused;
    default:
      return `${text.act.failed}: ${reason(text, error.code)}`;
  }
}
