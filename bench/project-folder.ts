import { dirname } from "node:path";

/** The folder with the project's package.json, wherever the bench is started from. */
export const PROJECT_FOLDER = dirname(import.meta.dirname);
