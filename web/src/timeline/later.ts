/** Parts of a message that most messages never need: their code comes when there is time. */
import { deferred } from "../app/deferred";

export const EditBox = deferred(() => import("./EditBox").then((module) => module.EditBox));
export const Seen = deferred(() => import("../live/Seen").then((module) => module.Seen));
export const Sheet = deferred(() => import("./Sheet").then((module) => module.Sheet));
