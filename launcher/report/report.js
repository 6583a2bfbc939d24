/*<![CDATA[*/
// SPDX-License-Identifier: Apache-2.0
// Searches the console. Without JavaScript, only this search is missing.
'use strict';
(() => {
        const place = document.getElementById('search');
        const lines = document.getElementById('lines');
        if (!place || !lines)
                return;
        const make = (name, properties) => Object.assign(document.createElement(name), properties);
        const form = make('form', {role: 'search'});
        const field = make('input', {type: 'search', placeholder: 'Search the console', spellcheck: false, autocomplete: 'off'});
        const only = make('input', {type: 'checkbox', checked: true});
        const label = make('label');
        const back = make('button', {type: 'button', textContent: '\u2191', title: 'the one before (Shift+Enter)'});
        const on = make('button', {type: 'submit', textContent: '\u2193', title: 'the next one (Enter)'});
        const told = make('output');
        field.setAttribute('aria-label', 'Search the console');
        label.append(only, ' only the lines that match');
        form.append(field, on, back, label, told);
        place.append(form);

        const all = [...lines.querySelectorAll('.l')];
        const texts = all.map(line => line.textContent.toLowerCase());
        let marks = [];
        let here = -1;
        const MARKS_MOST = 2000; // more would be slow and of no use

        const clear = () => {
                for (const mark of marks) {
                        const parent = mark.parentNode;
                        mark.replaceWith(...mark.childNodes);
                        parent.normalize();
                }
                for (const line of lines.querySelectorAll('.hit'))
                        line.classList.remove('hit');
                marks = [];
                here = -1;
        };

        // Puts a mark around every WANTED in the text NODE.
        const markIn = (node, wanted) => {
                for (let at; (at = node.data.toLowerCase().indexOf(wanted)) >= 0 && marks.length < MARKS_MOST;) {
                        const found = node.splitText(at);
                        node = found.splitText(wanted.length);
                        const mark = make('mark');
                        found.replaceWith(mark);
                        mark.append(found);
                        marks.push(mark);
                }
        };

        const find = () => {
                clear();
                const wanted = field.value.toLowerCase();
                lines.classList.toggle('only', wanted !== '' && only.checked);
                if (wanted === '') {
                        told.textContent = '';
                        return;
                }
                let count = 0;
                all.forEach((line, i) => {
                        if (!texts[i].includes(wanted))
                                return;
                        count++;
                        line.classList.add('hit');
                        for (const node of [...line.childNodes])
                                if (node.nodeType === Node.TEXT_NODE)
                                        markIn(node, wanted);
                });
                told.textContent = count + ' of ' + all.length + ' lines';
        };

        const go = step => {
                if (!marks.length)
                        return;
                if (here >= 0)
                        marks[here].classList.remove('here');
                here = here < 0 && step < 0 ? marks.length - 1 : (here + step + marks.length) % marks.length;
                marks[here].classList.add('here');
                marks[here].scrollIntoView({block: 'center'});
                told.textContent = (here + 1) + ' of ' + marks.length;
        };

        let timer;
        field.addEventListener('input', () => {
                clearTimeout(timer);
                timer = setTimeout(find, 120);
        });
        field.addEventListener('keydown', event => {
                if (event.key === 'Enter' && event.shiftKey) {
                        event.preventDefault();
                        go(-1);
                }
        });
        only.addEventListener('change', find);
        back.addEventListener('click', () => go(-1));
        form.addEventListener('submit', event => {
                event.preventDefault();
                go(1);
        });
        // Following a link to a line that the search hides shows all lines again.
        addEventListener('hashchange', () => {
                const target = document.getElementById(location.hash.slice(1));
                if (!target || !lines.contains(target) || !lines.classList.contains('only'))
                        return;
                only.checked = false;
                find();
                target.scrollIntoView();
        });
})();
/*]]>*/
