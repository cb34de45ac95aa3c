'use strict';
// Makes the large tables sortable and searchable. Without it they are plain tables.
(() => {
  const rank = { critical: 4, high: 3, medium: 2, low: 1 };
  const operations = Array.from(document.querySelectorAll('table.ops tbody th a'), a => a.textContent);
  const values = {
    number: cell => Number(cell.textContent.replace(/[^0-9.]/g, '')),
    severity: cell => rank[cell.textContent.trim()] || 0,
    text: cell => cell.textContent.trim().toLowerCase(),
  };
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  const chunk = 100; // rows of a body: a browser lays out those near the screen

  function equip(table) {
    let rows = Array.from(table.tBodies).flatMap(body => Array.from(body.rows));
    const texts = new Map();
    const total = rows.length;

    const bar = document.createElement('p');
    bar.className = 'search';
    const label = document.createElement('label');
    label.textContent = 'Search ' + table.dataset.name + ' ';
    const input = document.createElement('input');
    input.type = 'search';
    input.autocomplete = 'off';
    input.spellcheck = false;
    label.append(input);
    const status = document.createElement('span');
    status.setAttribute('role', 'status');
    bar.append(label, status);
    table.before(bar);

    function text(row) {
      let t = texts.get(row);
      if (t === undefined) {
        t = row.textContent + ' ' + (row.dataset.also || '');
        for (const i of (row.dataset.ops || '').split(' ')) t += ' ' + (operations[i] || '');
        texts.set(row, t = t.toLowerCase());
      }
      return t;
    }
    function show() {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const found = words.length ? rows.filter(row => words.every(w => text(row).includes(w))) : rows;
      const bodies = [];
      for (let i = 0; i < found.length; i += chunk) {
        const body = document.createElement('tbody');
        const part = found.slice(i, i + chunk);
        if (part.length === chunk) body.className = 'far';
        body.append(...part);
        bodies.push(body);
      }
      for (const body of Array.from(table.tBodies)) body.remove();
      table.append(...bodies);
      status.textContent = words.length ? found.length.toLocaleString('en') + ' of ' + total.toLocaleString('en') : total.toLocaleString('en') + ' in all';
    }
    let waiting;
    input.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(show, 100); });
    status.textContent = total.toLocaleString('en') + ' in all';
    table.search = words => { input.value = words; show(); input.focus({ preventScroll: true }); };

    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const down = head.getAttribute('aria-sort') ? head.getAttribute('aria-sort') === 'ascending' : head.dataset.type !== undefined;
        for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        const value = values[head.dataset.type || 'text'];
        const keyed = rows.map((row, i) => [value(row.cells[column]), i, row]);
        keyed.sort((a, b) => (down ? compare(b[0], a[0]) : compare(a[0], b[0])) || a[1] - b[1]);
        rows = keyed.map(k => k[2]);
        show();
      });
    });
  }
  document.querySelectorAll('table.data').forEach(equip);

  // A link that names what to search for leads to the table with just that.
  document.addEventListener('click', event => {
    const link = event.target.closest('a[data-filter]');
    const table = link && document.querySelector(link.getAttribute('href') + ' table.data');
    if (!table) return;
    event.preventDefault();
    table.search(link.dataset.filter);
    document.querySelector(link.getAttribute('href')).scrollIntoView();
  });
  addEventListener('beforeprint', () => {
    document.querySelectorAll('#decide details, #fix details, #time details').forEach(d => { d.open = true; });
  });
})();
