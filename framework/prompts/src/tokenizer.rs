//! CLIP's byte-pair encoding.

use instant_clip_tokenizer::Token;
use thiserror::Error;

use crate::clean::clean;

/// Id of the token before every text.
pub const START: u32 = 49406;
/// Id of the token after every text; the text's feature is taken there.
pub const END: u32 = 49407;
/// Positions of CLIP's text encoder, the tokens of the longest text with start and end.
pub const CONTEXT_LENGTH: usize = 77;

/// How CLIP's own vocabulary spells [`START`] and [`END`].
const MARKERS: [&str; 2] = ["<|startoftext|>", "<|endoftext|>"];

/// A text that cannot be tokenised.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenizeError {
    /// It does not fit CLIP's text encoder.
    #[error(
        "the text has {tokens} tokens with start and end, but CLIP reads at most {CONTEXT_LENGTH}; shorten it: \"{text}\""
    )]
    TooLong {
        /// Tokens of the text, with start and end.
        tokens: usize,
        /// The text.
        text: String,
    },
    /// It spells a token that only marks where texts begin and end.
    #[error(
        "the text contains {marker}, which marks where a text begins or ends and would move its feature; take it out: \"{text}\""
    )]
    Marker {
        /// The marker.
        marker: &'static str,
        /// The text.
        text: String,
    },
}

/// CLIP's tokenizer with OpenAI's vocabulary of 49408 tokens. Making one takes a moment; keep it.
pub struct Tokenizer {
    encoding: instant_clip_tokenizer::Tokenizer,
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokenizer")
    }
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Tokenizer {
    /// Builds the vocabulary.
    pub fn new() -> Self {
        Self {
            encoding: instant_clip_tokenizer::Tokenizer::new(),
        }
    }

    /// Token ids of a text, from [`START`] to [`END`], without padding.
    ///
    /// The text is repaired first as CLIP does it (ftfy's steps on characters, HTML unescaping,
    /// white space joined, lower case), except that text decoded from a wrong encoding ("mojibake")
    /// stays as it is. A text of more than [`CONTEXT_LENGTH`] tokens, or one that spells the start
    /// or end token, is an error.
    pub fn tokenize(&self, text: &str) -> Result<Vec<u32>, TokenizeError> {
        let cleaned = clean(text);
        if let Some(marker) = MARKERS.into_iter().find(|marker| cleaned.contains(marker)) {
            let text = text.to_owned();
            return Err(TokenizeError::Marker { marker, text });
        }
        // The crate has spellings of its own for the two markers. CLIP knows nothing of them and
        // ends a token after `<` anyway, so a space there hides them and changes nothing else.
        let cleaned = cleaned
            .replace("<start_of_text>", "< start_of_text>")
            .replace("<end_of_text>", "< end_of_text>");
        let mut tokens = vec![self.encoding.start_of_text()];
        self.encoding.encode(&cleaned, &mut tokens);
        tokens.push(self.encoding.end_of_text());
        if tokens.len() > CONTEXT_LENGTH {
            return Err(TokenizeError::TooLong {
                tokens: tokens.len(),
                text: text.to_owned(),
            });
        }
        Ok(tokens
            .into_iter()
            .map(|token| token.to_u16().into())
            .collect())
    }

    /// How a token is spelt, for messages: without the mark of a word's end; bytes that are no whole
    /// character, and ids outside the vocabulary, become `�`.
    pub fn decode(&self, id: u32) -> String {
        match id {
            START => MARKERS[0].to_owned(),
            END => MARKERS[1].to_owned(),
            _ => u16::try_from(id)
                .ok()
                .and_then(|id| Token::from_u16(id, &self.encoding))
                .map_or("\u{fffd}".to_owned(), |token| {
                    let text = self.encoding.decode([token]);
                    // The crate puts a space where a word ends.
                    match text.strip_suffix(' ') {
                        Some(word) if !word.is_empty() => word.to_owned(),
                        _ => text,
                    }
                }),
        }
    }
}
