import { marked, type Token, type Tokens } from 'marked';
import { siteLink } from './site-links.ts';

interface Entry {
  text: string;
  link: string;
}

export interface Group {
  text: string;
  collapsed: boolean;
  items: Entry[];
}

/** Groups with more links than this are closed at first. */
const OPEN_UP_TO = 12;

/**
 * The sidebar: each list or table of the index of docs is a group, under the words before it. So a page that the index has is in the sidebar.
 *
 * @param index text of docs/README.md
 */
export function sidebar(index: string, root: string): Group[] {
  const groups: Group[] = [];
  let heading = '';
  for (const token of marked.lexer(index)) {
    if (token.type === 'paragraph') heading = plain(token as Tokens.Paragraph).replace(/:$/, '');
    if (token.type !== 'list' && token.type !== 'table') continue;
    const items = linksIn([token]).flatMap(({ text, href }) => {
      const link = siteLink('docs/README.md', href, { root });
      return link === undefined ? [] : [{ text, link }];
    });
    groups.push({ text: heading, collapsed: items.length > OPEN_UP_TO, items });
  }
  return groups;
}

/** Text without its marks: links are their words. */
function plain({ tokens }: Tokens.Paragraph): string {
  return tokens.map((token) => ('text' in token ? String(token.text) : '')).join('');
}

function linksIn(tokens: readonly Token[]): Tokens.Link[] {
  const links: Tokens.Link[] = [];
  void marked.walkTokens([...tokens], (token) => {
    if (token.type === 'link') links.push(token as Tokens.Link);
  });
  return links;
}
