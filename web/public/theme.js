/* Theme, density, language and shell, before the first paint. A file of its own: the content security policy allows no inline script. */
(function () {
  var root = document.documentElement, stored = {}, known = null;
  try { known = localStorage.getItem("chatmesh.session"); stored = JSON.parse(localStorage.getItem("chatmesh.look") || "{}") || {}; } catch (e) { stored = {}; }
  if (stored.theme === "light" || stored.theme === "dark") root.dataset.theme = stored.theme;
  if (stored.density === "compact") root.dataset.density = "compact";
  var tongues = navigator.languages || [navigator.language || "en"], lang = stored.lang;
  for (var i = 0; !lang && i < tongues.length; i++) { var t = String(tongues[i]).slice(0, 2); if (t === "ko" || t === "en") lang = t; }
  root.dataset.start = !known ? "door" : location.pathname === "/" ? "list" : "page";
  root.lang = lang === "ko" ? "ko" : "en";
  var texts = document.getElementById("ko");
  if (texts && lang === "ko") texts.rel = "modulepreload";
})();
