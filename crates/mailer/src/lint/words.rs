//! The words of a template that stand there whatever it is filled in with, and where they stand.

/// One word in lower case, or the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word { text: String, line: usize },
    End,
}

/// What matches any word or none, up to so many.
const GAP: usize = 4;

/// Splits a text; lines are counted from `first_line`. What is filled in is left out.
pub(super) fn tokens(source: &str, first_line: usize) -> Vec<Token> {
    let literal = literal(source);
    let mut tokens = Vec::new();
    for (at, line) in literal.lines().enumerate() {
        if line.trim().is_empty() {
            tokens.push(Token::End);
        }
        let mut rest = line;
        while let Some(begin) = rest.find(|c: char| c.is_alphanumeric() || is_end(c)) {
            rest = &rest[begin..];
            if rest.starts_with(is_end) {
                tokens.push(Token::End);
                rest = &rest[1..];
                continue;
            }
            let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            tokens.push(Token::Word { text: rest[..end].to_lowercase(), line: first_line + at });
            rest = &rest[end..];
        }
    }
    tokens
}

const fn is_end(c: char) -> bool {
    matches!(c, '.' | '!' | '?')
}

/// The text with spaces where a template has tags; every line stays where it is.
pub(super) fn literal(source: &str) -> String {
    with_tags(source, |tag| tag.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect())
}

/// The text with something else in the place of each tag.
pub(super) fn with_tags(source: &str, replaced: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(begin) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        out.push_str(&rest[..begin]);
        rest = &rest[begin..];
        let close = match rest.as_bytes()[1] {
            b'{' => "}}",
            b'%' => "%}",
            _ => "#}",
        };
        let end = rest.find(close).map_or(rest.len(), |at| at + close.len());
        out.push_str(&replaced(&rest[..end]));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// Where a phrase stands, and how it reads there. A phrase is words with spaces between; `*` is up to four words of the same sentence, and a
/// word with `…` behind it begins so.
pub(super) fn find(tokens: &[Token], phrase: &str) -> Option<(usize, String)> {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    (0..tokens.len()).find_map(|start| {
        let length = matched(&tokens[start..], &phrase)?;
        let words: Vec<&Token> = tokens[start..start + length].iter().collect();
        let Some(Token::Word { line, .. }) = words.first() else { return None };
        let read: Vec<&str> = words
            .iter()
            .filter_map(|token| match token {
                Token::Word { text, .. } => Some(text.as_str()),
                Token::End => None,
            })
            .collect();
        Some((*line, read.join(" ")))
    })
}

/// How many tokens the phrase takes.
fn matched(tokens: &[Token], phrase: &[&str]) -> Option<usize> {
    let Some((first, rest)) = phrase.split_first() else { return Some(0) };
    if *first == "*" {
        let sentence = tokens.iter().take(GAP).take_while(|token| **token != Token::End).count();
        return (0..=sentence).find_map(|skipped| matched(&tokens[skipped..], rest).map(|length| skipped + length));
    }
    let Some(Token::Word { text, .. }) = tokens.first() else { return None };
    let same = first.strip_suffix('…').map_or_else(|| text == first, |beginning| text.starts_with(beginning));
    if same { matched(&tokens[1..], rest).map(|length| length + 1) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str, phrase: &str) -> Option<(usize, String)> {
        find(&tokens(source, 1), phrase)
    }

    #[test]
    fn a_phrase_is_found_however_it_is_written_and_broken() {
        let source = "Hello.\nPlease DO NOT\n*ever* reply to this e-mail.";
        assert_eq!(found(source, "do not * reply"), Some((2, "do not ever reply".to_owned())));
        assert_eq!(found(source, "e mail"), Some((3, "e mail".to_owned())));
        assert_eq!(found("Abonnez-vous !", "abonn… vous"), Some((1, "abonnez vous".to_owned())));
    }

    #[test]
    fn a_gap_ends_with_the_sentence_and_values_are_no_words() {
        assert_eq!(found("You do not. Now reply.", "do not * reply"), None);
        assert_eq!(found("Do not\n\nreply", "do not * reply"), None);
        assert_eq!(found("one two three four five", "one * five"), Some((1, "one two three four five".to_owned())));
        assert_eq!(found("one two three four x y five", "one * five"), None);
        assert_eq!(found("{{ noreply }} {% if soon %}{# soon #}", "soon"), None);
        assert_eq!(found("a {{ x\n}} soon", "soon"), Some((2, "soon".to_owned())));
    }

    #[test]
    fn a_tag_without_an_end_hides_the_rest_and_nothing_panics() {
        assert_eq!(literal("a {{ b ü"), "a       ");
        assert_eq!(literal("é{%\n%}é"), "é  \n  é");
    }
}
