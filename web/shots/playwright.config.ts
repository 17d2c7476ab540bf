/** Pictures of the states of the design, of a running mesh at `CHATMESH_URL`; they land in `shots/out`. */
import base from "../playwright.config";

export default { ...base, testDir: ".", outputDir: "../test-results", use: { ...base.use, trace: "off" as const } };
