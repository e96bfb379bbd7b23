/** What the server tells this page, from its json_script block. */
export const config = JSON.parse(document.getElementById("page-config")?.textContent ?? "{}");

export const byId = (id) => document.getElementById(id);
