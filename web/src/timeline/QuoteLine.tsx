/** A message as one plain line on the screen; names that are not known yet are asked for. */
import { useName } from "../room/names";
import { plainText } from "./quote";

/** More than any line holds. */
const MOST = 400;

export function QuoteLine({ text }: { text: string }) {
  return text.slice(0, MOST).split(/<@([A-Za-z0-9_-]{1,64})>/).map((part, i) => (i % 2 === 1 ? <Name key={i} id={part} /> : plainText(part)));
}

function Name({ id }: { id: string }) {
  return <>@{useName(id) ?? id}</>;
}
