import { createRoot } from 'react-dom/client';
import plotStyle from 'uplot/dist/uPlot.min.css';
import { App } from './app.tsx';
import { tokenOf } from './route.ts';
import pageStyle from './style.css';

/** Under this name the token outlives a reload, in this tab only. */
const STORED = 'presence-dashboard-token';

// Constructed style sheets are no inline styles: the policy of the server allows none.
document.adoptedStyleSheets = [plotStyle, pageStyle].map((text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
});

const given = tokenOf(location.hash);
if (given !== undefined) {
  sessionStorage.setItem(STORED, given);
  history.replaceState(null, '', '#/');
}
const page = document.getElementById('page');
if (page !== null) {
  page.replaceChildren();
  const token = given ?? sessionStorage.getItem(STORED) ?? '';
  createRoot(page).render(<App token={token} keep={(entered) => sessionStorage.setItem(STORED, entered)} />);
}
