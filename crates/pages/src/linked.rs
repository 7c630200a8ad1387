//! Plain text with the links in it.

/// A stretch of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) words: &'a str,
    /// Whether `words` is an address to open.
    pub(crate) link: bool,
}

/// All of the text, in order. Only what begins with `http://` or `https://` is a link, up to the next space; a mark that ends the sentence
/// is not part of it.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = ["https://", "http://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')).unwrap_or(from.len());
        let end = from[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'']).len();
        let (words, after) = from.split_at(end);
        pieces.extend([Piece { words: before, link: false }, Piece { words, link: words.len() > "https://".len() }]);
        rest = after;
    }
    pieces.push(Piece { words: rest, link: false });
    pieces.retain(|piece| !piece.words.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<&str> {
        let pieces = pieces(text);
        assert_eq!(pieces.iter().map(|piece| piece.words).collect::<String>(), text, "nothing is lost");
        pieces.into_iter().filter(|piece| piece.link).map(|piece| piece.words).collect()
    }

    #[test]
    fn addresses_become_links_and_the_rest_stays() {
        assert_eq!(
            links("See: https://example.com/s/abc\nThen (http://example.net/a?b=c&d)."),
            ["https://example.com/s/abc", "http://example.net/a?b=c&d"]
        );
        assert!(links("").is_empty());
        assert!(links("javascript:alert(1) data:text/html,x ftp://example.com").is_empty());
        assert!(links("https:// and http://").is_empty());
        assert_eq!(links("<https://example.com>"), ["https://example.com"]);
    }
}
