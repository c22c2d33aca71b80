/** The folder with package.json, wherever a script is started from. */
export const PROJECT_URL = new URL("../../", import.meta.url);
