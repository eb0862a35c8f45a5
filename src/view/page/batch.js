"use strict";
const list = document.getElementById("results");
const rows = [...list.children].map((element, number) => {
  const [, id, kind, host] = [...element.firstElementChild.children].map((cell) => cell.textContent);
  const text = (id + " " + kind + " " + host + " " + element.children[1].textContent).toLowerCase();
  return { element, number, id, kind, host, text, time: Number(element.dataset.time) };
});
const [find, show, sort, count] = ["find", "show", "sort", "count"].map((id) => document.getElementById(id));
function filter() {
  const wanted = find.value.toLowerCase();
  let shown = 0;
  for (const row of rows) {
    const fits = row.text.includes(wanted) && (!show.value || row.element.classList.contains(show.value));
    row.element.hidden = !fits;
    shown += fits;
  }
  count.textContent = shown + " of " + rows.length;
}
function order() {
  const by = sort.value;
  rows.sort((a, b) => (by === "time" ? b.time - a.time : by !== "number" && a[by].localeCompare(b[by])) || a.number - b.number);
  list.append(...rows.map((row) => row.element));
}
function open() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.localName === "details") target.open = true;
}
find.addEventListener("input", filter);
show.addEventListener("change", filter);
sort.addEventListener("change", order);
addEventListener("hashchange", open);
document.getElementById("filter").hidden = false;
filter();
open();
