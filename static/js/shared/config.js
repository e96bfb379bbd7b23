/** What the server tells this page, from its json_script block. */
export const config = JSON.parse(document.getElementById("page-config")?.textContent ?? "{}");

/**
 * The element that a page's template has under this id. Some modules run on several pages: there the caller checks.
 * @type {<Id extends keyof PageElements>(id: Id) => PageElements[Id]}
 */
export const byId = (id) => /** @type {any} */ (document.getElementById(id));
