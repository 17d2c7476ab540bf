/** Starts the page that tries the API; a file of its own, since the page allows no inline script. */
SwaggerUIBundle({
  url: "/v1/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  tryItOutEnabled: true,
  // A foreign server would be asked to check the description.
  validatorUrl: null,
});
